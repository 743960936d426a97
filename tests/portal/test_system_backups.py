import datetime as dt

import pytest

from core.calendar import now
from core.models import UpkeepRun

pytestmark = pytest.mark.django_db
URL = "/system/"


def test_page_says_that_there_is_no_backup(city, signed_in):
    page = signed_in(city.admin).get(URL).content.decode()

    assert "最近备份" in page
    assert "尚无" in page


def test_page_shows_the_last_backup_and_the_result_of_the_drill(city, signed_in):
    UpkeepRun.objects.create(
        kind="backup",
        state="done",
        started_at=now(),
        report={"backup": "20261123", "rows": 4321, "uploads": 7, "bytes": 5000},
    )
    drill = UpkeepRun.objects.create(
        kind="drill", state="done", report={"backup": "20261123", "rows": 4321}
    )
    UpkeepRun.objects.create(kind="backup", state="failed", report={"error": "no disk"})

    page = signed_in(city.admin).get(URL).content.decode()
    drill.state = "failed"
    drill.save()
    after = signed_in(city.admin).get(URL).content.decode()

    assert "4,321" in page
    assert "0 处差异" in page
    assert "未通过" in after
    assert "kpi high" not in page


def test_old_backup_stands_out(city, signed_in):
    UpkeepRun.objects.create(
        kind="backup",
        state="done",
        started_at=now() - dt.timedelta(days=3),
        report={"rows": 1, "uploads": 0, "bytes": 1},
    )

    assert "kpi high" in signed_in(city.admin).get(URL).content.decode()


def test_page_shows_what_the_last_deletion_run_did(city, signed_in):
    rule = {"what": "checks", "days": 1096, "deleted": 4321, "left": 7, "oldest": "2023-11-30"}
    UpkeepRun.objects.create(
        kind="retention", state="done", report={"deleted": 4321, "rules": [rule]}
    )

    page = signed_in(city.admin).get(URL).content.decode()

    assert "到期删除" in page or "保存期" in page
    for said in ("4,321", "1,096 天", "2023-11-30", "晨检"):
        assert said in page
