"""What every model of ours has decided: who sees its rows, and how its secrets are found again."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import ForeignKey, Model, QuerySet

from core import i18n
from core.crypto import BlindIndexField, EncryptedTextField
from core.permissions import Role
from core.scoping import Actor, Scope

OPEN_TO_ALL = {
    "core.User": "met through memberships, guardianships and posts, which are scoped",
    "core.AuditChain": "heads of the chains; only the trigger that links a record writes and reads them",
    "core.AuditRead": "memory of one statement of core.audit, kept a day",
    "core.RegionPost": "read only for the person who holds it, in institution.actors",
    "core.Pin": "met through the person it belongs to",
    "core.Tries": "counters of wrong tries, read only by the locks they make",
    "core.MachineKey": "met through the machine it belongs to, which is scoped",
    "core.MachineNonce": "requests seen before, read only by the statement that adds the next",
    "core.Stream": "a counter; nobody reads it but the statement that takes the next number",
    "core.CryptoKey": "wrapped keys; only core.crypto and its commands read them",
    "core.Tally": "counts under codes and keyed hashes; says nothing of anybody",
    "core.Session": "read only for its own user, in core.signin.sessions",
    "core.Invitation": "read only by its digest, in core.signin.invitations",
    "core.ApiToken": "read only by its digest, in core.signin.tokens",
    "core.Factor": "read only for its own user, in core.signin.factors",
    "core.RecoveryCode": "read only for its own user, in core.signin.factors",
    "core.Guesses": "counters of wrong answers; nobody reads them but core.signin.guesses",
    "core.OutboxMessage": "holds only group names and numbers, and is emptied within seconds",
    "core.SentOnce": "read only by core.once for the person who sent the key",
    "core.LegalHold": "read only by the retention run and its command; the database shows it to the system alone",
    "core.CalendarDay": "the official calendar, the same for everybody",
    "core.UpkeepRun": "backups, drills and deletions; counts for whoever keeps the platform running",
    "institution.AlertRule": "how soon alerts are answered, the same for everybody of a region",
    "institution.ClassTypeRule": "the law, the same for everybody",
    "institution.FoodRule": "reference values, the same for everybody",
    "institution.IllnessRule": "reference data, the same for everybody",
    "institution.ReportRule": "to whom serious incidents are reported, the same for everybody of a region",
    "institution.SiteRule": "the law, the same for everybody",
    "institution.InstitutionGrant": "read only for its user, in institution.actors",
    "institution.ChildGrant": "read only for its user, in institution.actors",
    "health.HealthRule": "reference values, the same for everybody",
    "quality.Standard": "published by the ministry, the same for everybody",
    "quality.StandardItem": "published by the ministry, the same for everybody",
    "training.CertificateType": "reference data, the same for everybody",
}
NOT_SEARCHED = {
    "core.MachineKey.secret": "found by the id of the key",
    "institution.Message.body": "read with the thread it stands in",
    "core.SentOnce.body": "found by the key it was sent with",
    "institution.AbsenceCase.hospital": "read beside the child it belongs to",
    "institution.AbsenceCase.certificate_no": "read beside the child it belongs to",
    "institution.DietNeed.note": "read beside the child it belongs to",
    "institution.AbsenceNote.note": "read with the case it belongs to",
    "institution.Incident.what": "read with the incident",
    "institution.Incident.done": "read with the incident",
    "institution.Incident.seen_by": "read with the incident",
    "institution.IncidentNotice.text": "read with the notice it is",
    "institution.IncidentStep.reason": "read with the incident it is a step of",
    "institution.IncidentStep.before": "read with the incident it is a step of",
    "institution.PickupQuestion.name": "read beside the child it is about",
    "institution.PickupPerson.phone": "read beside the child it belongs to",
    "health.MorningCheck.note": "read with the check it belongs to",
    "institution.Application.guardian_phone": "read with the application it belongs to",
    "core.Factor.secret": "read beside the person it belongs to, or by the id of the passkey",
    "institution.StaffFile.health_number": "read beside the person it belongs to",
    "training.Certificate.number": "read beside the person it belongs to; nobody looks one up by number",
}


def own_models() -> dict[str, type[Model]]:
    return {
        model._meta.label: model
        for model in apps.get_models()
        if model._meta.app_label in i18n.own_apps()
    }


def is_scoped(model: type[Model]) -> bool:
    return hasattr(model._default_manager, "visible_to") and (
        isinstance(getattr(model, "scope", None), Scope) or "visible_to" in own_methods(model)
    )


def own_methods(model: type[Model]) -> set[str]:
    queryset = type(model._default_manager.all())
    classes = queryset.__mro__[: queryset.__mro__.index(QuerySet)]
    return {name for each in classes if each.__name__ != "ScopedQuerySet" for name in each.__dict__}


def test_every_model_says_who_sees_it():
    undecided = {
        label
        for label, model in own_models().items()
        if not is_scoped(model) and label not in OPEN_TO_ALL
    }

    assert undecided == set()


def test_every_exception_from_scoping_is_still_needed():
    unneeded = {
        label
        for label in OPEN_TO_ALL
        if label not in own_models() or is_scoped(own_models()[label])
    }

    assert unneeded == set()


def test_every_row_of_an_institution_is_scoped():
    institution = apps.get_model("institution.Institution")
    unscoped = {
        label
        for label, model in own_models().items()
        if any(
            isinstance(field, ForeignKey) and field.related_model is institution
            for field in model._meta.get_fields()
        )
        and not is_scoped(model)
        and label != "institution.InstitutionGrant"
    }

    assert unscoped == set()


@pytest.mark.parametrize("role", Role)
def test_an_actor_without_a_post_sees_no_row_of_any_model(city, role):
    nobody = Actor(user_id=0, role=role)
    seen = {
        label: model._default_manager.visible_to(nobody).count()
        for label, model in own_models().items()
        if is_scoped(model)
    }

    assert {label: n for label, n in seen.items() if n} == {}


def test_every_secret_is_found_by_a_blind_index_or_never_searched():
    sources = {
        f"{label}.{field.source}"
        for label, model in own_models().items()
        for field in model._meta.get_fields()
        if isinstance(field, BlindIndexField)
    }
    secrets = {
        f"{label}.{field.name}"
        for label, model in own_models().items()
        for field in model._meta.get_fields()
        if isinstance(field, EncryptedTextField)
    }

    assert secrets == sources | set(NOT_SEARCHED)
    assert not sources & set(NOT_SEARCHED)


def test_migrations_say_what_the_models_say(db, capsys):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)

    assert capsys.readouterr().out == ""
