"""A window that a phone opened, and the same person's face at a terminal after it."""

from datetime import timedelta

from .hospital import faceless
from .phones import Phone, enrolled, shown
from .physicians import HUA, Clinic

STEP = timedelta(seconds=31)


def phone_of(clinic: Clinic) -> Phone:
    phone = enrolled(clinic.hospital, clinic.hua.person, clinic.east)
    clinic.hospital.clock.ahead += STEP
    return phone


def test_a_face_at_the_site_s_terminal_confirms_what_the_phone_opened_on_the_shift(
    clinic: Clinic,
) -> None:
    clinic.on_shift()
    phone = phone_of(clinic)
    opened = phone.check(site_code=shown(clinic.east)["code"])
    state = phone.state().window
    assert state is not None
    assert (opened.outcome, state.face_confirms) == ("provisional", True)
    answer = clinic.check(clinic.east)
    assert (answer.outcome, answer.window) == ("already_in", opened.window)
    state = phone.state().window
    assert state is not None
    assert (state.state, state.way, state.review_by) == ("confirmed", "other", None)
    told = clinic.ask()
    assert (told["window_state"], told["way"]) == ("confirmed", "other")
    assert clinic.hospital.count("ledger", "kind = 'practice.confirmed_by_face'") == 1


def test_a_window_opened_outside_the_shift_is_reviewed_all_the_same(clinic: Clinic) -> None:
    phone = phone_of(clinic)
    phone.check(site_code=shown(clinic.east)["code"], reason="rescue")
    clinic.on_shift()
    assert clinic.check(clinic.east).outcome == "already_in"
    state = phone.state().window
    assert state is not None
    assert (state.state, state.face_confirms) == ("provisional", False)


def test_no_face_confirms_nothing(clinic: Clinic) -> None:

    clinic.on_shift()
    phone = phone_of(clinic)
    phone.check(site_code=shown(clinic.east)["code"])
    assert clinic.check(clinic.east, said=faceless(HUA)).outcome == "already_in"
    assert phone.check(site_code=shown(clinic.east)["code"]).outcome in ("retry", "already_in")
    state = phone.state().window
    assert state is not None
    assert state.state == "provisional"
