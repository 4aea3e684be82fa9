"""What real receivers sent, line by line, a tenth of a second each."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devices.gnss import Fix, GnssSettings, NoFix, gate
from devices.gnss.assembler import Assembler, Moment, Outcome
from devices.gnss.codec import SentenceBuffer

STEP = 0.1
RECORDED = {
    # file: sentences, fixes, fixes that pass the gate; a moment near the recording
    "garmin15x.log": (57, 7, 7, datetime(2022, 10, 18, 11, 32, 58, tzinfo=UTC)),
    "gp-320fw-2019-04-07-coldboot.log": (97, 1, 0, datetime(2019, 4, 7, 0, 3, 43, tzinfo=UTC)),
    "gps-360.log": (61, 12, 0, datetime(2006, 7, 28, 2, 16, 13, tzinfo=UTC)),
    "neo-m8n.log": (293, 23, 23, datetime(2015, 3, 18, 17, 19, 26, tzinfo=UTC)),
    "quectel-L70.log": (115, 16, 16, datetime(2022, 3, 9, 15, 1, 19, tzinfo=UTC)),
}


def replayed(path: Path, began: datetime) -> tuple[int, list[Outcome]]:
    """How many sentences there are, and what came of them."""
    buffer, assembler = SentenceBuffer(), Assembler(GnssSettings(time_jump=60))
    count, outcomes = 0, []
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True)):
        moment = Moment(number * STEP, began + timedelta(seconds=number * STEP))
        for sentence in buffer.feed(line):
            count += 1
            outcomes += assembler.take(sentence, moment)
    return count, outcomes + assembler.quiet(moment)


def passing(fixes: list[Fix]) -> list[Fix]:
    return [fix for fix in fixes if not gate(fix, fix.received_at + timedelta(seconds=fix.age_s))]


@pytest.mark.shared
@pytest.mark.parametrize("name", RECORDED)
def test_every_recording_gives_fixes_or_typed_outcomes(shared_dir: Path, name: str) -> None:
    *counts, began = RECORDED[name]
    sentences, outcomes = replayed(shared_dir / "nmea" / name, began)
    fixes = [outcome for outcome in outcomes if isinstance(outcome, Fix)]
    assert [sentences, len(fixes), len(passing(fixes))] == counts
    assert all(isinstance(outcome, Fix | NoFix) for outcome in outcomes)  # no jump, no rollover
    assert not any(fix.simulated for fix in fixes)


@pytest.mark.shared
def test_no_recording_is_left_out(shared_dir: Path) -> None:
    assert {path.name for path in (shared_dir / "nmea").glob("*.log")} == set(RECORDED)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("gps-360.log", {"gnss.few_satellites", "gnss.poor_geometry"}),
        ("gp-320fw-2019-04-07-coldboot.log", {"gnss.few_satellites"}),
    ],
)
def test_a_poor_receiver_and_a_cold_start_give_fixes_that_the_gate_refuses(
    shared_dir: Path, name: str, reasons: set[str]
) -> None:
    _, outcomes = replayed(shared_dir / "nmea" / name, RECORDED[name][-1])
    fixes = [outcome for outcome in outcomes if isinstance(outcome, Fix)]
    assert fixes
    for fix in fixes:
        assert set(gate(fix, fix.received_at)) == reasons


@pytest.mark.shared
def test_the_deviations_of_a_receiver_that_gives_them_are_its_accuracy(shared_dir: Path) -> None:
    _, outcomes = replayed(shared_dir / "nmea" / "quectel-L70.log", RECORDED["quectel-L70.log"][-1])
    fixes = [outcome for outcome in outcomes if isinstance(outcome, Fix)]
    assert {fix.accuracy_from for fix in fixes} == {"gst"}
    assert fixes[0].accuracy_m == pytest.approx(2 * (6.8**2 + 7.2**2) ** 0.5)


@pytest.mark.shared
def test_cut_at_any_place_a_recording_gives_the_same_sentences(shared_dir: Path) -> None:
    data = (shared_dir / "nmea" / "gp-320fw-2019-04-07-coldboot.log").read_bytes()
    whole = SentenceBuffer().feed(data)
    for size in (1, 7, 64):
        cut = SentenceBuffer()
        pieces = (data[start : start + size] for start in range(0, len(data), size))
        assert [sentence for piece in pieces for sentence in cut.feed(piece)] == whole
