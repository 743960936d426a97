"""What the codes in the audit trail mean, in plain words. A test holds every code written in the program against this list."""

from django.utils.translation import gettext_lazy as _

ACTIONS = {
    "daily_log.record": _("Wrote the daily log"),
    "child.viewed": _("Read sensitive data of a child"),
    "attachment.stored": _("Uploaded a picture"),
    "audit.exported": _("Exported audit records"),
    "audit.downloaded": _("Downloaded an export"),
}

SUBJECTS = {
    "core.job": _("Export"),
    "core.user": _("Account"),
    "core.attachment": _("Picture"),
    "institution.child": _("Child"),
    "institution.institution": _("Institution"),
    "institution.classgroup": _("Class"),
    "institution.entrykind": _("Kind of entry"),
}

OUTCOMES = {"done": _("Done"), "refused": _("Refused"), "failed": _("Failed")}


def action_label(code: str) -> str:
    """An unknown code shows itself: a record is never hidden for want of a word."""
    return str(ACTIONS.get(code, code))


def subject_label(code: str) -> str:
    return str(SUBJECTS.get(code, code))


def outcome_label(code: str) -> str:
    return str(OUTCOMES.get(code, code))
