"""The steps of an admission: which state may follow which. The database refuses every other (migration 0047)."""

from institution.enums import AdmissionState

S = AdmissionState

NEXT: dict[AdmissionState, tuple[AdmissionState, ...]] = {
    S.ENQUIRY: (S.VISIT, S.APPLIED, S.WITHDRAWN, S.DECLINED),
    S.VISIT: (S.ENQUIRY, S.APPLIED, S.WITHDRAWN, S.DECLINED),
    S.APPLIED: (S.WAITING, S.OFFERED, S.WITHDRAWN, S.DECLINED),
    S.WAITING: (S.OFFERED, S.WITHDRAWN, S.DECLINED),
    S.OFFERED: (S.WAITING, S.CONTRACTED, S.WITHDRAWN),
    S.CONTRACTED: (S.STARTED, S.WITHDRAWN),
    S.STARTED: (S.LEFT,),
    S.LEFT: (),
    S.WITHDRAWN: (S.APPLIED,),  # taken up again
    S.DECLINED: (S.APPLIED,),
}

# Still on the way. One child has one such application in a nursery.
OPEN = (S.ENQUIRY, S.VISIT, S.APPLIED, S.WAITING, S.OFFERED, S.CONTRACTED)
CLOSED = (S.STARTED, S.LEFT, S.WITHDRAWN, S.DECLINED)
# Steps that need nothing but saying so; each of the others has a verb of its own.
SAID = (S.ENQUIRY, S.APPLIED, S.WAITING, S.WITHDRAWN, S.DECLINED)
WITH_REASON = (S.WITHDRAWN, S.DECLINED)


def allowed(now: str, to: str) -> bool:
    return to in NEXT[AdmissionState(now)]
