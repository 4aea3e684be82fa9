"""The board: one status for each, a plan of each site, and nothing that adds up over time."""

from collections import Counter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier.fixtures import INSTITUTION
from verifier.place import Circle, Datum, MultiFence, Polygon, Vertex
from verifier.practice import board, plan
from verifier.practice.board import STATUSES, Standing, status_of
from verifier.practice.shift_now import Status as Shift
from verifier.practice.sites import HospitalSite

from .clinic import EAST

STANDINGS = st.builds(
    Standing,
    window=st.sampled_from([None, "confirmed", "provisional", "approved"]),
    way=st.sampled_from(["face", "other"]),
    shift=st.sampled_from(get_args(Shift)),
    elsewhere=st.booleans(),
    deferred=st.booleans(),
)


@given(STANDINGS)
def test_every_practitioner_has_exactly_one_status(standing: Standing) -> None:
    assert STATUSES.count(status_of(standing)) == 1


@given(STANDINGS)
def test_who_has_a_window_is_in_and_who_has_none_is_not(standing: Standing) -> None:
    inside = status_of(standing) in ("in", "provisional", "other_way")
    assert inside == (standing.window is not None)


@given(STANDINGS)
def test_of_somebody_without_a_shift_nothing_is_said(standing: Standing) -> None:
    free = standing.shift in ("off", "unscheduled") and not standing.deferred
    if free and standing.window is None:
        assert status_of(standing) == "off"


def test_every_status_can_be_had() -> None:
    every = {
        status_of(Standing(window, way, shift, elsewhere, deferred))
        for window in (None, "confirmed", "provisional")
        for way in ("face", "other")
        for shift in get_args(Shift)
        for elsewhere in (True, False)
        for deferred in (True, False)
    }
    assert every == set(STATUSES)


def test_a_line_has_no_field_for_anything_but_the_moment() -> None:
    assert set(board.Line.__dataclass_fields__) == {
        "person", "code", "profession", "department", "status", "site", "window", "state", "way",
        "since", "until", "question_by",
    }  # fmt: skip


def _site(*shapes: Circle | Polygon) -> HospitalSite:
    fence = MultiFence(shapes, "东院区") if shapes else None
    return HospitalSite(INSTITUTION, "east", "东院区", None, Datum.WGS84, *EAST, fence, ())


def test_a_circle_is_drawn_to_the_scale_of_its_bar() -> None:
    drawing = plan.drawn(_site(Circle(*EAST, 300.0, Datum.WGS84, "a")))
    width = 2 * float(drawing.outlines[0].split("a")[1].split()[0])
    assert width / 600 == pytest.approx(drawing.bar / drawing.bar_m, rel=0.01)
    assert drawing.spot == pytest.approx((plan.WIDE / 2, plan.MARGIN + width / 2), abs=1)


def test_shapes_of_several_datums_are_drawn_in_one_frame() -> None:
    north, east = EAST
    ring = tuple(
        Vertex(north + up, east + right)
        for up, right in ((0, 0), (0, 0.002), (0.002, 0.002), (0.002, 0), (0, 0))
    )
    fence = Polygon(ring, (), Datum.GCJ02, "b")
    drawing = plan.drawn(_site(Circle(*EAST, 100.0, Datum.WGS84, "a"), fence))
    assert len(drawing.outlines) == 2
    assert drawing.outlines[1].startswith("M")
    numbers = [float(n) for n in drawing.outlines[1].strip("MZ").replace("L", " ").split()]
    assert all(-1 <= x <= plan.WIDE + 1 for x in numbers[::2])
    assert all(-1 <= y <= plan.HIGH for y in numbers[1::2])


def test_a_site_without_a_fence_is_a_point_with_a_scale() -> None:
    drawing = plan.drawn(_site())
    assert drawing.outlines == ()
    assert drawing.bar_m in (10, 20, 50)


@given(st.floats(1, 1e6))
def test_a_scale_bar_is_a_round_length(most: float) -> None:
    found = plan.round_length(most)
    assert str(found).strip("0") in ("1", "2", "5")
    assert found <= most < 2.6 * found


def test_how_many_are_in_each_site_counts_windows_alone() -> None:
    assert Counter(board.count_by_site([])) == Counter()
