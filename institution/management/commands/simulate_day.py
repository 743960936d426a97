import asyncio
import sys
from importlib import import_module
from importlib.util import find_spec

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from core import rls
from institution.demo import script
from institution.demo.meter import Meter


class Command(BaseCommand):
    help = (
        "Plays a day of nurseries against a running server: carers log over HTTP, parents follow by socket. "
        "Ends with 1 when anything failed, was lost or came twice. Runs beside the server's database, from which "
        "the players get their sessions."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--base-url", default="http://127.0.0.1:8000")
        parser.add_argument(
            "--live-url", default="", help="of the sockets, where that is another port"
        )
        parser.add_argument(
            "--speed", type=float, default=60, help="hours of the day in one hour of the clock"
        )
        parser.add_argument(
            "--minutes", type=float, default=0, help="stop after; else at the end of the day"
        )
        parser.add_argument(
            "--start", type=_clock, default="07:25", help="time of the played day to begin at"
        )
        parser.add_argument("--institutions", type=int, default=0, help="0: all")
        parser.add_argument("--carers", type=int, default=0, help="0: one for each class")
        parser.add_argument("--parents", type=int, default=0, help="0: one for each child")
        parser.add_argument("--seed", type=int, default=1)

    @rls.system("command: simulate_day")
    def handle(self, **options) -> None:
        if find_spec("aiohttp") is None:
            raise CommandError("Playing needs aiohttp: pip install -r requirements-local.txt")
        if options["speed"] <= 0:
            raise CommandError("--speed must be above 0.")
        cast = script.write(
            seed=options["seed"],
            institutions=options["institutions"],
            carers=options["carers"],
            parents=options["parents"],
        )
        if not cast.carers:
            raise CommandError("There are no classes to play. Run `manage.py load_city` first.")
        try:
            meter = self._play(cast, options)
            meter.in_database.update(script.times_stored(list(meter.entries)))
        finally:
            script.leave(cast)
        self._report(cast, meter)

    def _play(self, cast: script.Script, options: dict) -> Meter:
        playing = import_module("institution.demo.play")
        self.stdout.write(f"{len(cast.carers):,} carers, {len(cast.parents):,} parents")
        meter = Meter()
        last = options["start"] + (options["minutes"] * 60 or 86_400) * options["speed"]
        total = cast.batches(options["start"], last)
        with tqdm(total=total, desc="Batches", file=sys.stderr, mininterval=0.5) as bar:
            stage = playing.Stage(
                base_url=options["base_url"].rstrip("/"),
                live_url=(options["live_url"] or options["base_url"]).rstrip("/"),
                speed=options["speed"],
                seconds=options["minutes"] * 60,
                since=options["start"],
                meter=meter,
                on_batch=bar.update,
            )
            try:
                asyncio.run(playing.perform(cast, stage))
            except playing.NobodyThere as error:
                raise CommandError(
                    f"{options['base_url']} cannot be played against: {error}"
                ) from error
        return meter

    def _report(self, cast: script.Script, meter: Meter) -> None:
        for name, value in meter.report(cast.watched):
            self.stdout.write(f"{name:<26}{value}")
        if not meter.is_clean(cast.watched):
            sys.exit(1)


def _clock(text: str) -> int:
    hours, _colon, minutes = text.partition(":")
    return int(hours) * 3600 + int(minutes or 0) * 60
