import pytest

from core import rls
from core.postgres import scope
from core.scoping import ScopedQuerySet
from institution.models import Institution


@pytest.fixture
def without_visible_to(monkeypatch):
    """Every row passes the first wall. Institutions keep it: their rows are public, so the second has nothing to hide."""
    honest = ScopedQuerySet.visible_to

    def everything(queryset, actor):
        return honest(queryset, actor) if queryset.model is Institution else queryset.all()

    monkeypatch.setattr(ScopedQuerySet, "visible_to", everything)


@pytest.fixture
def without_policies(monkeypatch):
    """Requests work in the system's scope, whoever asks: every row passes the second wall."""
    monkeypatch.setattr(rls, "scope_of", lambda actor: scope.system_scope("tests"))
