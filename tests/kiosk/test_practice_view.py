"""What the screen of a check-in is told: a sign for each part, what is asked, that care goes on."""

from dataclasses import replace
from datetime import timedelta

import pytest

import web
from kiosk.messages import PracticeView
from kiosk.states import Step, Visit
from kiosk.view import view
from tests.kiosk.gallery import BASE, SCREENS, SETTINGS, practice
from tests.kiosk.people import NOW, checked_in
from verifier.protocol.practice import Outcome, Reason


def shown(name: str) -> PracticeView:
    said = view(SCREENS[name], SETTINGS).practice
    assert said is not None
    return said


def test_every_part_has_its_own_sign_and_words() -> None:
    parts = {each.part: (each.sign, each.words) for each in shown("practice-provisional").parts}
    assert parts == {
        "identity": ("other", "other_way"),
        "place": ("good", "proved"),
        "shift": ("open", "off"),
        "registration": ("good", "proved"),
    }


def test_the_end_of_the_window_is_told_in_the_hospital_s_time_and_with_another_day_s_date() -> None:
    assert shown("practice-confirmed").until == "19:30"
    late = checked_in(Outcome.CONFIRMED, until=NOW + timedelta(hours=20))
    said = view(practice(late), SETTINGS).practice
    assert said is not None
    assert said.until == "03-03 05:30"


def test_the_five_reasons_are_offered_in_one_order_and_nothing_else() -> None:
    asks = shown("practice-reason")
    assert (asks.asks, asks.reasons) == ("reason", list(Reason))
    assert shown("practice-move").asks == "move"


@pytest.mark.parametrize("name", sorted(name for name in SCREENS if name.startswith("practice-")))
def test_whatever_is_not_done_yet_says_that_treating_goes_on(name: str) -> None:
    said = shown(name)
    assert said.tone == "good" or "practice.care_goes_on" in said.sentences
    for language in ("zh", "en"):
        texts = web.catalogue(language)  # type: ignore[arg-type]
        assert {said.title, *said.sentences} <= set(texts)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("practice.unknown", "practice.refused.unknown"),
        ("practice.decision_unusable", "practice.refused.too_late"),
        ("terminal.clone_suspected", "practice.refused.not_here"),
        ("kiosk.verifier_confused", "practice.refused.fault"),
    ],
)
def test_a_refusal_says_what_to_do(code: str, sentence: str) -> None:
    visit = replace(BASE, step=Step.PRACTICE, act="in", reason=code)
    said = view(visit, SETTINGS).practice
    assert said is not None
    assert said.sentences == [sentence, "practice.care_goes_on"]


def test_a_place_that_is_refuted_names_another_terminal() -> None:
    assert "practice.do.place" in shown("practice-no-place").sentences
    signs = [each.sign for each in shown("practice-no-place").parts]
    assert signs == ["good", "no", "good", "good"]


def test_a_check_out_shows_no_parts_and_no_hours() -> None:
    said = view(practice(checked_in(Outcome.CLOSED, until=NOW), act="out"), SETTINGS).practice
    assert said is not None
    assert (said.parts, said.until, said.title) == ([], None, "practice.title.closed")


def test_identity_alone_is_shown_where_nothing_else_was_judged() -> None:
    said = shown("practice-no-identity")
    assert [each.part for each in said.parts] == ["identity"]
    assert said.offers == ["look_again", "card_instead"]


def test_the_door_stands_only_where_the_verifier_takes_check_ins() -> None:
    assert not view(Visit(), SETTINGS).practice_offered
    assert view(Visit(), SETTINGS, practice=True).practice_offered


def test_the_site_s_code_is_drawn_and_spelt() -> None:
    said = view(SCREENS["site-code"], SETTINGS).site_code
    assert said is not None
    assert (said.code, said.left) == ("4F7K2M9Q", 18.0)
    assert said.size >= 29  # 21 modules and a quiet zone of four on each side
    assert said.path.startswith("M4 4h1v1h-1z")
