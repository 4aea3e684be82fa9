"""Health: of terminals with wrong clocks, of the verifier, of its store."""

from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from verifier.protocol.values import now

from .hospital import Hospital, Terminal, faceless, invent, visit_of

ZHANG = invent(1)


def metric(hospital: Hospital, name: str, **labels: str) -> float:
    families = text_string_to_metric_families(hospital.http.get("/metrics").text)
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_terminal_whose_clock_is_ten_minutes_off_is_served_and_told(
    hospital: Hospital, terminal: Terminal, minutes: int
) -> None:
    hospital.enrol(ZHANG)
    terminal.clock_ahead = timedelta(minutes=minutes)
    challenge = terminal.challenge()
    assert challenge.health == ["clock_skew"]
    answer = terminal.send(terminal.sign(challenge, visit_of(ZHANG)))
    assert answer.status_code == 200, answer.text
    assert answer.json()["decision"]["outcome"] == "accepted"
    assert answer.json()["health"] == ["clock_skew"]
    skew = metric(hospital, "shualian_terminal_clock_skew_seconds", terminal=terminal.id)
    assert abs(skew - 60 * minutes) < 10
    assert hospital.count("terminals", f"abs(clock_skew_s - {60 * minutes}) < 10") == 1


def test_a_terminal_whose_clock_is_right_again_is_healthy_again(
    hospital: Hospital, terminal: Terminal
) -> None:
    terminal.clock_ahead = timedelta(minutes=10)
    assert terminal.challenge().health == ["clock_skew"]
    terminal.clock_ahead = timedelta()
    assert terminal.challenge().health == []
    assert hospital.count("terminals", "abs(clock_skew_s) < 30") == 1
    assert hospital.count("alarms", "cause = 'terminal.clock_skew'") == 1


def test_a_few_seconds_are_no_warning(hospital: Hospital, terminal: Terminal) -> None:
    terminal.clock_ahead = timedelta(seconds=20)
    assert terminal.challenge().health == []
    assert terminal.decide(faceless(ZHANG)).health == []


def test_readiness_says_what_decides(hospital: Hospital) -> None:
    said = hospital.http.get("/readyz").json()
    assert said["status"] == "ready"
    assert said["mode"] == "central"
    assert said["liveness"] == "not judged"
    assert said["calibration"] == hospital.site.rules.calibration


@pytest.mark.parametrize("seconds", [-3, 3])
def test_a_verifier_whose_clock_is_not_its_database_s_is_not_ready(
    hospital: Hospital, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = hospital.site.parts
    ahead = replace(parts, clock=lambda: now() + timedelta(seconds=seconds))
    monkeypatch.setattr(hospital.site, "parts", ahead)
    answer = hospital.http.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "verifier.clock_differs")
    apart = metric(hospital, "shualian_store_clock_difference_seconds")
    assert apart == pytest.approx(3, abs=0.5)


def test_what_happened_is_counted(hospital: Hospital, terminal: Terminal) -> None:
    terminal.decide(faceless(ZHANG))
    terminal.refused(faceless(ZHANG), legal_basis=None)
    counted = {"purpose": "settlement", "outcome": "accepted"}
    assert metric(hospital, "shualian_claims_total", **counted) == 1
    assert metric(hospital, "shualian_refusals_total", code="legal_basis.missing") == 1
    assert metric(hospital, "shualian_request_seconds_count", route="/v1/claims") == 2


def test_metrics_name_nobody(hospital: Hospital, terminal: Terminal) -> None:
    hospital.enrol(ZHANG)
    terminal.decide(visit_of(ZHANG))
    text = hospital.http.get("/metrics").text
    assert ZHANG.number not in text
    assert ZHANG.name not in text


def test_logs_hold_codes_and_ids_and_nothing_personal(
    hospital: Hospital, terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    hospital.enrol(ZHANG)
    answer = terminal.decide(visit_of(ZHANG))
    terminal.refused(visit_of(ZHANG), legal_basis=None)
    said = "".join(capsys.readouterr())
    assert answer.decision.id in said
    assert "legal_basis.missing" in said
    for personal in (ZHANG.number, ZHANG.number[6:14], ZHANG.name):
        assert personal not in said


def test_one_address_after_another_does_not_grow_the_metrics_for_ever(hospital: Hospital) -> None:
    for number in range(400):
        hospital.site.metrics.count_bad_signature(f"10.0.{number // 256}.{number % 256}")
    families = text_string_to_metric_families(hospital.http.get("/metrics").text)
    sources = {
        sample.labels["source"]
        for family in families
        for sample in family.samples
        if sample.name == "shualian_bad_signatures_total"
    }
    assert len(sources) <= 257
    assert metric(hospital, "shualian_bad_signatures_total") == 400
