"""Pictures of this morning for the children of the showcase class, by the same services that a carer's tablet calls."""

import datetime as dt
import uuid
from pathlib import Path

import msgspec
from django.core.files.uploadedfile import SimpleUploadedFile

from core.actors import resolve
from core.attachments import store_image
from core.calendar import day_bounds, now, today
from core.models import User
from core.permissions import Role
from institution.demo import Context
from institution.demo.city import SHOWCASE_CLASS
from institution.models import Attendance, ClassGroup
from institution.services import daily_log

FOLDER = Path(__file__).parent.parent / "data" / "photos"
NAMES = uuid.UUID("6f1f3c1e-6d0e-4c55-9f0e-2f6f2d1f7a10")
MORNING = {"blocks": dt.timedelta(hours=10, minutes=18), "boat": dt.timedelta(hours=10, minutes=31)}
CAPTIONS = {
    "blocks": "用积木搭出了大运河，会按大小给船排队。",
    "boat": "三只小船，从大到小排好了。",
}


def take(context: Context) -> int:
    group = ClassGroup.objects.filter(name=SHOWCASE_CLASS).order_by("pk").first()
    if group is None:
        return 0
    carer = next((w for w in context.staff if w.class_group_id == group.pk), None)
    if carer is None or carer.role != Role.CARER:
        return 0
    actor = resolve(User.objects.get(pk=carer.user_id))
    if actor is None:
        return 0
    here = set(
        Attendance.objects.filter(class_group=group)
        .on(today())
        .present()
        .values_list("child", flat=True)
    )
    pupils = [pupil for pupil in context.pupils if pupil.id in here]
    taken = 0
    for name, after_midnight in MORNING.items():
        at = day_bounds(today())[0] + after_midnight
        if at > min(now(), context.until):
            continue
        image = SimpleUploadedFile(
            f"{name}.jpg", (FOLDER / f"{name}.jpg").read_bytes(), "image/jpeg"
        )
        photo = store_image(actor=actor, institution_id=group.institution_id, upload=image)
        detail = msgspec.json.encode({"photos": [str(photo.pk)], "note": CAPTIONS[name]})
        entries = [
            daily_log.NewEntry(
                id=uuid.uuid5(NAMES, f"{name} {pupil.name} {at}"),
                child_id=pupil.id,
                kind="photo",
                at=at,
                detail=detail,
            )
            for pupil in pupils
        ]
        answers = daily_log.record(actor=actor, entries=entries)
        taken += sum(answer.status == "created" for answer in answers)
    return taken
