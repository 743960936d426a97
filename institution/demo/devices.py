"""A tablet in the first room and a gateway at the door of every nursery, and PINs for the demonstration's sign-ins."""

import datetime as dt
import random

from core.devices import pins, tablets
from core.models import Device, MachineKey, Pin
from core.models.device import DeviceKind
from institution.demo import Context
from institution.demo.copy import copy_in

PIN = "482957"  # of every sign-in of the demonstration that works in a nursery


def connect(context: Context) -> None:
    rng = random.Random(f"{context.seed}:devices")  # noqa: S311 -- made-up data
    rows = [row for nursery in context.nurseries for row in _devices(context, nursery, rng)]
    staff = {worker.user_id for worker in context.staff}
    with context.bar("Devices", len(rows)) as bar:
        copy_in(Device, rows, bar)
    for device in rows[:2]:  # those of the showcase
        if device.kind != DeviceKind.TABLET:
            MachineKey.objects.create(device=device, secret=tablets.new_secret())
    Pin.objects.bulk_create(
        Pin(user_id=user, digest=pins.digest_of(user, PIN))
        for user in sorted(set(context.logins.values()) & staff)
    )


def _devices(context: Context, nursery, rng: random.Random):
    seen = context.until - dt.timedelta(seconds=rng.randrange(20, 400))
    added = context.until - dt.timedelta(days=rng.randrange(30, 200))
    common = {"institution_id": nursery.id, "added_at": added, "last_seen_at": seen}
    if nursery.class_ids:
        yield Device(
            kind=DeviceKind.TABLET,
            name="班级平板",
            class_group_id=nursery.class_ids[0],
            secret_hash=tablets.hash_of(tablets.new_secret()),
            rotated_at=context.until,
            **common,
        )
    yield Device(
        kind=DeviceKind.DOOR,
        name="大门门禁",
        firmware=rng.choice(("2.4.1", "2.4.1", "2.3.0")),
        battery=rng.randrange(15, 100),
        clock_offset=rng.choice((0, 0, 1, -2)),
        **common,
    )
