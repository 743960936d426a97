"""`python -m tests.evidence.trail.writer CARER CHILD READY`: writes entries until it is killed. READY is made after the first."""

import sys
import uuid
from pathlib import Path


def prepare() -> tuple[int, int]:
    """A nursery, in the database as it stands: the carer who writes and a child of the carer's class."""
    from tests.factories.city import build_city

    city = build_city()
    return city.a.carer.pk, city.a.children[0].pk


def main(carer: int, child: int, ready: Path) -> None:
    import django

    django.setup()
    from core import rls
    from core.calendar import now
    from core.models import User
    from institution.services import daily_log
    from tests.factories.city import City

    with rls.system("benchmark"):
        actor = City.actor(User.objects.get(pk=carer))
    while True:
        entry = daily_log.NewEntry(
            id=uuid.uuid4(),
            child_id=child,
            kind="meal",
            at=now(),
            detail=b'{"meal":"lunch","amount":"all"}',
        )
        with rls.of_actor(actor):
            daily_log.record(actor=actor, entries=[entry])
        ready.touch()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
