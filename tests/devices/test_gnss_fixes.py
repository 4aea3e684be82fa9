"""Sentences to fixes, what is strange about them, and the check-in gate: no I/O, time as values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import MESSAGES, NoCard
from devices.gnss import Doubtful, Fix, GateLimits, GnssSettings, NoFix, gate
from devices.gnss.assembler import Assembler, Moment, Outcome
from devices.gnss.codec import SentenceBuffer, encode
from devices.gnss.fix import Position, distance_m
from devices.gnss.virtual import NOWHERE, Epoch, Fault, Way, burst, moved, spoiled, warming

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
EPOCH = Epoch(NOON, NOWHERE)
SETTINGS = GnssSettings()


class Line:
    """Bytes in at a moment, outcomes out, as the driver does it."""

    def __init__(self, settings: GnssSettings = SETTINGS) -> None:
        self.sentences, self.assembler = SentenceBuffer(), Assembler(settings)

    def feed(self, data: bytes, seconds: float = 0.0, *, quiet: bool = True) -> list[Outcome]:
        """`seconds` after noon; behind it the line is silent, if `quiet`."""
        moment = moment_at(seconds)
        out = [o for s in self.sentences.feed(data) for o in self.assembler.take(s, moment)]
        return out + (self.assembler.quiet(moment_at(seconds + 0.4)) if quiet else [])


def moment_at(seconds: float) -> Moment:
    return Moment(1000.0 + seconds, NOON + timedelta(seconds=seconds))


def at(seconds: float, epoch: Epoch = EPOCH, fault: Fault | None = None) -> bytes:
    faults: frozenset[StrEnum] = frozenset({fault} if fault else ())
    moved_on = replace(epoch, time=(epoch.time or NOON) + timedelta(seconds=seconds))
    return burst(spoiled(moved_on, faults), faults)


def real(data: bytes) -> bytes:
    """The same without the mark of simulators."""
    sentences = SentenceBuffer().feed(data)
    return b"".join(encode(s.text.removesuffix("SIM")) for s in sentences)


def one_fix(outcomes: list[Outcome]) -> Fix:
    (fix,) = outcomes
    assert isinstance(fix, Fix)
    return fix


def codes(outcomes: list[Outcome]) -> list[str]:
    return [o.code if isinstance(o, NoFix | Doubtful) else "fix" for o in outcomes]


def a_fix() -> Fix:
    return one_fix(Line().feed(at(0)))


def test_gga_and_rmc_of_one_epoch_are_a_fix() -> None:
    fix = one_fix(Line().feed(at(0, replace(EPOCH, speed_mps=3.0))))
    assert distance_m(fix.position, NOWHERE) < 0.02
    assert (fix.quality, fix.satellites, fix.hdop, fix.datum) == (1, 11, 0.8, "wgs84")
    assert (fix.time, fix.received_at, fix.doubts) == (NOON, NOON, ())
    assert fix.age_s == pytest.approx(0.4)
    assert fix.speed_mps == pytest.approx(3.0, abs=0.001)
    assert fix.disagreement_m == 0


def test_accuracy_is_taken_from_gst_where_there_is_one_and_else_from_hdop() -> None:
    assert a_fix().accuracy_m == pytest.approx(2 * (1.7**2 + 1.7**2) ** 0.5)
    plain = one_fix(Line().feed(burst(EPOCH, gst=False)))
    assert plain.accuracy_from == "hdop"
    assert plain.accuracy_m == pytest.approx(2 * 0.8 * 5)


def test_without_silence_an_epoch_ends_with_the_next_one() -> None:
    line = Line()
    assert line.feed(at(0), 0, quiet=False) == []
    fix = one_fix(line.feed(at(1), 1, quiet=False))
    assert (fix.time, fix.age_s) == (NOON, 1.0)


def test_silence_inside_an_epoch_does_not_end_it() -> None:
    line = Line()
    first, *others = at(0).splitlines(keepends=True)[1:]
    assert line.feed(first) == []
    one_fix(line.feed(b"".join(others), 0.3))


def test_an_epoch_that_is_repeated_gives_one_fix() -> None:
    line = Line()
    one_fix(line.feed(at(0), 0))
    assert line.feed(at(0), 1) == []


@pytest.mark.parametrize("lost", [b"RMC", b"GGA"])
def test_one_sentence_alone_is_no_fix(lost: bytes) -> None:
    line = Line()
    half = b"".join(s for s in at(0).splitlines(keepends=True) if lost not in s)
    assert line.feed(half) == []
    assert codes(line.feed(at(1), 1)) == ["gnss.incomplete", "fix"]


def test_halves_of_two_epochs_are_no_fix() -> None:
    line = Line()
    _, rmc, *_ = at(0).splitlines(keepends=True)
    *_, gga, _, _ = at(1).splitlines(keepends=True)
    assert b"GGA" in gga
    assert codes(line.feed(rmc + gga)) == ["gnss.incomplete"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.NO_FIX, "gnss.no_fix"),
        (Fault.ESTIMATED, "gnss.estimated"),
        (Fault.MANUAL, "gnss.manual"),
        (Fault.SIMULATOR_MODE, "gnss.simulator_mode"),
        (Fault.DISAGREE, "gnss.disagree"),
        (Fault.OTHER_DATUM, "gnss.other_datum"),
    ],
)
def test_an_epoch_that_is_not_measured_or_contradicts_itself_is_no_fix(
    fault: Fault, code: str
) -> None:
    line = Line()
    (outcome,) = line.feed(at(0, fault=fault))
    assert isinstance(outcome, NoFix)
    assert isinstance(outcome, NoCard)  # nothing to take, nothing broken
    assert outcome.code == code
    assert code in MESSAGES
    one_fix(line.feed(at(1), 1))


@pytest.mark.parametrize(
    ("quality", "mode", "status", "code"),
    [
        (0, "A", "A", "gnss.no_fix"),
        (6, "A", "A", "gnss.estimated"),
        (7, "A", "A", "gnss.manual"),
        (8, "A", "A", "gnss.simulator_mode"),
        (1, "N", "A", "gnss.no_fix"),
        (1, "E", "A", "gnss.estimated"),
        (1, "M", "A", "gnss.manual"),
        (1, "S", "A", "gnss.simulator_mode"),
        (1, "A", "V", "gnss.no_fix"),
        (1, "D", "A", "fix"),
        (1, "", "A", "fix"),
        (3, "P", "A", "fix"),
        (9, "A", "A", "fix"),
    ],
)
def test_either_sentence_alone_can_refuse(quality: int, mode: str, status: str, code: str) -> None:
    gga = f"GPGGA,120000,4807.038,N,01131.000,E,{quality},08,0.9,545.4,M,46.9,M,,"
    rmc = f"GPRMC,120000,{status},4807.038,N,01131.000,E,0.0,,010326,,,{mode}"
    assert codes(Line().feed(encode(gga) + encode(rmc))) == [code]


@pytest.mark.parametrize(("north", "code"), [(9.0, "fix"), (11.0, "gnss.disagree")])
def test_positions_agree_within_a_tolerance(north: float, code: str) -> None:
    dtm, rmc, *_ = burst(EPOCH).splitlines(keepends=True)
    *_, gga, _, _ = burst(replace(EPOCH, position=moved(NOWHERE, north, 0))).splitlines(True)
    assert codes(Line().feed(dtm + rmc + gga)) == [code]


def test_the_sentence_for_all_systems_counts_before_one_for_a_single_one() -> None:
    alone = burst(replace(EPOCH, position=moved(NOWHERE, 50, 0)), talker="BD")
    for data in (alone + burst(EPOCH), burst(EPOCH) + alone):
        assert distance_m(one_fix(Line().feed(data)).position, NOWHERE) < 0.02
    one_fix(Line().feed(alone))


def test_a_cold_start_ends_in_a_fix_that_the_gate_refuses_and_then_in_one_that_it_takes() -> None:
    line = Line()
    seen = []
    for count in range(8):
        epoch = warming(replace(EPOCH, time=NOON + timedelta(seconds=count)), count)
        for outcome in line.feed(burst(epoch), count):
            refused = (
                gate(outcome, NOON + timedelta(seconds=count)) if isinstance(outcome, Fix) else []
            )
            seen.append((codes([outcome])[0], tuple(refused)))
    assert list(dict.fromkeys(seen)) == [
        ("gnss.no_fix", ()),
        ("fix", ("gnss.few_satellites", "gnss.poor_geometry")),
        ("fix", ()),
    ]


# --- simulated ---


def test_a_line_with_the_mark_is_simulated_and_one_without_is_not() -> None:
    marked, bare = Line(), Line()
    assert one_fix(marked.feed(at(0))).simulated
    assert not one_fix(bare.feed(real(at(0)))).simulated
    assert (marked.assembler.simulated, bare.assembler.simulated) == (True, False)


def test_a_line_that_had_the_mark_once_stays_simulated() -> None:
    line = Line()
    line.feed(at(0, fault=Fault.NO_FIX))
    assert one_fix(line.feed(real(at(1)), 1)).simulated


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_one_changed_byte_never_makes_a_simulated_fix_look_real(place: int, change: int) -> None:
    sent = bytearray(at(0))
    sent[place % len(sent)] ^= change
    line = Line()
    outcomes = line.feed(bytes(sent)) + line.feed(at(1), 1)
    assert all(outcome.simulated for outcome in outcomes if isinstance(outcome, Fix))


# --- doubts ---


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_date_that_lies_rounds_of_1024_weeks_back_is_told_once_and_mended(rounds: int) -> None:
    old = replace(EPOCH, time=NOON - rounds * timedelta(weeks=1024))
    line = Line()
    doubt, fix = line.feed(at(0, old), 0)
    assert codes([doubt]) == ["gnss.week_rollover"]
    assert isinstance(fix, Fix)
    assert (fix.time, fix.doubts) == (NOON, ("gnss.week_rollover",))
    again = one_fix(line.feed(at(1, old), 1))
    assert (again.time, again.doubts) == (NOON + timedelta(seconds=1), ("gnss.week_rollover",))


def test_a_rollover_in_the_middle_is_no_jump_since_the_time_is_mended() -> None:
    line = Line()
    one_fix(line.feed(at(0)))
    assert codes(line.feed(at(1, fault=Fault.WEEK_ROLLOVER), 1)) == ["gnss.week_rollover", "fix"]
    one_fix(line.feed(at(2), 2))


@pytest.mark.parametrize(
    "off", [timedelta(weeks=1023), timedelta(weeks=-1024), timedelta(hours=2), timedelta(minutes=1)]
)
def test_any_other_difference_of_the_clocks_is_told_and_left(off: timedelta) -> None:
    time = NOON - off
    doubt, fix = Line().feed(at(0, replace(EPOCH, time=time)))
    assert codes([doubt]) == ["gnss.clock_differs"]
    assert isinstance(fix, Fix)
    assert (fix.time, fix.skew) == (time, -off)


def test_a_hosts_clock_of_before_this_was_written_mends_nothing() -> None:
    line = Line()
    then = datetime(2020, 1, 1, tzinfo=UTC)
    data = at(0, replace(EPOCH, time=then - timedelta(weeks=1024)))
    moment = Moment(0.0, then)
    out = [o for s in line.sentences.feed(data) for o in line.assembler.take(s, moment)]
    assert codes(out + line.assembler.quiet(moment)) == ["gnss.clock_differs", "fix"]


def test_a_time_that_jumps_is_told_and_the_fix_says_so_too() -> None:
    line = Line()
    one_fix(line.feed(at(0)))
    doubts = line.feed(at(1, fault=Fault.TIME_JUMP), 1)
    assert codes(doubts) == ["gnss.clock_differs", "gnss.time_jump", "fix"]
    assert isinstance(doubts[-1], Fix)
    assert doubts[-1].doubts == ("gnss.clock_differs", "gnss.time_jump")
    assert one_fix(line.feed(at(2, fault=Fault.TIME_JUMP), 2)).doubts == ("gnss.clock_differs",)
    assert codes(line.feed(at(3), 3)) == ["gnss.time_jump", "fix"]


def test_a_place_that_jumps_is_told_each_time() -> None:
    line = Line()
    one_fix(line.feed(at(0)))
    assert codes(line.feed(at(1, fault=Fault.PLACE_JUMP), 1)) == ["gnss.place_jump", "fix"]
    one_fix(line.feed(at(2, fault=Fault.PLACE_JUMP), 2))
    assert codes(line.feed(at(3), 3)) == ["gnss.place_jump", "fix"]


def test_driving_is_no_jump_nor_are_epochs_that_were_fetched_late() -> None:
    way = Way([NOWHERE, moved(NOWHERE, 3000, 0)], speed_mps=30)
    line = Line()
    for second in range(10):
        position, speed, _ = way.at(second)
        epoch = replace(EPOCH, position=position, speed_mps=speed)
        one_fix(line.feed(at(second, epoch), 4 if second < 4 else second))
    assert one_fix(line.feed(at(70, replace(EPOCH, position=way.at(70)[0])), 70)).doubts == ()


# --- gate ---


def test_a_good_fix_passes_the_gate() -> None:
    assert gate(a_fix(), NOON + timedelta(seconds=5)) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quality": 0}, "gnss.quality"),
        ({"quality": 3}, "gnss.quality"),
        ({"quality": 6}, "gnss.quality"),
        ({"quality": 7}, "gnss.quality"),
        ({"quality": 8}, "gnss.quality"),
        ({"satellites": 4}, "gnss.few_satellites"),
        ({"hdop": 3.01}, "gnss.poor_geometry"),
        ({"hdop": float("nan")}, "gnss.poor_geometry"),
        ({"received_at": NOON - timedelta(seconds=5.1)}, "gnss.stale"),
        ({"received_at": NOON + timedelta(seconds=1)}, "gnss.stale"),
        ({"disagreement_m": 10.1}, "gnss.disagree"),
    ],
)
def test_each_limit_refuses_alone_and_has_its_sentences(
    change: dict[str, object], code: str
) -> None:
    assert gate(replace(a_fix(), **change), NOON) == [code]  # type: ignore[arg-type]
    assert code in MESSAGES


@pytest.mark.parametrize("quality", [1, 2, 4, 5])
def test_measured_qualities_at_the_limits_pass(quality: int) -> None:
    at_limit = replace(a_fix(), quality=quality, satellites=5, hdop=3.0, disagreement_m=10.0)
    assert gate(at_limit, NOON + timedelta(seconds=5)) == []


def test_limits_are_settings_but_an_estimated_quality_is_never_taken() -> None:
    strict = GateLimits(qualities=frozenset({4}), min_satellites=20)
    assert gate(a_fix(), NOON, strict) == ["gnss.quality", "gnss.few_satellites"]
    with pytest.raises(ValueError, match="measured"):
        GateLimits(qualities=frozenset({1, 6}))


@given(
    st.integers(0, 9),
    st.integers(0, 99),
    st.floats(0, 100),
    st.floats(-10, 10),
    st.floats(0, 1000),
)
def test_the_gate_is_open_only_within_all_limits(
    quality: int, satellites: int, hdop: float, age: float, apart: float
) -> None:
    fix = replace(FIX, quality=quality, satellites=satellites, hdop=hdop, disagreement_m=apart)
    good = quality in {1, 2, 4, 5} and satellites >= 5 and hdop <= 3 and apart <= 10
    seconds = timedelta(seconds=age)
    in_time = timedelta(seconds=-0.5) <= seconds <= timedelta(seconds=5)
    assert (gate(fix, fix.received_at + seconds) == []) == (good and in_time)


FIX = a_fix()


def test_a_fix_shows_where_in_plain_and_not_in_its_repr() -> None:
    assert "38.9" not in repr(FIX)
    plain = FIX.plain()
    assert plain["latitude"] == pytest.approx(NOWHERE.latitude)
    assert (plain["time"], plain["datum"]) == ("2026-03-01T12:00:00.000Z", "wgs84")


def test_distances_are_those_of_the_sphere() -> None:
    assert distance_m(Position(0, 0), Position(0, 180)) == pytest.approx(20_015_115, abs=1)
    assert distance_m(Position(39.9087, 116.3975), Position(39.9087, 116.3975)) == 0
    beijing, shanghai = Position(39.9087, 116.3975), Position(31.2304, 121.4737)
    assert distance_m(beijing, shanghai) == pytest.approx(1_068_000, rel=0.005)


@given(st.binary(max_size=300), st.floats(0, 1e6))
def test_any_bytes_on_the_line_give_outcomes_or_nothing(data: bytes, seconds: float) -> None:
    line = Line()
    line.feed(data, seconds)
    assert "fix" in codes(line.feed(b"$" + at(0), seconds + 1))


@given(st.floats(-85, 85), st.floats(-180, 180))
def test_any_place_goes_over_the_wire_and_back(latitude: float, longitude: float) -> None:
    place = Position(latitude, longitude)
    fix = one_fix(Line().feed(at(0, replace(EPOCH, position=place))))
    assert distance_m(fix.position, place) < 0.02


@pytest.mark.parametrize("figures", [{"baudrate": 0}, {"patience": -1.0}, {"agreement_m": -0.1}])
def test_settings_that_mean_nothing_are_refused(figures: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        GnssSettings(**figures)  # type: ignore[arg-type]


def test_a_sentence_that_makes_no_sense_is_counted_and_the_epoch_goes_on_without_it() -> None:
    line = Line()
    assert line.feed(encode("GNGGA,9x,3854.0,N,10430.0,E,1,08,0.9,,M,,M,,"), quiet=False) == []
    assert line.assembler.malformed == 1
    assert isinstance(one_fix(line.feed(at(0))), Fix)


def test_an_epoch_that_is_half_heard_is_forgotten_on_demand() -> None:
    line = Line()
    line.assembler.forget()
    assert line.feed(at(0), quiet=False) == []
    line.assembler.forget()
    assert line.assembler.quiet(moment_at(0.4)) == []
