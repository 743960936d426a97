"""What the codes in the audit trail mean, in plain words. A test holds every code written in the program against this list."""

from django.utils.translation import gettext_lazy as _

ACTIONS = {
    "daily_log.record": _("Wrote the daily log"),
    "child.viewed": _("Read sensitive data of a child"),
    "audit.anchored": _("Anchored the audit trail"),
    "access.denied": _("Was turned away"),
    "rls_blocked": _("Was stopped by the database"),
    "session.opened": _("Signed in"),
    "session.refused": _("Sign-in failed"),
    "session.locked": _("Sign-in locked after failures"),
    "session.closed": _("Signed out"),
    "token.issued": _("Took a token for a program"),
    "post.chosen": _("Changed to another post"),
    "attachment.stored": _("Uploaded a picture"),
    "child.enrolled": _("Enrolled a child"),
    "child.unmasked": _("Looked at a whole number"),
    "child.erased": _("Erased the data of a child"),
    "keys.rotation_started": _("Started a change of keys"),
    "keys.rotated": _("Changed keys"),
    "keys.rewrapped": _("Wrapped keys anew"),
    "child.changed": _("Changed data of a child"),
    "allergy.added": _("Added an allergy"),
    "allergy.removed": _("Removed an allergy"),
    "institution.changed": _("Changed the file of an institution"),
    "institution.fee.set": _("Set a fee"),
    "institution.licence.added": _("Added a document"),
    "institution.licence.removed": _("Removed a document"),
    "alert.raised": _("Raised an alert"),
    "alert.taken": _("Took an alert in hand"),
    "alert.closed": _("Closed an alert"),
    "alert.ended": _("An alert ended by itself"),
    "alert.escalated": _("Passed an alert upward"),
    "message.sent": _("Wrote a message"),
    "message.request_done": _("Ticked off a request of a family"),
    "message.hours.set": _("Set the hours of messages"),
    "notice.published": _("Published a notice"),
    "notice.read": _("Said that a notice was read"),
    "notice.withdrawn": _("Withdrew a notice"),
    "notice.reminded": _("Reminded families of a notice"),
    "entry_kind.added": _("Added a kind of entry"),
    "entry_kind.changed": _("Changed a kind of entry"),
    "health.check.record": _("Recorded a morning check"),
    "health.measurement.record": _("Recorded a measurement"),
    "training.certificate.add": _("Added a certificate"),
    "training.record.add": _("Recorded a training"),
    "quality.self_check.answer": _("Answered the self-check"),
    "delivery.retried": _("Sent given-up messages again"),
    "step_up": _("Confirmed who it is"),
    "factor.added": _("Added a second step"),
    "factor.shown": _("Showed the second step"),
    "factor.removed": _("Removed a second step"),
    "factor.reset": _("Reset somebody's second step"),
    "recovery_codes.made": _("Made recovery codes"),
    "session.ended": _("Signed a device out"),
    "sessions.ended": _("Signed all devices out"),
    "password.changed": _("Changed the password"),
    "backup.made": _("Made a backup"),
    "restore.drilled": _("Tried out restoring"),
    "retention.applied": _("Deleted what is past its term"),
    "hold.placed": _("Placed a legal hold"),
    "hold.lifted": _("Lifted a legal hold"),
    "device.pairing_opened": _("Opened pairing for a tablet"),
    "device.paired": _("Paired a tablet"),
    "device.pairing_locked": _("Pairing locked after wrong codes"),
    "device.revoked": _("Removed a device"),
    "device.registered": _("Registered a machine"),
    "device.key_rotated": _("Changed a device's key"),
    "device.key_retired": _("Retired a device's old key"),
    "pin.set": _("Set a PIN"),
    "pin.reset": _("Reset a PIN"),
    "pin.unlocked": _("Unlocked a PIN"),
    "pin.signed_in": _("Signed in by PIN"),
    "audit.exported": _("Exported audit records"),
    "audit.downloaded": _("Downloaded an export"),
    "export.over_quota": _("Wanted to export too many rows in a day"),
}

SUBJECTS = {
    "core.job": _("Export"),
    "core.user": _("Account"),
    "core.attachment": _("Picture"),
    "institution.child": _("Child"),
    "institution.institution": _("Institution"),
    "institution.servicefee": _("Fee"),
    "institution.licence": _("Licence or document"),
    "institution.classgroup": _("Class"),
    "institution.entrykind": _("Kind of entry"),
    "institution.enrolment": _("Enrolment"),
    "institution.allergy": _("Allergy"),
    "health.morningcheck": _("Morning check"),
    "health.measurement": _("Measurement"),
    "quality.selfcheck": _("Self-check"),
    "training.certificate": _("Certificate"),
    "training.trainingrecord": _("Training"),
}

OUTCOMES = {"done": _("Done"), "refused": _("Refused"), "failed": _("Failed")}


def action_label(code: str) -> str:
    """An unknown code shows itself: a record is never hidden for want of a word."""
    return str(ACTIONS.get(code, code))


def subject_label(code: str) -> str:
    return str(SUBJECTS.get(code, code))


def outcome_label(code: str) -> str:
    return str(OUTCOMES.get(code, code))
