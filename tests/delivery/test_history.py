"""The judge of the chaos proof finds what it is there to find."""

import dataclasses
import re
from pathlib import Path

import pytest

from tests.evidence.chaos import load
from tests.evidence.chaos.history import FAIL, OK, UNKNOWN, Screen, Sent, Stored, judge

A, B, C = "a", "b", "c"
CHECKOUT = Path(__file__).resolve().parents[2]
CONSTANT = re.compile(r"^const (\w+) = ([\d_]+);", re.MULTILINE)


def clean():
    """Three entries of one child: stored and shown, of unknown fate but stored, refused."""
    sent = {pk: Sent(pk, 7, 0.0, outcome) for pk, outcome in ((A, OK), (B, UNKNOWN), (C, FAIL))}
    stored = [Stored(A, 1, 7, 1), Stored(B, 1, 7, 2)]
    screen = Screen(stream=1, child=7)
    for number, row in enumerate(stored):
        screen.show(row.id, row.seq, float(number))
    screen.hinted = {1, 2}
    return sent, stored, {1: 2}, [screen]


def found(verdict) -> dict:
    return {
        field.name: value
        for field in dataclasses.fields(verdict)
        if (value := getattr(verdict, field.name))
    }


def test_a_clean_history_has_nothing_against_it():
    assert found(judge(*clean())) == {}


def test_an_unknown_entry_may_also_be_missing():
    sent, stored, _heads, screens = clean()
    screens[0].shown.pop()
    screens[0].hinted = {1}

    assert found(judge(sent, stored[:1], {1: 1}, screens)) == {}


def _lose(sent, stored, heads, screens):
    stored[0] = dataclasses.replace(stored[0], id=B)


def _double(sent, stored, heads, screens):
    stored.append(Stored(A, 1, 7, 3))
    heads[1] = 3


def _ghost(sent, stored, heads, screens):
    stored.append(Stored(C, 1, 7, 3))
    heads[1] = 3


def _never_sent(sent, stored, heads, screens):
    screens[0].show("never", 9, 3.0)


def _unseen(sent, stored, heads, screens):
    screens[0].shown.pop(0)


def _shown_twice(sent, stored, heads, screens):
    screens[0].show(A, 4, 3.0)


def _disorder(sent, stored, heads, screens):
    screens[0].shown.reverse()


def _gap(sent, stored, heads, screens):
    heads[1] = 3


def _number_twice(sent, stored, heads, screens):
    stored[1] = dataclasses.replace(stored[1], seq=1)


def _empty_hint(sent, stored, heads, screens):
    screens[0].hinted.add(5)


@pytest.mark.parametrize(
    ("plant", "name"),
    [
        (_lose, "lost"),
        (_double, "doubled"),
        (_ghost, "ghosts"),
        (_never_sent, "ghosts"),
        (_unseen, "unseen"),
        (_shown_twice, "doubled"),
        (_disorder, "disorder"),
        (_gap, "gaps"),
        (_number_twice, "gaps"),
        (_empty_hint, "empty_hints"),
    ],
)
def test_what_was_planted_is_found(plant, name):
    history = clean()
    plant(*history)

    assert name in found(judge(*history))


def test_a_screen_drops_what_it_has_by_its_number():
    screen = Screen(stream=1, child=7)
    for _time in range(3):
        screen.show(A, 1, 0.0)

    assert (screen.shown, screen.raw_doubles) == ([(A, 1)], 2)


def test_the_clients_of_the_proof_wait_as_the_pages_do(monkeypatch):
    script = (CHECKOUT / "core/static/js/patience.js").read_text()
    said = {name: int(value.replace("_", "")) for name, value in CONSTANT.findall(script)}
    monkeypatch.setattr(load.random, "uniform", lambda _least, _most: 1)

    waits = [min(said["FIRST"] * 2**tries, said["SOON"]) for tries in range(said["TRIES_SOON"])]
    waits += [said["LATER"]] * (said["TRIES"] - said["TRIES_SOON"]) + [said["MUCH_LATER"]]

    assert [load.pause(tries) * 1000 for tries in range(len(waits))] == waits
