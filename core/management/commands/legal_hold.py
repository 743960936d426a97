import datetime as dt

from django.core.management.base import BaseCommand, CommandError

from core import audit, calendar, rls
from core.models import LegalHold, User


class Command(BaseCommand):
    help = "Keeps what is of a nursery or a child from being deleted for its age. Without arguments: the holds in force."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--institution", type=int, help="number of the nursery")
        parser.add_argument("--child", type=int, help="number of the child")
        parser.add_argument("--until", type=dt.date.fromisoformat, help="last day, 2027-12-31")
        parser.add_argument("--reason", default="", help="case number or the like, no names")
        parser.add_argument("--lift", type=int, metavar="HOLD", help="end the hold of this number")
        parser.add_argument("--by", help="user name of whoever decided it")

    @rls.system("command: legal_hold")
    def handle(self, *, institution, child, until, reason, lift, by, **options) -> None:
        if lift is not None:
            self.lift(lift, self.decided_by(by))
        elif institution is not None or child is not None:
            if (institution is None) == (child is None) or not until or not reason:
                raise CommandError(
                    "A hold is of one nursery or one child, --until a day, for a --reason."
                )
            self.place(self.decided_by(by), institution_id=institution, child_id=child, until=until, reason=reason)  # fmt: skip
        for hold in LegalHold.objects.on(calendar.today()).order_by("until", "pk"):
            of = (
                f"nursery {hold.institution_id}"
                if hold.institution_id
                else f"child {hold.child_id}"
            )
            self.stdout.write(f"{hold.pk} {of} until {hold.until}: {hold.reason}")

    def place(self, user: User, **values) -> None:
        hold = LegalHold.objects.create(placed_by=user.pk, **values)
        self.record("hold.placed", hold, user)

    def lift(self, pk: int, user: User) -> None:
        hold = LegalHold.objects.filter(pk=pk, lifted_at=None).first()
        if hold is None:
            raise CommandError(f"There is no hold {pk} in force.")
        hold.lifted_at = calendar.now()
        hold.save(update_fields=["lifted_at"])
        self.record("hold.lifted", hold, user)

    def record(self, action: str, hold: LegalHold, user: User) -> None:
        audit.record(
            actor=None,
            action=action,
            subject=hold,
            child_ids=[hold.child_id] if hold.child_id else [],
            data={
                "institution": hold.institution_id,
                "until": hold.until.isoformat(),
                "by": user.pk,
            },
        )

    def decided_by(self, by: str | None) -> User:
        user = User.objects.filter(username=by).first() if by else None
        if user is None:
            raise CommandError("Say who decided it: --by USERNAME.")
        return user
