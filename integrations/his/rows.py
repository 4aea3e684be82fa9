"""A file of a HIS as items: which column means what, and what a cell says. Pure.

Headers and values may be Chinese or English. A row that says nothing usable becomes a finding, with
line, column and code, and does not keep the others out. A finding holds nothing of the cell.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from verifier.protocol.his import Kind

from .texts import lines_of

CHINA = timezone(timedelta(hours=8))
HEADERS = {
    "external_id": ("external_id", "单号", "编号", "预约号", "住院号", "处方号"),
    "number_kind": ("number_kind", "证件类型"),
    "number": ("number", "证件号码", "身份证号", "身份证号码"),
    "department": ("department", "科室"),
    "place": ("place", "地点", "诊室", "窗口"),
    "ward": ("ward", "病区"),
    "bed": ("bed", "床号", "床位"),
    "valid_from": ("valid_from", "起", "开始时间", "入院时间"),
    "valid_to": ("valid_to", "止", "结束时间", "出院时间"),
    "state": ("state", "状态"),
    "version": ("version", "版本", "更新时间"),
}
NEEDED = ("external_id", "number", "department", "valid_from", "version")
FILES = {
    Kind.APPOINTMENTS: ("appointments", "预约"),
    Kind.ADMISSION_ORDERS: ("admission-orders", "住院证"),
    Kind.INPATIENTS: ("inpatients", "在院"),
    Kind.DISPENSING: ("dispensing", "待发药", "发药"),
}
"""How the name of a file begins."""

NUMBER_KINDS = {
    "身份证": "resident_id", "居民身份证": "resident_id", "社保卡": "social_security_card",
    "社会保障卡": "social_security_card", "护照": "passport", "通行证": "permit",
    "出生医学证明": "birth_certificate", "户口簿": "household_register",
    "临时号": "temporary_id", "就诊号": "hospital_number",
}  # fmt: skip
STATES = {
    "有效": "planned", "已预约": "planned", "在院": "planned", "待发药": "planned",
    "取消": "cancelled", "已取消": "cancelled", "完成": "done", "已完成": "done",
    "出院": "done", "已出院": "done", "已发药": "done",
}  # fmt: skip
_TIME = re.compile(
    r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?"
    r"(?:[ T]?(\d{1,2}):?(\d{2})(?::?(\d{2}))?)?"
)


@dataclass(frozen=True)
class Finding:
    """What is wrong, and where. `column` is the file's own heading, empty for the whole line."""

    line: int
    column: str
    code: str


@dataclass(frozen=True)
class Row:
    """One line as an item; its `repr` shows nothing of it."""

    line: int
    item: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Sheet:
    """A file: rows to send, findings, and its headings by their meaning."""

    encoding: str
    rows: list[Row]
    findings: list[Finding]
    headings: Mapping[str, str]


def kind_of(name: str) -> Kind | None:
    """What a file holds, by its name; None where the name says nothing."""
    found = [kind for kind, begins in FILES.items() if name.startswith(begins)]
    return found[0] if found else None


def read(data: bytes) -> Sheet:
    """The rows of a file. Total: whatever is wrong becomes a finding."""
    text = lines_of(data)
    findings = [Finding(number, "", "csv.encoding") for number in sorted(text.broken)]
    reader = csv.reader((f"{line}\n" for line in text.lines), strict=True)
    rows: list[Row] = []
    headings = _header(reader)
    if missing := [name for name in NEEDED if name not in headings]:
        findings += [Finding(1, HEADERS[name][1], "csv.column_missing") for name in missing]
        return Sheet(text.encoding, [], findings, {})
    columns = {name: place for name, (place, _) in headings.items()}
    names = {name: heading for name, (_, heading) in headings.items()}
    for line, cells in _lines(reader, findings):
        if not any(cell.strip() for cell in cells) or line in text.broken:
            continue
        try:
            rows.append(Row(line, _item(cells, columns)))
        except _Bad as bad:
            findings.append(Finding(line, names.get(bad.column, bad.column), bad.code))
    return Sheet(text.encoding, rows, sorted(findings, key=lambda one: one.line), names)


class _Bad(Exception):
    def __init__(self, column: str, code: str) -> None:
        super().__init__(code)
        self.column, self.code = column, code


def _header(reader: Any) -> dict[str, tuple[int, str]]:
    """Place and heading of each known column, from the first line that is not empty."""
    meanings = {word: name for name, words in HEADERS.items() for word in words}
    cells: Sequence[str]
    try:
        cells = next((cells for cells in reader if any(map(str.strip, cells))), [])
    except csv.Error:
        return {}
    found: dict[str, tuple[int, str]] = {}
    for place, cell in enumerate(map(str.strip, cells)):
        if name := meanings.get(cell):
            found.setdefault(name, (place, cell))
    return found


def _lines(reader: Any, findings: list[Finding]) -> Iterator[tuple[int, Sequence[str]]]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            findings.append(Finding(reader.line_num, "", "csv.broken"))
            continue
        yield reader.line_num, cells


def _item(cells: Sequence[str], columns: Mapping[str, int]) -> dict[str, Any]:
    said = {
        name: cells[place].strip()
        for name, place in columns.items()
        if place < len(cells) and cells[place].strip()
    }
    for name in NEEDED:
        if name not in said:
            raise _Bad(name, "csv.cell_missing")
    item: dict[str, Any] = {
        name: said[name]
        for name in ("external_id", "department", "place", "ward", "bed")
        if name in said
    }
    kind = said.get("number_kind", "resident_id")
    item["person"] = {"kind": NUMBER_KINDS.get(kind, kind), "number": said["number"]}
    item["valid_from"] = _time("valid_from", said["valid_from"])
    if "valid_to" in said:
        item["valid_to"] = _time("valid_to", said["valid_to"], end=True)
    state = said.get("state", "planned")
    item["state"] = STATES.get(state, state)
    version = said["version"]
    small = version.isascii() and version.isdigit() and len(version) <= 13
    item["version"] = int(version) if small else _time("version", version)
    return item


def _time(column: str, cell: str, *, end: bool = False) -> str:
    """RFC 3339; without an offset Asia/Shanghai. A day alone is its beginning, or its end."""
    try:
        aware = datetime.fromisoformat(cell)
        if aware.tzinfo is not None:
            return aware.isoformat()
    except ValueError:
        pass
    match = _TIME.fullmatch(cell)
    if match is None:
        raise _Bad(column, "csv.time")
    numbers = [int(each) for each in match.groups() if each is not None]
    try:
        moment = datetime(*numbers, tzinfo=CHINA)  # type: ignore[misc,arg-type]
        whole_day = end and match[4] is None
        return (moment + timedelta(days=1) if whole_day else moment).isoformat()
    except (ValueError, OverflowError):
        raise _Bad(column, "csv.time") from None
