"""How terminals are, on real rows, and what of it somebody should look at."""

from datetime import timedelta

from sqlalchemy import text

from tests.verifier.fixtures import INSTITUTION
from verifier.figures import machines as reading
from verifier.figures.machines import Machine
from verifier.trust import alarms
from verifier.trust.alarms import Cause

from .book import Book, at, of_day

NOW = at(12)


def found(book: Book, **filters: str) -> dict[str, Machine]:
    listed = reading.machines(book.conn, INSTITUTION, of_day(**filters))
    return {each.label: each for each in listed}


def put(book: Book, terminal: str, **columns: object) -> None:
    said = ", ".join(f"{name} = :{name}" for name in columns)
    book.conn.execute(
        text(f"UPDATE terminals SET {said} WHERE id = :id"),
        columns | {"id": terminal},
    )


def test_answers_and_faults_are_counted_apart_from_what_people_bring_about(book: Book) -> None:
    hall = book.terminal("hall")
    book.terminal("idle", "west")
    book.decision(at(8), terminal=hall)
    for refusal in ("capture.undecodable", "evidence.malformed", "challenge.expired"):
        book.decision(at(9), "refused", terminal=hall, refusal=refusal)
    book.decision(at(9), terminal=hall, purpose="practice_check_in")
    told = found(book)
    assert (told["hall"].answers, told["hall"].faults) == (4, 2)
    assert (told["idle"].answers, told["idle"].faults) == (0, 0)
    assert list(found(book, site="west")) == ["idle"]
    assert found(book, purpose="dispensing")["hall"].answers == 0


def test_a_suspended_terminal_and_one_with_an_alarm_or_a_wrong_clock_stand_out(
    book: Book,
) -> None:
    put(book, book.terminal("fine"), last_seen_at=at(11), clock_skew_s=2.0)
    put(book, book.terminal("off"), last_seen_at=at(11), state="suspended")
    put(book, book.terminal("clock"), last_seen_at=at(11), clock_skew_s=-95.0)
    put(book, book.terminal("quiet"), last_seen_at=at(11) - timedelta(days=2))
    put(book, book.terminal("gone"), state="revoked")
    alarms.sound(book.conn, INSTITUTION, Cause.MOVED, book.terminal("moved"), at(10))
    told = found(book)
    assert {label: each.flags(NOW) for label, each in told.items()} == {
        "fine": [],
        "off": ["suspended"],
        "clock": ["skew"],
        "quiet": ["silent"],
        "moved": ["alarm", "never"],
    }
    assert (told["moved"].open_alarms, told["moved"].alarms) == (1, 1)


def test_a_share_of_faults_is_told_from_twenty_answers_on(book: Book) -> None:
    few = Machine("T", "few", "east", "active", NOW, None, 19, 19, 0, 0)
    many = Machine("T", "many", "east", "active", NOW, None, 20, 2, 0, 0)
    usual = Machine("T", "usual", "east", "active", NOW, None, 20, 1, 0, 0)
    assert [each.flags(NOW) for each in (few, many, usual)] == [[], ["faults"], []]


def test_another_institutions_terminals_are_not_there(book: Book) -> None:
    book.decision(at(8))
    assert reading.machines(book.conn, "H99010100002", of_day()) == []
