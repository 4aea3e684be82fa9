"""A file of practitioners as rows: which column means what, and what a cell says. Pure.

Headers and values may be Chinese or English. A cell that says nothing known becomes a finding, with
a stable code; a row with a finding is not taken.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from codes import id_number, nhsa
from codes.errors import InvalidCode

from .registry import BASES, PROFESSIONS

HEADERS = {
    "code": ("code", "医师代码", "代码", "医保代码", "人员代码"),
    "name": ("name", "姓名"),
    "number": ("number", "证件号码", "身份证号", "身份证号码"),
    "department": ("department", "科室"),
    "right": ("right", "执业权", "权限"),
    "from": ("from", "起", "起始日期", "开始日期"),
    "to": ("to", "止", "截止日期", "结束日期"),
    "basis": ("basis", "依据"),
    "document": ("document", "文件号", "文号"),
    "payment": ("payment", "医保支付资格", "支付资格"),
    "supervisor": ("supervisor", "带教代码", "带教"),
    "login": ("login", "工号"),
}
NEEDED = ("code", "name", "number", "department")
RIGHTS = {"独立": "independent", "授权": "granted", "带教": "supervised", "无": "none"}
PAYMENTS = {"正常": "normal", "暂停": "suspended", "终止": "ended"}
MOST_DOCUMENT = 64
_LOGIN = re.compile(r"[a-z0-9._-]{3,32}")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class IntakeRefused(Exception):
    """No file of practitioners. Codes: `intake.no_header`, `intake.column_missing`,
    `intake.empty`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Row:
    """One line of the file; its `repr` shows no name and no number.

    Attributes:
        line: as a spreadsheet counts, from 1.
        findings: stable codes of what is wrong with it.
    """

    line: int
    code: str
    name: str = field(repr=False)
    number: str = field(repr=False)
    department: str
    right: str | None = None
    from_day: date | None = None
    to_day: date | None = None
    basis: str = "registered"
    document: str = ""
    payment: str | None = None
    supervisor: str | None = None
    login: str | None = None
    findings: tuple[str, ...] = ()


def rows_of(sheet: Sequence[Sequence[str]]) -> list[Row]:
    """The rows under the header. Raises `IntakeRefused`."""
    heads = [(place, _columns(cells)) for place, cells in enumerate(sheet[:20])]
    place, columns = next((head for head in heads if "code" in head[1]), (0, {}))
    if not columns:
        raise IntakeRefused("intake.no_header", "no row has a column code or 医师代码")
    if missing := [name for name in NEEDED if name not in columns]:
        raise IntakeRefused("intake.column_missing", ", ".join(missing))
    body = enumerate(sheet[place + 1 :], place + 2)
    found = [_row(line, cells, columns) for line, cells in body if any(cells)]
    if not found:
        raise IntakeRefused("intake.empty", "nothing stands under the header")
    return found


def day_of(text: str) -> date | None:
    """A day as spreadsheets and people write it; None for anything else."""
    match = _DATE.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _columns(cells: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        said = cell.strip().lower()
        for name, words in HEADERS.items():
            if said in words:
                found.setdefault(name, place)
    return found


def _row(line: int, cells: Sequence[str], columns: dict[str, int]) -> Row:
    def cell(name: str) -> str:
        place = columns.get(name)
        return cells[place].strip() if place is not None and place < len(cells) else ""

    right, payment = cell("right"), cell("payment")
    row = Row(
        line=line,
        code=cell("code").upper(),
        name=cell("name"),
        number=cell("number").upper(),
        department=cell("department"),
        right=RIGHTS.get(right, right.lower()) or None,
        from_day=day_of(cell("from")),
        to_day=day_of(cell("to")),
        basis=_basis(cell("basis")),
        document=cell("document"),
        payment=PAYMENTS.get(payment, payment.lower()) or None,
        supervisor=cell("supervisor").upper() or None,
        login=cell("login").lower() or None,
    )
    return replace(row, findings=(*checked(row), *_day_findings(cell("from"), cell("to"), row)))


def checked(row: Row) -> tuple[str, ...]:
    """What is wrong with a row in itself, as stable codes."""
    found = []
    if not is_practitioner_code(row.code):
        found.append("code_malformed")
    if not row.name or len(row.name) > 60:
        found.append("name_missing")
    if not is_id_number(row.number):
        found.append("number_malformed")
    if row.right not in (None, *RIGHTS.values()):
        found.append("right_unknown")
    if row.basis not in BASES:
        found.append("basis_unknown")
    if row.payment not in (None, *PAYMENTS.values()):
        found.append("payment_unknown")
    if len(row.document) > MOST_DOCUMENT or (row.login and not _LOGIN.fullmatch(row.login)):
        found.append("text_malformed")
    return tuple(found)


def _day_findings(from_: str, to: str, row: Row) -> list[str]:
    said = ((from_, row.from_day), (to, row.to_day))
    wrong = any(text and day is None for text, day in said)
    needed = row.right is not None and not from_
    return ["day_malformed"] if wrong or needed else []


def is_practitioner_code(code: str) -> bool:
    """Whether it has the shape of a D, N, HY or HJ code."""
    try:
        return nhsa.parse(code).kind in PROFESSIONS
    except InvalidCode:
        return False


def is_id_number(number: str) -> bool:
    """Whether an ID number's check character fits."""
    try:
        id_number.parse(number)
    except InvalidCode:
        return False
    return True


def _basis(said: str) -> str:
    by_name = {chinese: basis for basis, chinese in BASES.items()}
    return by_name.get(said, said.lower()) or "registered"
