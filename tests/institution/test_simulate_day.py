import json
import uuid
from itertools import count

import pytest
import pytest_asyncio
from aiohttp import WSMsgType, web
from django.core.management import CommandError, call_command

from core.calendar import today
from core.models import User
from institution.demo import play, script
from institution.demo.meter import Meter, percentile
from institution.models import DailyEntry
from tests.factories.institution import ClassDutyFactory

CHILD, OTHER = 7, 8


class Server:
    """Answers as the API is documented to, with one fault at a time."""

    def __init__(self) -> None:
        self.entries: list[dict] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.seq = count(1)
        self.fault = ""
        self.calls: list[str] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/whoami/", self.whoami)
        app.router.add_post("/api/v1/daily-log/", self.store)
        app.router.add_get("/api/v1/children/{child}/timeline/", self.timeline)
        app.router.add_get("/ws/live/", self.live)
        return app

    async def whoami(self, request: web.Request) -> web.Response:
        answer = web.json_response({"user": 1, "csrf": "masked", "now": 0})
        answer.set_cookie("csrftoken", "secret")
        return answer

    async def store(self, request: web.Request) -> web.Response:
        assert request.headers["X-CSRFToken"] == "masked"
        assert request.cookies["csrftoken"] == "secret"
        self.calls.append(request.cookies["sessionid"])
        if self.fault == "hangs up once":
            self.fault = ""
            request.transport.abort()
            return web.Response()
        if self.fault == "down once":
            self.fault = ""
            return web.Response(status=503)
        results = []
        for entry in json.loads(await request.read())["entries"]:
            if self.fault == "refuses":
                results.append(
                    {
                        "id": entry["id"],
                        "status": "refused",
                        "code": "unknown_kind",
                        "message": "No",
                    }
                )
                continue
            if self.fault != "loses":
                self.entries.append(entry | {"seq": next(self.seq)})
            results.append({"id": entry["id"], "status": "created", "code": "", "message": ""})
        for socket in self.sockets if self.fault != "mute" else ():
            await socket.send_json({"topic": "daily-log", "group": f"child.{CHILD}", "cursor": "1"})
        return web.json_response({"results": results})

    async def timeline(self, request: web.Request) -> web.Response:
        child = int(request.match_info["child"])
        after = int(request.query.get("after", "0")) if self.fault != "repeats" else 0
        told = [e for e in self.entries if e["child"] == child and e["seq"] > after]
        cursor = str(told[-1]["seq"]) if told else request.query.get("after", "")
        return web.json_response({"cursor": cursor, "reset": False, "entries": told})

    async def live(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        async for message in socket:
            assert message.type == WSMsgType.TEXT
        self.sockets.remove(socket)
        return socket


@pytest_asyncio.fixture
async def server(monkeypatch):
    monkeypatch.setattr(play, "QUIET_SECONDS", 0.5)
    monkeypatch.setattr(play, "RETRY_SECONDS", 0.05)
    server = Server()
    runner = web.AppRunner(server.app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


MEAL = '{"meal":"lunch","amount":"all"}'
CAST = script.Script(
    carers=(
        script.CarerPart(
            user_id=1,
            session="carer",
            actions=(
                script.Action(second=1000, entries=((CHILD, "meal", MEAL),)),
                script.Action(second=2000, entries=((CHILD, "meal", MEAL), (OTHER, "meal", MEAL))),
                script.Action(second=3000, entries=((CHILD, "nap", '{"phase":"start"}'),)),
            ),
        ),
    ),
    parents=(script.ParentPart(user_id=2, session="parent", child_ids=(CHILD,)),),
)


async def perform(server: Server, **given) -> Meter:
    meter = Meter()
    stage = play.Stage(
        **{
            "base_url": server.url,
            "live_url": server.url,
            "speed": 6000,
            "seconds": 0,
            "since": 2000,
            "meter": meter,
        }
        | given,
        on_batch=lambda: None,
    )
    await play.perform(CAST, stage)
    meter.in_database.update(entry["id"] for entry in server.entries)
    return meter


@pytest.mark.asyncio
async def test_a_played_day_is_clean(server):
    meter = await perform(server)
    assert meter.is_clean(CAST.watched)
    assert len(meter.stored) == len(server.entries) == 3  # what was before the start is not played
    assert sum(1 for sent in meter.entries.values() if sent.hinted) == 2
    assert set(server.calls) == {"carer"}
    assert server.sockets == []


@pytest.mark.asyncio
async def test_it_stops_in_time(server):
    meter = await perform(server, speed=600, seconds=0.5)
    assert [entry["kind"] for entry in server.entries] == ["meal", "meal"]
    assert meter.is_clean(CAST.watched)


@pytest.mark.asyncio
async def test_an_acknowledged_entry_that_is_nowhere_is_lost(server):
    server.fault = "loses"
    meter = await perform(server)
    assert len(meter.lost(CAST.watched)) == 3
    assert not meter.is_clean(CAST.watched)


@pytest.mark.asyncio
async def test_an_entry_told_twice_is_doubled(server):
    server.fault = "repeats"
    meter = await perform(server)
    assert meter.doubled()
    assert not meter.is_clean(CAST.watched)


@pytest.mark.asyncio
async def test_without_hints_the_page_shows_it_when_opened(server):
    server.fault = "mute"
    meter = await perform(server)
    assert meter.is_clean(CAST.watched)
    assert not any(sent.hinted for sent in meter.entries.values())
    assert dict(meter.report(CAST.watched))["seen without a hint"] == "2"


@pytest.mark.asyncio
async def test_a_failed_batch_is_an_error_and_sent_again(server):
    server.fault = "down once"
    meter = await perform(server)
    assert meter.errors.total() == 1
    assert len(meter.stored) == 3
    assert not meter.lost(CAST.watched)
    assert not meter.is_clean(CAST.watched)


@pytest.mark.asyncio
async def test_a_closed_connection_is_opened_again(server):
    server.fault = "hangs up once"
    meter = await perform(server)
    assert meter.is_clean(CAST.watched)
    assert meter.reconnects == 1


@pytest.mark.asyncio
async def test_a_refused_entry_is_an_error_and_not_lost(server):
    server.fault = "refuses"
    meter = await perform(server)
    assert meter.errors.total() == 3
    assert not meter.stored
    assert not meter.lost(CAST.watched)


@pytest.mark.asyncio
async def test_nobody_there_is_said(server):
    with pytest.raises(play.NobodyThere, match="Cannot connect"):
        await perform(server, base_url="http://127.0.0.1:9")


def test_percentiles():
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(list(range(100)), 0.99) == 99
    assert percentile([4], 0.99) == 4


def test_the_script_casts_one_carer_for_each_class(city):
    cast = script.write(seed=1, institutions=0, carers=0, parents=0)
    assert {part.user_id for part in cast.carers} == {
        nursery_carer.pk
        for nursery in (city.a, city.b)
        for nursery_carer in (nursery.carer, nursery.big_carer)
    }
    assert [part.user_id for part in cast.parents] == [city.a.guardian.pk, city.b.guardian.pk]
    assert cast.watched == {n.guardian.guardianships.get().child_id for n in (city.a, city.b)}
    assert cast.batches(0, 86_400) > cast.batches(0, 12 * 3600) > 10


def test_the_script_can_be_small(city):
    ClassDutyFactory(
        institution=city.a.institution,
        membership=city.a.carer.memberships.get(),
        class_group=city.a.big,
    )
    cast = script.write(seed=1, institutions=1, carers=1, parents=1)
    assert [part.user_id for part in cast.carers] == [city.a.carer.pk]
    children = {
        child for action in cast.carers[0].actions for child, _kind, _detail in action.entries
    }
    assert children <= {child.pk for child in city.a.children}
    assert len(cast.parents) == 1


def test_players_are_signed_in_until_they_leave(city, client):
    cast = script.write(seed=1, institutions=0, carers=0, parents=0)
    client.cookies["sessionid"] = cast.carers[0].session
    assert client.get("/whoami/").json()["user"] == cast.carers[0].user_id
    script.leave(cast)
    assert client.get("/whoami/").status_code == 401


def test_stored_entries_are_counted(city, signed_in):
    pk = str(uuid.uuid4())
    browser = signed_in(User.objects.get(pk=city.a.carer.pk))
    entry = {"id": pk, "child": city.a.children[0].pk, "kind": "note", "detail": {"note": "x"}}
    moment = DailyEntry.objects.count()
    answer = browser.post(
        "/api/v1/daily-log/",
        json.dumps({"entries": [entry | {"at": f"{today()}T00:00:01+08:00"}]}),
        content_type="application/json",
    )
    assert answer.json()["results"][0]["status"] == "created"
    assert DailyEntry.objects.count() == moment + 1
    assert script.times_stored([pk, str(uuid.uuid4())]) == {pk: 1}


def test_an_empty_database_cannot_be_played(db):
    with pytest.raises(CommandError, match="load_city"):
        call_command("simulate_day")
