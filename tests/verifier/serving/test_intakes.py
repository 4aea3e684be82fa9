"""A matter from received to closed: first handler, what was told, what was changed, and its end."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from verifier.identity.retention import DECIDED, RATED, RATING_WORDS, REACHED, Sweeper
from verifier.ledger.verifying import verify
from verifier.protocol.values import now
from verifier.ratings import intakes
from verifier.ratings.errors import IntakeRefused
from verifier.ratings.intakes import Brought

from ..fixtures import INSTITUTION
from .hospital import Hospital
from .raters import Office, Rater, noon

SAID, PHONE = "标识看不清", "13900000000"


@pytest.fixture
def rater(hospital: Hospital) -> Rater:
    return Rater(hospital)


@pytest.fixture
def office(hospital: Hospital) -> Office:
    return Office(hospital)


def refused(office: Office, act: Any, intake: str, *words: str) -> str:
    with pytest.raises(IntakeRefused) as told:
        office.does(act, intake, *words)
    return told.value.code


def poor(rater: Rater, office: Office, **more: Any) -> str:
    """A poor rating that somebody took."""
    rater.rate("dissatisfied", **more)
    one = office.only()
    office.does(intakes.take, one)
    return one


def test_a_poor_rating_is_closed_only_with_what_was_changed(rater: Rater, office: Office) -> None:
    rater.rate("very_dissatisfied", reasons=["signs"])
    one = office.only()
    assert refused(office, intakes.close, one, "changed", "换了指示牌") == "intake.state"
    office.does(intakes.take, one)
    for outcome, words in (("changed", "  "), ("", "换了指示牌"), ("fine", "换了指示牌")):
        assert refused(office, intakes.close, one, outcome, words) == "intake.change_missing"
    office.does(intakes.close, one, "changed", "换了指示牌")
    seen = office.sees(one)
    assert (seen.intake.state, seen.intake.outcome, seen.intake.in_time) == (
        "closed", "changed", True,
    )  # fmt: skip
    assert [(step.kind, step.words) for step in seen.steps] == [
        ("taken", ""), ("closed", "换了指示牌"),
    ]  # fmt: skip


def test_who_waits_for_an_answer_gets_one_before_it_is_closed(rater: Rater, office: Office) -> None:
    one = poor(rater, office, reach=PHONE)
    assert refused(office, intakes.close, one, "changed", "换了") == "intake.answer_missing"
    office.does(intakes.answer, one, "已电话答复")
    office.does(intakes.close, one, "changed", "换了")
    assert office.sees(one).intake.state == "closed"


def test_it_is_told_at_once_and_only_once(rater: Rater, office: Office) -> None:
    rater.bring()
    one = office.only()
    office.does(intakes.take, one)
    office.does(intakes.tell, one, "请带社保卡，五个工作日内答复")
    assert refused(office, intakes.tell, one, "还要户口簿") == "intake.told"
    office.does(intakes.note, one, "还要户口簿，已说明")
    assert office.sees(one).told


def test_a_closing_is_taken_back_with_a_reason_and_is_due_anew(
    rater: Rater, office: Office
) -> None:
    one = poor(rater, office)
    first = office.sees(one).intake.due_at
    office.does(intakes.close, one, "explained", "设备今年不换")
    assert refused(office, intakes.note, one, "补充") == "intake.state"
    assert refused(office, intakes.reopen, one, " ") == "intake.words_malformed"
    office.hospital.clock.ahead += timedelta(days=20)
    office.does(intakes.reopen, one, "又有人说同一件事")
    again = office.sees(one).intake
    assert (again.state, again.outcome, again.closed_at) == ("in_hand", None, None)
    assert again.due_at > first
    assert again.in_time is True, "its first answer was in time and stays so"


def test_what_is_overdue_stands_first(hospital: Hospital, rater: Rater, office: Office) -> None:
    rater.bring(kind="correction", received_at=noon().isoformat())
    rater.bring(kind="question", received_at=noon().isoformat())
    rater.bring(kind="complaint", received_at=(noon() - timedelta(days=25)).isoformat())
    assert [each.kind for each in office.list()] == ["complaint", "question", "correction"]
    assert [each.overdue for each in office.list()] == [True, False, False]
    assert [each.kind for each in office.list(state="overdue")] == ["complaint"]
    with hospital.database.app.connect() as conn:
        assert intakes.overdue(conn, INSTITUTION, hospital.clock()) == 1


def test_a_first_answer_after_it_was_due_is_told_as_that(rater: Rater, office: Office) -> None:
    one = poor(rater, office, rated_at=(noon() - timedelta(days=25)).isoformat())
    office.does(intakes.close, one, "changed", "换了")
    assert office.sees(one).intake.in_time is False


def test_a_matter_brought_to_staff_is_theirs_from_the_start(
    hospital: Hospital, office: Office
) -> None:
    brought = Brought("question", "counter", SAID, PHONE)
    with hospital.database.app.begin() as conn:
        one = intakes.record(conn, office.book, brought, office.account, hospital.clock())
    seen = office.sees(one)
    assert (seen.intake.owner, seen.intake.state) == (office.account, "in_hand")
    assert (seen.said, seen.reach) == (SAID, PHONE)


@pytest.mark.parametrize(
    ("brought", "code"),
    [
        (Brought("poor_rating", "counter", SAID), "intake.kind"),
        (Brought("question", "terminal", SAID), "intake.kind"),
        (Brought("question", "counter", "  "), "intake.words_malformed"),
        (Brought("question", "counter", "字" * 501), "intake.words_malformed"),
        (Brought("question", "counter", SAID, "1\n2"), "intake.reach"),
        (Brought("question", "counter", SAID, "1" * 65), "intake.reach"),
    ],
)
def test_a_matter_that_is_not_whole_is_not_written_down(
    hospital: Hospital, office: Office, brought: Brought, code: str
) -> None:
    with hospital.database.app.begin() as conn, pytest.raises(IntakeRefused) as told:
        intakes.record(conn, office.book, brought, office.account, hospital.clock())
    assert told.value.code == code
    assert office.list() == []


def test_an_unknown_one_is_told_as_that(office: Office) -> None:
    for intake in ("nothing", "a\0b"):
        assert refused(office, intakes.take, intake) == "intake.unknown"


def sweep(hospital: Hospital, later: timedelta) -> dict[str, int]:
    return Sweeper(hospital.database.app, hospital.gallery).sweep(now() + later)


DAY = timedelta(days=1)


def test_words_and_the_way_to_be_reached_go_before_the_rest(
    hospital: Hospital, rater: Rater, office: Office
) -> None:
    one = poor(rater, office, text=SAID, reach=PHONE)
    office.does(intakes.answer, one, "答复")
    office.does(intakes.close, one, "changed", "换了")
    sweep(hospital, REACHED - DAY)
    assert office.sees(one).reach == PHONE
    sweep(hospital, REACHED + DAY)
    seen = office.sees(one)
    assert (seen.reach, seen.said) == ("", SAID)
    sweep(hospital, RATING_WORDS + 2 * DAY)
    seen = office.sees(one)
    assert (seen.said, [step.words for step in seen.steps]) == ("", ["", "", "换了"])
    sweep(hospital, RATED + 2 * DAY)
    assert hospital.count("ratings") == 0
    assert office.sees(one).intake.grade is None
    sweep(hospital, DECIDED + 2 * DAY)
    assert hospital.count("intakes") == hospital.count("intake_steps") == 0
    hospital.site.sealer.seal()
    key = hospital.keyring.checkpoint_key
    with hospital.database.app.connect() as conn:
        report = verify(conn, INSTITUTION, {key.kid or "": key}.get, keyring=hospital.keyring)
    assert report.findings == ()


def test_an_open_matter_stays_but_not_the_way_to_be_reached(
    hospital: Hospital, rater: Rater, office: Office
) -> None:
    rater.bring(said=SAID, reach=PHONE)
    sweep(hospital, RATING_WORDS - DAY)
    assert office.sees(office.only()).reach == PHONE
    sweep(hospital, DECIDED + 9 * DAY)
    seen = office.sees(office.only())
    assert (seen.said, seen.reach, seen.intake.overdue) == (SAID, "", False)


def test_every_step_is_in_the_ledger_without_a_word_of_it(
    hospital: Hospital, rater: Rater, office: Office
) -> None:
    one = poor(rater, office, text=SAID)
    office.does(intakes.close, one, "changed", "换了指示牌")
    with hospital.database.app.connect() as conn:
        kinds = conn.scalars(
            text("SELECT kind FROM ledger WHERE kind LIKE 'intake.%' ORDER BY seq")
        ).all()
    assert kinds == ["intake.received", "intake.taken", "intake.closed"]
