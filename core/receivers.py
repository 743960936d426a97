"""Every try to sign in leaves a record, whichever page or program it was made from."""

from axes.models import AccessAttempt
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.db.models.signals import pre_save
from django.dispatch import receiver

from core import actors, audit
from core.auth import lockout_name


@receiver(user_logged_in, dispatch_uid="audit_session_opened")
def opened(sender, user, **_kwargs) -> None:
    _note("session.opened", user=user)


@receiver(user_logged_out, dispatch_uid="audit_session_closed")
def closed(sender, user, **_kwargs) -> None:
    if user is not None:
        _note("session.closed", user=user)


@receiver(user_login_failed, dispatch_uid="audit_session_refused")
def refused(sender, credentials, request=None, **_kwargs) -> None:
    """What was typed may be a password in the wrong box: only the account, or a keyed index of the name, is kept."""
    if request is not None:
        _note("session.refused", outcome="refused", data=_account(request, credentials))


@receiver(pre_save, sender=AccessAttempt, dispatch_uid="attempt_without_what_was_typed")
def bare(sender, instance, **_kwargs) -> None:
    """django-axes would keep the form and the address of every failure: a new PIN, or a phone behind `next`."""
    instance.get_data = instance.post_data = ""


@receiver(user_locked_out, dispatch_uid="audit_session_locked")
def locked(sender, request, username="", **_kwargs) -> None:
    _note("session.locked", outcome="refused", data={"account": str(username)[:80]})


def _account(request, credentials: dict) -> dict:
    return {"account": lockout_name(request, credentials)}


@transaction.atomic
def _note(action: str, *, user=None, outcome: str = "done", data: dict | None = None) -> None:
    audit.record(
        actor=actors.resolve(user) if user is not None else None,
        action=action,
        subject=user,
        outcome=outcome,
        data=data,
    )
