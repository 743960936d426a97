import pytest

from core.crypto import keyring
from core.crypto.keyring import make_first_keys
from core.models import CryptoKey


@pytest.fixture
def fresh_keys(transactional_db, settings):
    """Keys that a test may use up. Every look at them is a look at the database, as in another process."""
    settings.KEY_CACHE_SECONDS = 0
    keyring.forget()
    yield
    CryptoKey.objects.all().delete()
    make_first_keys()


@pytest.fixture
def key_states():
    def states(purpose: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for state in CryptoKey.objects.filter(purpose=purpose).values_list("state", flat=True):
            found[state] = found.get(state, 0) + 1
        return found

    return states
