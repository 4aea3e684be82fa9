"""A policy says everything or refuses the start."""

import copy
import tomllib
from datetime import date
from typing import Any

import pytest

from models.calibration import Calibration
from verifier.policy.load import PolicyRefused, load_policy, parse, shipped
from verifier.policy.models import ALWAYS_OPEN, ENROLMENT
from verifier.policy.rules import resolve
from verifier.protocol.values import Outcome

from .calibrated import calibration_with_floor


@pytest.fixture
def table() -> dict[str, Any]:
    return copy.deepcopy(tomllib.loads(shipped().read_text(encoding="utf-8")))


def test_the_shipped_policy_searches_nobody_by_face_alone() -> None:
    policy = load_policy().policy
    assert {"outpatient_registration", "settlement", "dispensing", "admission"} <= set(
        policy.purposes
    )
    assert not any(purpose.identify.enabled for purpose in policy.purposes.values())


def test_the_demo_policy_turns_identification_on_for_registration_only() -> None:
    policy = load_policy(shipped("demo")).policy
    on = [name for name, purpose in policy.purposes.items() if purpose.identify.enabled]
    assert on == ["outpatient_registration"]
    assert policy.purposes["outpatient_registration"].identify.max_fpir == 0.01


@pytest.mark.parametrize("field", ["purpose", "necessity", "basis"])
@pytest.mark.parametrize("said", [None, "", "   "])
def test_a_purpose_without_purpose_necessity_and_basis_is_refused(
    table: dict[str, Any], field: str, said: str | None
) -> None:
    if said is None:
        del table["purposes"]["settlement"][field]
    else:
        table["purposes"]["settlement"][field] = said
    with pytest.raises(PolicyRefused) as refused:
        parse(table)
    assert refused.value.code == "policy.invalid"
    assert f"purposes.settlement.{field}" in str(refused.value)


def test_a_policy_that_closes_the_counter_is_refused(table: dict[str, Any]) -> None:
    table["next_steps"]["no_match"] = ["present_card", "counter"]
    with pytest.raises(PolicyRefused, match="no_match"):
        parse(table)


def test_a_policy_that_requires_liveness_is_refused_until_it_is_judged(
    table: dict[str, Any],
) -> None:
    table["liveness"]["required"] = True
    with pytest.raises(PolicyRefused, match=r"liveness\.required"):
        parse(table)


@pytest.mark.parametrize(
    "text", ["name = 'x", "fmr = 1e-4\n[purposes", "\ufeffname = 'x'", "unknown_key = 1"]
)
def test_a_broken_policy_file_is_refused(tmp_path: Any, text: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyRefused):
        load_policy(file)


def test_a_missing_policy_file_is_refused(tmp_path: Any) -> None:
    with pytest.raises(PolicyRefused) as refused:
        load_policy(tmp_path / "none.toml")
    assert refused.value.code == "policy.unreadable"


def test_the_digest_follows_what_the_policy_says() -> None:
    assert load_policy().digest == load_policy().digest
    assert load_policy().digest != load_policy(shipped("demo")).digest


def test_every_outcome_but_accepted_keeps_both_doors_open() -> None:
    policy = load_policy().policy
    for outcome in set(Outcome) - {Outcome.ACCEPTED}:
        for reason in [*policy.next_steps, "a_reason_nobody_named"]:
            assert set(ALWAYS_OPEN) <= set(policy.steps(outcome, [reason]))


def test_what_was_accepted_only_proceeds_whatever_the_reasons() -> None:
    assert load_policy().policy.steps(Outcome.ACCEPTED, ["not_enrolled"]) == ["proceed"]


def test_a_notice_is_in_force_from_its_first_day_to_its_last(table: dict[str, Any]) -> None:
    table["notices"][0]["in_force_until"] = date(2025, 12, 31)
    notice = parse(table).policy.notices[0]
    days = [date(2025, 5, 31), date(2025, 6, 1), date(2025, 12, 31), date(2026, 1, 1)]
    assert [notice.in_force(day) for day in days] == [False, True, True, False]


def test_enrolment_has_a_notice_and_a_place_in_the_register_and_is_no_purpose_of_a_claim(
    table: dict[str, Any],
) -> None:
    rules = resolve(parse(table), calibration_with_floor(1e-5), "2025-11")
    day = date(2026, 11, 1)
    assert rules.notice_for(ENROLMENT, day) == "enrol-2026-11"
    assert rules.notice_for("settlement", day) == "2025-11"
    assert not rules.accepts_notice("enrol-2026-11", "settlement", day)
    assert not rules.accepts_notice("enrol-2026-11", "practice_check_in", day)
    assert ENROLMENT not in rules.purposes
    table["purposes"][ENROLMENT] = table["purposes"]["settlement"]
    with pytest.raises(PolicyRefused, match="no purpose of a claim"):
        parse(table)


@pytest.mark.parametrize("field", ["purpose", "necessity", "basis"])
def test_enrolment_without_purpose_necessity_and_basis_is_refused(
    table: dict[str, Any], field: str
) -> None:
    del table["enrolment"][field]
    with pytest.raises(PolicyRefused, match=f"enrolment.{field}"):
        parse(table)


def test_rates_become_cosines_by_the_calibration() -> None:
    calibration = calibration_with_floor(1e-5)
    rules = resolve(load_policy(shipped("demo")), calibration, "2025-11")
    registration = rules.purposes["outpatient_registration"]
    assert registration.verify == calibration.threshold(1e-4)
    assert registration.identify is not None
    assert registration.identify.ambiguity_cosine == calibration.threshold(1e-3).cosine
    assert rules.purposes["settlement"].identify is None
    assert rules.calibration == calibration.name


def test_a_rate_below_the_calibrations_floor_refuses_the_start(table: dict[str, Any]) -> None:
    table["purposes"]["settlement"]["fmr"] = 1e-6
    with pytest.raises(PolicyRefused) as refused:
        resolve(parse(table), calibration_with_floor(1e-5), "2025-11")
    assert refused.value.code == "policy.below_floor"


def test_a_rate_below_the_floor_is_met_by_the_tail_only_where_the_policy_says_so(
    table: dict[str, Any],
) -> None:
    table["purposes"]["settlement"] |= {"fmr": 1e-6, "allow_tail": True}
    rules = resolve(parse(table), calibration_with_floor(1e-5), "2025-11")
    assert rules.purposes["settlement"].verify.extrapolated


def test_an_identification_rate_below_the_floor_serves_but_has_no_threshold(
    table: dict[str, Any],
) -> None:
    table["purposes"]["settlement"]["identify"] |= {"enabled": True, "fmr": 1e-6}
    rules = resolve(parse(table), calibration_with_floor(1e-5), "2025-11")
    identify = rules.purposes["settlement"].identify
    assert identify is not None
    assert identify.match is None


def test_a_notice_that_the_policy_does_not_know_refuses_the_start() -> None:
    with pytest.raises(PolicyRefused) as refused:
        resolve(load_policy(), calibration_with_floor(1e-5), "1999-01")
    assert refused.value.code == "policy.notice_unknown"


def test_the_default_packs_calibration_meets_the_shipped_policy() -> None:
    calibration = Calibration.load("opencv-zoo")
    if calibration is None:
        pytest.skip("the pack has no calibration yet")
    resolve(load_policy(), calibration, "2025-11")
