"""Files of a HIS: both encodings, Chinese and English headings, and what is wrong by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.his.rows import Finding, kind_of, read
from integrations.his.texts import lines_of
from verifier.protocol.his import Kind

HEAD = "单号,证件号码,科室,起,止,状态,更新时间\n"
ROW = "A-1,990101198001010013,内科,2026-03-01 08:30,2026-03-01,有效,20260301073000\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_both_encodings_say_the_same(encoding: str) -> None:
    sheet = read((HEAD + ROW).encode(encoding))
    assert sheet.findings == []
    (row,) = sheet.rows
    assert row.line == 2
    assert row.item == {
        "external_id": "A-1",
        "person": {"kind": "resident_id", "number": "990101198001010013"},
        "department": "内科",
        "valid_from": "2026-03-01T08:30:00+08:00",
        "valid_to": "2026-03-02T00:00:00+08:00",
        "state": "planned",
        "version": "2026-03-01T07:30:00+08:00",
    }
    assert "9901" not in repr(row)


def test_english_headings_any_order_and_columns_of_no_meaning_are_fine() -> None:
    text = "bed,x,version,ward,external_id,number,department,valid_from\n"
    text += "01,?,7,3A,I-1,990101198001010013,内科,2026-03-01T08:00:00Z\n"
    (row,) = read(text.encode()).rows
    assert (row.item["version"], row.item["bed"]) == (7, "01")
    assert row.item["valid_from"] == "2026-03-01T08:00:00+00:00"


def test_each_wrong_cell_is_told_by_line_and_column_and_the_rest_is_read() -> None:
    missing = ROW.replace("内科", "")
    late = ROW.replace("2026-03-01 08:30", "明天")
    sheet = read((HEAD + ROW + missing + "\n" + late + ROW).encode("gb18030"))
    assert [row.line for row in sheet.rows] == [2, 6]
    assert sheet.findings == [
        Finding(3, "科室", "csv.cell_missing"),
        Finding(5, "起", "csv.time"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_line_of_broken_bytes_does_not_lose_the_others(encoding: str) -> None:
    good = ROW.encode(encoding)
    sheet = read(HEAD.encode(encoding) + good + b"\xff\xff\xff,\xff\n" + good)
    assert sheet.encoding == encoding
    assert [row.line for row in sheet.rows] == [2, 4]
    assert sheet.findings == [Finding(3, "", "csv.encoding")]


def test_a_file_without_its_columns_says_which() -> None:
    sheet = read("单号,科室\nA,内科\n".encode())
    assert sheet.rows == []
    assert {finding.column for finding in sheet.findings} == {"证件号码", "起", "版本"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("inpatients.csv", Kind.INPATIENTS), ("预约0301.csv", Kind.APPOINTMENTS), ("x.csv", None)],
)
def test_the_name_says_what_a_file_holds(name: str, kind: Kind | None) -> None:
    assert kind_of(name) == kind


@given(st.binary(max_size=400))
def test_every_sequence_of_bytes_has_an_answer(data: bytes) -> None:
    read(data)
    read(HEAD.encode() + data)
    assert len(lines_of(data).lines) >= 1


@given(st.lists(st.text(st.characters(codec="gb18030", exclude_characters="\n\r\0"), max_size=20)))
def test_what_is_utf8_is_read_as_such(lines: list[str]) -> None:
    assert lines_of("\n".join(lines).encode()).broken == frozenset()
