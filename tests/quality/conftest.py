import pytest

from quality.models import Standard, StandardItem
from quality.services.standard import load_standard


@pytest.fixture
def standard(db) -> Standard:
    return load_standard()


@pytest.fixture
def item(standard) -> StandardItem:
    return standard.items.get(key="4.1.4")
