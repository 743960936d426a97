"""The doors of pages and of the API by themselves: who is let through, with nothing else around that would stop one."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated

from core import api, http
from core.errors import Refused
from core.permissions import Permission, Role
from core.scoping import Actor

CARER = Actor(user_id=1, role=Role.CARER, institution_id=3)
PERSON = SimpleNamespace(pk=1, is_authenticated=True)


def asked(**changed) -> SimpleNamespace:
    usual = {"user": PERSON, "auth": None, "actor": CARER, "method": "GET", "headers": {}}
    return SimpleNamespace(**usual | changed)


def view(permission: Permission | None) -> SimpleNamespace:
    return SimpleNamespace(allowed_methods=["GET"], permission=permission, permissions={})


class TestPages:
    @pytest.mark.parametrize("actor", [None, CARER])
    def test_without_the_permission_one_is_refused(self, actor):
        page = http.gate(Permission.AUDIT_READ)(lambda request: "shown")

        with pytest.raises(PermissionDenied):
            page(asked(actor=actor))

    def test_with_it_one_is_let_in(self):
        assert http.gate(Permission.DAILY_LOG_READ)(lambda request: "shown")(asked()) == "shown"


class TestActorOf:
    def test_nobody_who_is_not_signed_in_acts(self):
        assert api.actor_of(asked(user=AnonymousUser())) is None

    def test_a_session_acts_as_the_middleware_found(self, monkeypatch):
        """Also where it found nobody: it is not looked up behind its back."""
        monkeypatch.setattr(api.actors, "resolve", lambda user, post: CARER)

        assert api.actor_of(asked()) == CARER
        assert api.actor_of(asked(actor=None)) is None

    def test_a_session_that_owes_the_second_factor_does_not_act(self):
        with pytest.raises(api.FactorNeeded):
            api.actor_of(asked(lacks_factor=True))

    @pytest.mark.parametrize("shown", [True, False])
    def test_a_token_acts_for_such_a_role_only_with_it(self, monkeypatch, shown):
        monkeypatch.setattr(api.actors, "resolve", lambda user, post: CARER)
        monkeypatch.setattr(api, "needs_factor", lambda roles: True)
        request = asked(auth=SimpleNamespace(second_factor=shown), actor=None)

        if shown:
            assert api.actor_of(request) == CARER
        else:
            with pytest.raises(api.FactorNeeded):
                api.actor_of(request)

    def test_where_nobody_acts_there_is_no_going_on(self):
        with pytest.raises(NotAuthenticated):
            api.acting(asked(actor=None))


class TestActorMay:
    def test_with_the_permission_one_is_let_in(self):
        assert api.ActorMay().has_permission(asked(), view(Permission.DAILY_LOG_READ)) is True

    def test_nobody_is_let_in(self):
        request = asked(actor=None)

        assert api.ActorMay().has_permission(request, view(Permission.DAILY_LOG_READ)) is False
        assert api.AnyActor().has_permission(request, view(None)) is False

    @pytest.mark.parametrize("permission", [None, Permission.AUDIT_READ])
    def test_without_the_permission_one_is_refused(self, permission):
        assert api.ActorMay().has_permission(asked(), view(permission)) is False

    def test_a_method_that_is_not_there_is_refused_as_such(self):
        with pytest.raises(MethodNotAllowed):
            api.ActorMay().has_permission(asked(method="PUT"), view(Permission.DAILY_LOG_READ))

    def test_what_somebody_else_made_is_refused(self):
        request = asked(headers={api.PERSON_HEADER: "2"})

        with pytest.raises(Refused) as refused:
            api.ActorMay().has_permission(request, view(Permission.DAILY_LOG_READ))
        assert refused.value.code == "other_person"
