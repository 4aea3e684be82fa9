"""A site's code is right for its site, its terminal and its half minute, and for nothing else."""

import hashlib
import hmac
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.place import PlaceRefused, code_at, matched_step, matches, parse, payload
from verifier.place.site_codes import SiteCode, normalised, step_at

from .sites import NOON

SECRET = b"a secret of the tests, 32 bytes."
LABELS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
MOMENTS = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=NOON.tzinfo)
)


def _code(at: datetime = NOON, site: str = "main", terminal: str = "t1") -> str:
    return code_at(SECRET, site, terminal, at)


def test_a_code_is_the_first_forty_bits_of_the_keyed_hash() -> None:
    text = f"shualian:site-code:intl:main:t1:{int(NOON.timestamp()) // 30}"
    digest = hmac.new(SECRET, text.encode(), hashlib.sha256).digest()
    bits = "".join(f"{byte:08b}" for byte in digest[:5])
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    assert _code() == "".join(letters[int(bits[k : k + 5], 2)] for k in range(0, 40, 5))


def test_a_code_holds_for_half_a_minute() -> None:
    assert _code(NOON + timedelta(seconds=29.9)) == _code()
    assert _code(NOON + timedelta(seconds=30)) != _code()


@pytest.mark.parametrize(
    ("late_s", "slack_steps", "right"),
    [(0, 0, True), (29, 0, True), (30, 0, False), (59, 1, True), (60, 1, False),
     (-30, 1, True), (-31, 1, False), (-1, 0, False), (300, 10, True)],
)  # fmt: skip
def test_a_code_is_taken_within_the_slack(late_s: float, slack_steps: int, right: bool) -> None:
    at = NOON + timedelta(seconds=late_s)
    assert matches(SECRET, "main", "t1", _code(), at, slack_steps) is right


def test_the_step_that_matched_is_given_so_that_it_counts_once() -> None:
    late = NOON + timedelta(seconds=40)
    assert matched_step(SECRET, "main", "t1", _code(), late) == step_at(NOON)
    assert matched_step(SECRET, "main", "t1", _code(late), late) == step_at(NOON) + 1
    assert matched_step(SECRET, "main", "t1", "00000000", late) is None


@pytest.mark.parametrize(
    "code",
    [
        code_at(SECRET, "other", "t1", NOON),
        code_at(SECRET, "main", "t2", NOON),
        code_at(b"another secret, just as long....", "main", "t1", NOON),
        "",
        "码" * 8,
        "\ud800" * 8,
        _code()[:-1],
        _code() + "0",
    ],
)
def test_no_other_code_is_taken(code: str) -> None:
    assert not matches(SECRET, "main", "t1", code, NOON)


@given(LABELS, LABELS, MOMENTS)
def test_any_code_matches_itself_and_goes_through_its_qr_text(
    site: str, terminal: str, at: datetime
) -> None:
    code = code_at(SECRET, site, terminal, at)
    assert matched_step(SECRET, site, terminal, code, at, 0) == step_at(at)
    assert parse(payload(site, terminal, code)) == SiteCode(site, terminal, code)
    assert not set(code) & set("ILOU")


def test_labels_that_run_together_give_other_codes() -> None:
    assert _code(site="ab", terminal="c") != _code(site="a", terminal="bc")


@pytest.mark.parametrize("typed", ["abcd-ef01", "ABCD EF0I", "abcdefol", "aBcDeF01"])
def test_a_typed_code_is_read_as_it_was_shown(typed: str) -> None:
    assert normalised(typed) == "ABCDEF01"


@pytest.mark.parametrize(
    "text",
    [
        "", "SLC1", "SLC2:main:t1:ABCDEFGH", "SLC1:main:t1:ABCDEFG", "SLC1:main:t1:ABCDEFGU",
        "SLC1::t1:ABCDEFGH", "SLC1:main:t1:ABCDEFGH:", "SLC1:ma in:t1:ABCDEFGH",
        "SLC1:院:t1:ABCDEFGH", "SLC1:main:t1:ＡBCDEFGH", f"SLC1:{'x' * 65}:t1:ABCDEFGH",
    ],
)  # fmt: skip
def test_what_is_no_sites_code_is_refused(text: str) -> None:
    with pytest.raises(PlaceRefused) as refused:
        parse(text)
    assert refused.value.code == "place.code_malformed"


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda tail: f"SLC1:{tail}"))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    code = None
    try:
        assert parse(text).site
    except PlaceRefused as refused:
        code = refused.code
    assert code in (None, "place.code_malformed")


def test_a_label_with_a_colon_a_short_secret_and_a_wide_slack_are_refused() -> None:
    with pytest.raises(PlaceRefused):
        _code(site="a:b")
    with pytest.raises(ValueError, match="16 bytes"):
        code_at(b"short", "main", "t1", NOON)
    with pytest.raises(ValueError, match="slack_steps"):
        matches(SECRET, "main", "t1", _code(), NOON, slack_steps=11)
    with pytest.raises(PlaceRefused):
        _code(NOON.replace(tzinfo=None))
