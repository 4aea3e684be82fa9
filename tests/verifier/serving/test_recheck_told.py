"""The random question, as it is told to the person: on the phone, at the terminal, on the board."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from verifier.identity.galleries import Gallery
from verifier.practice import board
from verifier.protocol.practice import Reason
from verifier.protocol.values import new_id
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION
from .asked import asked, asking_clinic
from .hospital import faceless
from .phones import Phone, enrolled, shown
from .physicians import HUA, REGION, Clinic, ahead

HOUR = timedelta(hours=1)


@pytest.fixture(params=["face", "code"])
def way(request: pytest.FixtureRequest) -> str:
    """What the policy takes for an answer beside the face."""
    return str(request.param)


@pytest.fixture
def clinic(database: Database, keyring: KeyRing, gallery: Gallery, way: str) -> Iterator[Clinic]:
    with asking_clinic(database, keyring, gallery, by_code=way == "code") as made:
        yield made


def phone_of(clinic: Clinic) -> Phone:
    return enrolled(clinic.hospital, clinic.hua.person, clinic.east)


def on_the_board(clinic: Clinic) -> board.Line:
    site = clinic.hospital.site.parts
    with clinic.hospital.database.app.connect() as conn:
        said = (site.keyring, REGION, INSTITUTION, clinic.now())
        return next(line for line in board.lines(conn, *said) if line.person == clinic.hua.person)


def test_nothing_is_said_before_it_is_asked_and_all_of_it_after(clinic: Clinic, way: str) -> None:
    clinic.on_shift()
    opened = clinic.check(clinic.east)
    assert opened.recheck is None
    phone = phone_of(clinic)
    window = phone.state().window
    assert window is not None
    assert (window.recheck_by, window.recheck_by_code) == (None, False)
    assert on_the_board(clinic).question_by is None
    ahead(clinic, hours=5.4)
    clinic.hospital.site.housekeeper.ask_again()
    window = phone.state().window
    assert window is not None
    assert window.recheck_by is not None
    assert window.until == window.recheck_by <= clinic.now() + HOUR
    assert window.recheck_by_code == (way == "code")
    assert on_the_board(clinic).question_by == window.recheck_by


def test_the_same_face_at_the_terminal_answers_and_all_say_so(clinic: Clinic) -> None:
    opened = asked(clinic)
    answer = clinic.check(clinic.east)
    assert (answer.outcome, answer.recheck, answer.recheck_by) == ("already_in", "answered", None)
    assert answer.until == opened.until
    state = phone_of(clinic).state()
    assert state.window is not None
    assert (state.window.recheck_by, state.window.until) == (None, opened.until)
    assert on_the_board(clinic).question_by is None
    ahead(clinic, minutes=10)
    assert clinic.check(clinic.east).recheck is None, "said once"


def test_a_card_alone_is_told_that_the_question_is_open(clinic: Clinic) -> None:
    asked(clinic)
    answer = clinic.check(clinic.east, said=faceless(HUA))
    assert (answer.outcome, answer.recheck) == ("already_in", "open")
    assert answer.recheck_by == answer.until
    assert clinic.hospital.count("practice_windows", "rechecked_at IS NULL") == 1


def test_a_site_s_code_on_the_own_phone_answers_where_the_policy_says_so(
    clinic: Clinic, way: str
) -> None:
    opened = asked(clinic)
    phone = phone_of(clinic)
    ahead(clinic, minutes=1)
    request = new_id()
    said = {"site_code": shown(clinic.east)["code"], "request": request}
    first, again = phone.check(**said), phone.check(**said)
    assert (first.outcome, first.recheck) == (
        "already_in",
        "answered" if way == "code" else "open",
    )
    assert again.recheck == first.recheck, "the same again is answered the same"
    assert (first.until == opened.until) == (way == "code")


def test_no_place_no_answer(clinic: Clinic) -> None:
    asked(clinic)
    assert phone_of(clinic).check().outcome == "retry"
    assert clinic.hospital.count("practice_windows", "rechecked_at IS NULL") == 1


def test_who_did_not_answer_is_told_what_is_so_and_is_not_asked_when_they_left(
    clinic: Clinic,
) -> None:
    asked(clinic)
    phone = phone_of(clinic)
    ahead(clinic, minutes=61)
    for tidied in (False, True):
        if tidied:
            clinic.hospital.site.housekeeper.end_windows()
        state = phone.state()
        assert (state.window, state.forgotten) == (None, None)
        assert state.unanswered is not None
        assert state.unanswered.site == "东院区"
    assert not clinic.ask()["active"]
    clinic.check(clinic.east, reason=Reason.RESCUE)
    assert phone.state().unanswered is None, "a new window is open"


def test_who_left_before_the_end_of_the_question_is_told_nothing(clinic: Clinic) -> None:
    asked(clinic)
    clinic.check(clinic.east, "out")
    ahead(clinic, minutes=61)
    assert phone_of(clinic).state().unanswered is None


def test_the_answer_never_shortens_what_an_operation_made_longer(clinic: Clinic) -> None:
    asked(clinic)
    now = clinic.now()
    ends = now + 4 * HOUR
    said = {
        "code": clinic.hua.code,
        "starts_at": now.isoformat(),
        "ends_at": ends.isoformat(),
        "his_id": "op-1",
    }
    answer = clinic.http_post("/v1/practice/operations", said)
    assert answer.is_success, answer.text
    longer = clinic.check(clinic.east).until
    assert longer is not None
    assert longer > ends
