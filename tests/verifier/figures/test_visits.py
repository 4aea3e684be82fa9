"""Visits of a range on real rows: when each counts, as what, and what is left out."""

from datetime import timedelta

import pytest

from tests.verifier.fixtures import INSTITUTION
from verifier.figures import visits
from verifier.figures.asked import Asked
from verifier.figures.visits import Visits
from verifier.protocol.practice import PURPOSE as CHECK_IN
from verifier.protocol.values import new_id
from verifier.trust.accounts import accounts
from verifier.trust.keys import KeyRing

from .book import DAY, Book, at, of_day

MINUTE = timedelta(minutes=1)


@pytest.fixture
def account(book: Book, keyring: KeyRing) -> str:
    """A clerk's."""
    return accounts.create(book.conn, keyring, INSTITUTION, "c0001", at(7)).account


def found(book: Book, asked: Asked) -> Visits:
    return visits.visits(book.conn, INSTITUTION, asked)


def some(book: Book, asked: Asked) -> dict[str, int]:
    return {outcome: count for outcome, count in found(book, asked).totals.items() if count}


def test_an_hour_begins_and_a_day_ends_at_shanghais_midnight(book: Book) -> None:
    for when in (
        at(0) - MINUTE, at(0), at(0, 59), at(1), at(23, 59), at(0, day=DAY + timedelta(days=1)),
    ):  # fmt: skip
        book.decision(when)
    counts = found(book, of_day()).counts["accepted"]
    assert (len(counts), sum(counts)) == (24, 4)
    assert (counts[0], counts[1], counts[23]) == (2, 1, 1)


def test_of_some_days_each_day_and_of_many_each_week_is_counted(book: Book) -> None:
    for back in range(70):
        book.decision(at(8, day=DAY + timedelta(days=back)))
    assert found(book, of_day(days=3)).counts["accepted"][8::24] == [1, 1, 1]
    assert found(book, of_day(days=10)).counts["accepted"] == [1] * 10
    weeks = found(book, of_day(days=70)).counts["accepted"]
    assert weeks == [6, *[7] * 9, 1], "from Tuesday, then whole weeks, then a Monday"


def test_a_visit_counts_once_when_it_came_as_the_best_that_it_has(book: Book) -> None:
    tried = book.decision(at(8, 58), "retry")
    book.decision(at(9, 1), "rejected", visit=tried)
    book.decision(at(9, 2), "accepted", visit=tried)
    book.decision(at(9, 5), "refused", refusal="capture.undecodable")
    now = found(book, of_day())
    assert (now.total, now.counts["accepted"][8], now.counts["refused"][9]) == (2, 1, 1)


def test_the_counters_visits_count_when_they_happened_and_not_when_a_clerk_had_time(
    book: Book, account: str
) -> None:
    referred = book.decision(at(8), "refer", reasons=("card_expired",))
    book.result(book.item(at(8), visit=referred), at(11), account)
    book.decision(at(9), "rejected", visit=(waits := new_id()))
    book.item(at(9), visit=waits)
    emergency = book.item(at(23, 50), origin="emergency", state="later")
    next_day = at(10, day=DAY + timedelta(days=1))
    book.result(emergency, next_day, account)
    book.item(at(3), origin="downtime", state="left", end="gone", entered=next_day)
    now = found(book, of_day())
    assert some(book, of_day()) == {"counter": 2, "rejected": 1, "refer": 1}
    assert [n for n, count in enumerate(now.counts["counter"]) if count] == [8, 23]
    assert some(book, of_day(DAY + timedelta(days=1))) == {}


def test_what_the_counter_took_back_is_no_proof(book: Book, account: str) -> None:
    referred = book.decision(at(8), "refer")
    book.result(book.item(at(8), visit=referred), at(9), account, taken_back=at(9, 5))
    assert some(book, of_day()) == {"refer": 1}


def test_who_checks_in_is_no_visit(book: Book) -> None:
    book.decision(at(7, 55), purpose=CHECK_IN)
    assert found(book, of_day()).total == 0
    assert visits.reasons(book.conn, INSTITUTION, of_day()) == []


def test_filters_leave_out_what_they_do_not_name(book: Book) -> None:
    east, west = book.terminal("hall"), book.terminal("ward", "west")
    book.decision(at(8), terminal=east)
    book.decision(at(8), "rejected", terminal=west, reasons=("face_differs",))
    book.decision(at(8), "retry", terminal=west, purpose="dispensing", reasons=("code_expired",))
    assert some(book, of_day(terminal=east)) == {"accepted": 1}
    assert some(book, of_day(site="west")) == {"rejected": 1, "retry": 1}
    assert some(book, of_day(purpose="dispensing")) == {"retry": 1}
    assert some(book, of_day(purpose="dispensing", site="east")) == {}
    told = visits.reasons(book.conn, INSTITUTION, of_day(site="west", purpose="settlement"))
    assert [each.code for each in told] == ["face_differs"]


def test_reasons_are_counted_by_whether_the_answer_was_a_proof(book: Book) -> None:
    book.decision(at(8), "accepted", reasons=("not_enrolled",))
    for _ in range(2):
        book.decision(at(8), "refer", reasons=("not_enrolled", "card_unauthenticated"))
    book.decision(at(9), "refused", refusal="evidence.empty")
    told = visits.reasons(book.conn, INSTITUTION, of_day())
    assert [(each.code, each.refused, each.accepted, each.other) for each in told] == [
        ("not_enrolled", False, 1, 2),
        ("card_unauthenticated", False, 0, 2),
        ("evidence.empty", True, 0, 1),
    ]


def test_another_institution_is_not_counted(book: Book) -> None:
    book.decision(at(8))
    assert visits.visits(book.conn, "H99010100002", of_day()).total == 0
