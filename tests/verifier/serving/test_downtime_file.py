"""What the offline page saved, entered afterwards: both times, once, line by line."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from verifier.counter import downtime
from verifier.counter.errors import CounterRefused
from verifier.protocol import jose

from ..fixtures import INSTITUTION
from .counters import Clerk, clerk, findings
from .hospital import Hospital, invent

ZHANG, LI = invent(1), invent(2, "李四")
SHEET = "TJ4K7M2P"


@pytest.fixture
def wang(hospital: Hospital) -> Clerk:
    """A clerk."""
    return clerk(hospital, "c0001")


def line(hospital: Hospital, place: int, at: datetime, **said: str) -> str:
    """A line as the page seals it."""
    whole: dict[str, Any] = {
        "line": f"{SHEET}-{place:02d}",
        "at": f"{at:%Y-%m-%dT%H:%M:00Z}",
        "purpose": "dispensing",
        "document": "resident_id",
        "number": ZHANG.number,
    }
    key = hospital.keyring.downtime_seal_key
    return jose.seal_for_phone(json.dumps(whole | said).encode(), key)


def saved(*lines: str, **said: Any) -> bytes:
    whole = {"format": downtime.FORMAT, "institution": INSTITUTION, "sheet": SHEET}
    return json.dumps(whole | {"lines": list(lines)} | said).encode()


def enter(hospital: Hospital, who: Clerk, data: bytes) -> list[str]:
    file = downtime.read(data, INSTITUTION)
    key, engine = hospital.keyring.downtime_seal_key, hospital.database.app
    return [r.why for r in downtime.enter(engine, who.counter, who.account, file, key, who.now)]


def test_lines_are_entered_with_both_times_and_the_same_file_again_adds_nothing(
    hospital: Hospital, wang: Clerk
) -> None:
    person, was = hospital.register(ZHANG), wang.now - timedelta(hours=3)
    file = saved(
        line(hospital, 1, was),
        line(hospital, 2, was + timedelta(minutes=5), document="none", number=""),
    )
    assert enter(hospital, wang, file) == ["entered", "treated_first"]
    assert enter(hospital, wang, file) == ["before", "before"]
    with hospital.database.app.connect() as conn:
        first, second = conn.execute(
            text(
                'SELECT number, person, state, "end", happened_at, entered_at FROM counter_items '
                "ORDER BY number"
            )
        )
    assert (first.number, first.person, first.state) == (f"{SHEET}-01", person, "resolved")
    assert (second.person, second.state, second.end) == (None, "left", "treat_first")
    assert timedelta(hours=2.9) < first.entered_at - first.happened_at < timedelta(hours=3.1)
    assert hospital.count("counter_results") == 1
    assert findings(hospital) == []


def test_a_line_that_cannot_be_entered_leaves_the_others_as_they_are(
    hospital: Hospital, wang: Clerk
) -> None:
    was = wang.now - timedelta(hours=1)
    good, changed = line(hospital, 1, was), line(hospital, 2, was)
    file = saved(
        good,
        changed[:-4] + "AAAA",
        line(
            hospital, 3, was, number=ZHANG.number[:-1] + ("1" if ZHANG.number[-1] != "1" else "2")
        ),
        line(hospital, 4, was - timedelta(days=30)),
        line(hospital, 5, was, purpose="practice_check_in"),
        line(hospital, 6, was, line="TJ222222-06"),
        line(hospital, 7, was, document="passport", number="E12345678"),
    )
    assert enter(hospital, wang, file) == [
        "entered",
        "unreadable",
        "counter.number_malformed",
        "counter.time_outside",
        "purpose",
        "unreadable",
        "entered",
    ]
    assert hospital.count("counter_items") == 2
    assert findings(hospital) == []


def test_another_visit_under_a_number_that_was_used_is_said_and_not_lost_in_silence(
    hospital: Hospital, wang: Clerk
) -> None:
    was = wang.now - timedelta(hours=1)
    assert enter(hospital, wang, saved(line(hospital, 1, was))) == ["entered"]
    other = saved(line(hospital, 1, was - timedelta(minutes=9), number=LI.number))
    assert enter(hospital, wang, other) == ["conflict"]
    assert hospital.count("counter_items") == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "counter.file_broken"),
        (b"\x89PNG", "counter.file_broken"),
        (b"{}", "counter.file_broken"),
        (saved(), "counter.file_broken"),
        (saved("a.b.c.d.e", sheet="TJ00000"), "counter.file_broken"),
        (saved(*["a"] * 100), "counter.file_broken"),
        (saved("a", institution="H99010100002"), "counter.file_foreign"),
    ],
)
def test_a_file_that_is_none_enters_nothing(data: bytes, code: str) -> None:
    with pytest.raises(CounterRefused) as refused:
        downtime.read(data, INSTITUTION)
    assert refused.value.code == code


def test_a_line_sealed_for_another_verifier_is_not_opened(hospital: Hospital, wang: Clerk) -> None:
    other = hospital.keyring.phone_seal_key
    foreign = jose.seal_for_phone(b"{}", other)
    assert enter(hospital, wang, saved(foreign)) == ["unreadable"]
