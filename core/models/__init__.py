from core.models.attachment import Attachment
from core.models.audit_event import AuditChain, AuditEvent, AuditRead
from core.models.calendar_day import CalendarDay
from core.models.crypto_key import CryptoKey
from core.models.device import Device, MachineKey, MachineNonce, Pairing, Pin, Tries
from core.models.job import Job
from core.models.legal_hold import LegalHold
from core.models.outbox import OutboxMessage
from core.models.region import Region, RegionPost
from core.models.sent_once import SentOnce
from core.models.sign_in import ApiToken, Factor, Guesses, Invitation, RecoveryCode, Session
from core.models.stream import Stream
from core.models.tally import Tally
from core.models.upkeep import UpkeepRun
from core.models.user import User

__all__ = [
    "ApiToken",
    "Attachment",
    "AuditChain",
    "AuditEvent",
    "AuditRead",
    "CalendarDay",
    "CryptoKey",
    "Device",
    "Factor",
    "Guesses",
    "Invitation",
    "Job",
    "LegalHold",
    "MachineKey",
    "MachineNonce",
    "OutboxMessage",
    "Pairing",
    "Pin",
    "RecoveryCode",
    "Region",
    "RegionPost",
    "SentOnce",
    "Session",
    "Stream",
    "Tally",
    "Tries",
    "UpkeepRun",
    "User",
]
