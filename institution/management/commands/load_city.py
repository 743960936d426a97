import datetime as dt
import sys
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from tqdm import tqdm

from core import rls
from core.calendar import day_bounds, now
from core.postgres import owner
from institution.demo import load
from institution.demo.city import SCALES


class Command(BaseCommand):
    help = (
        "Loads the demonstration city: made-up nurseries and people in the real counties of Jining."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--scale", choices=SCALES, default="demo")
        parser.add_argument(
            "--days", type=int, default=14, help="calendar days of log, today included"
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same city")
        parser.add_argument(
            "--until",
            type=_moment,
            help="date or time up to which the log is told; usually now, in the evening 16:20",
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="empty the database of nurseries and all people first",
        )
        parser.add_argument(
            "--catch-up",
            action="store_true",
            help="only tell the days since the log of a loaded city stopped",
        )

    def handle(self, *, scale, days, seed, until, catch_up, replace, **options) -> None:
        if not settings.DEMO_CITY_ALLOWED:
            raise CommandError(
                "This is not a demonstration: the city has made-up people with a well-known password. "
                "Set DEMO=true where that is wanted."
            )
        if days < 1:
            raise CommandError("--days must be at least 1.")
        with rls.system("command: load_city"), owner.as_owner_where_known():
            self._load(scale, days, seed, until, catch_up, replace)

    def _load(self, scale, days, seed, until, catch_up, replace) -> None:
        self._check_database(catch_up=catch_up, replace=replace)
        began = time.monotonic()
        request = load.Request(
            scale=scale,
            seed=seed,
            days=days,
            until=until or load.usual_until(),
            bar=_bar,
            replace=replace,
            photos=until is None,
        )
        loaded = (load.catch_up if catch_up else load.load)(request)
        self.stdout.write(
            f"{loaded.institutions:,} nurseries, {loaded.children:,} children, {loaded.staff:,} staff, "
            f"{loaded.entries:,} entries in {time.monotonic() - began:.1f} s"
        )

    def _check_database(self, *, catch_up: bool, replace: bool) -> None:
        if catch_up and not load.is_loaded():
            raise CommandError("There is no city yet. Load it without --catch-up.")
        if load.is_loaded() and not (catch_up or replace):
            raise CommandError(
                "This database already has nurseries. --replace deletes them and all people first; "
                "--catch-up only tells the days since."
            )


def _moment(text: str) -> dt.datetime:
    """A date means its whole day. Nothing is told of the future."""
    if day := parse_date(text):
        return min(day_bounds(day)[1] - dt.timedelta(seconds=1), now())
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(text)
    moment = timezone.make_aware(moment) if timezone.is_naive(moment) else moment
    return min(moment, now())


def _bar(title: str, total: int) -> tqdm:
    return tqdm(total=total, desc=f"{title:<28}", file=sys.stderr, ascii=False, mininterval=0.3)
