"""Invented physicians, shifts and grids. Nobody of this name works anywhere."""

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from verifier.shifts import Assignment, Directory, Month, Physician, Place, load_codes
from verifier.shifts.month import CHINA

CODES = load_codes()
PLACE = Place("呼吸内科", "东院")
WEST = Place("呼吸内科", "西院")
DECEMBER = Month(2026, 12)
CHEN, LIN, WU = "D990101000001", "D990101000002", "D990101000003"

PEOPLE = (
    Physician(CHEN, "陈甲", frozenset({"呼吸内科"}), "00123"),
    Physician(LIN, "林乙", frozenset({"呼吸内科", "急诊科"}), "00124"),
    Physician(WU, "吴丙", frozenset({"呼吸内科"}), "A0125"),
)
KNOWN = Directory.of(PEOPLE)


def shift(code: str, day: int = 7, physician: str = CHEN, place: Place = PLACE) -> Assignment:
    """A shift in December 2026."""
    return Assignment(physician, place.department, place.site, date(2026, 12, day), code)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of December 2026 in the hospital's time, as UTC."""
    return datetime(2026, 12, day, hour, minute, tzinfo=CHINA).astimezone(UTC)


def shifts(physicians: tuple[str, ...] = (CHEN, LIN, WU)) -> st.SearchStrategy[Assignment]:
    """Any shift of December 2026 at either site."""
    return st.builds(
        shift,
        st.sampled_from([one.code for one in CODES]),
        st.integers(1, 31),
        st.sampled_from(physicians),
        st.sampled_from([PLACE, WEST]),
    )
