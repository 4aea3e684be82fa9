"""The table that a newcomer reads: 100 columns, both languages, nothing hidden."""

import io
import json
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from shualian.demo.playbill import Playbill, Tally
from shualian.demo.results import TITLES, Played, Seen
from shualian.demo.table import WIDTH, show, to_json
from tests.shualian.answers import compared

WHOLE = Tally(1, 1, 0, 0)


def bill(*rows: Played, tally: Tally = WHOLE) -> Playbill:
    return Playbill(rows, tally, datetime.now(UTC), 1.0, 2.0)


def printed(played: Playbill) -> str:
    written = io.StringIO()
    show(played, Console(width=WIDTH, file=written, force_terminal=False))
    return written.getvalue()


def refused(code: str = "challenge.spent", **checks: bool) -> Played:
    return Played("e", "张甲", Seen("refused", "challenge.spent"), Seen("refused", code), checks)


def test_every_visit_has_a_title_in_both_languages() -> None:
    assert "".join(TITLES) == "abcdefghijklmnopqr"
    text = printed(bill(*(Played(v, "x", Seen("a", ""), Seen("a", "")) for v in TITLES)))
    for chinese, english in TITLES.values():
        assert chinese in text
        assert english in text


def test_no_line_is_wider_than_a_hundred_columns() -> None:
    longest = Played(
        "g",
        "李乙照片 张甲特征",
        Seen("refused", "capture.embedding_mismatch"),
        Seen("refused", "capture.embedding_mismatch"),
    )
    assert max(map(cell_len, printed(bill(longest)).splitlines())) <= WIDTH


def test_what_was_expected_stands_beside_what_was_seen_instead() -> None:
    text = printed(bill(refused("challenge.unknown")))
    assert "✗" in text
    assert "challenge.unknown" in text
    assert "challenge.spent" in text


def test_rows_that_should_end_alike_are_one_line_with_their_count_scores_and_least_margin() -> None:
    face = Seen("accepted", "card+face")
    rows = [Played("a", "张甲", face, face, {}, compared(score, 0.4)) for score in (0.9, 0.55, 0.7)]
    lines = [line for line in printed(bill(*rows)).splitlines() if "accepted card+face" in line]
    assert len(lines) == 1
    assert lines[0].split()[-6:] == ["3/3", "0.55…0.90", "0.400", "+0.150", "1.0e-4", "✓"]


def test_a_row_that_did_not_end_as_the_others_stands_below_them_with_its_person() -> None:
    face = Seen("accepted", "card+face")
    good = Played("a", "张甲", face, face, {}, compared(0.9, 0.4))
    wrong = Played("a", "李乙", face, Seen("rejected", "face_differs"), {}, compared(0.3, 0.4))
    lines = printed(bill(good, wrong)).splitlines()
    at = next(i for i, line in enumerate(lines) if "1/2" in line)
    assert "-0.100" in lines[at]
    assert lines[at].endswith("✗")
    assert "李乙" in lines[at + 1]
    assert "rejected face_differs" in lines[at + 1]


def test_a_check_that_did_not_hold_is_named() -> None:
    assert "✗one_row" in printed(bill(refused(one_row=False)))


def test_a_row_is_good_only_if_outcome_and_checks_are() -> None:
    assert refused().ok
    assert not refused("challenge.unknown").ok
    assert not refused(one_row=False).ok


def test_a_result_stored_twice_or_lost_spoils_the_whole() -> None:
    assert bill(refused()).ok
    assert not bill(refused(), tally=Tally(2, 1, 0, 0)).ok
    assert not bill(refused(), tally=Tally(0, 1, 0, 0)).ok
    assert not bill(refused(), tally=Tally(1, 1, 2, 1)).ok


def test_nothing_played_is_no_success() -> None:
    assert not bill().ok


def test_the_json_can_be_read_back() -> None:
    said = json.loads(json.dumps(to_json(bill(refused())), ensure_ascii=False))
    assert said["ok"]
    assert said["visits"][0]["seen"] == "refused challenge.spent"


def test_the_json_keeps_every_row_with_score_threshold_margin_and_receipt() -> None:
    face = Seen("accepted", "card+face")
    rows = [Played("a", name, face, face, {}, compared(0.6, 0.4)) for name in ("张甲", "李乙")]
    said = to_json(bill(*rows))
    assert [row["who"] for row in said["visits"]] == ["张甲", "李乙"]
    for row, played in zip(said["visits"], rows, strict=True):
        assert (row["score"], row["threshold"]) == (0.6, 0.4)
        assert row["margin"] == pytest.approx(0.2)
        assert played.answer is not None
        assert row["receipt"] == played.answer.receipt_id
    assert said["least_margin"]["accepted"] == pytest.approx(0.2)
