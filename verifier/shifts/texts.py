"""What a report says of one cell or one assignment, in Chinese and English, by its stable code."""

_SAID: dict[str, tuple[str, str]] = {
    # one cell of a grid; {value} is what stands in it
    "roster.cell_unknown_code": (
        "班次“{value}”不在班次表中。",
        "The shift code “{value}” is none of the table's.",
    ),
    "roster.cell_code_twice": (
        "“{value}”中同一班次写了两次。",
        "“{value}” names the same shift twice.",
    ),
    "roster.day_does_not_exist": (
        "该月没有这一天，“{value}”未导入。",
        "The month has no such day; “{value}” was not read.",
    ),
    "roster.day_outside_month": (
        "日期不在该月内，“{value}”未导入。",
        "The day lies outside the month; “{value}” was not read.",
    ),
    "roster.day_twice": (
        "同一天有两列，后一列的“{value}”未导入。",
        "The day has two columns; “{value}” in the later one was not read.",
    ),
    "roster.column_without_header": (
        "该列没有表头，“{value}”未导入。",
        "The column has no header; “{value}” was not read.",
    ),
    "roster.row_without_physician": (
        "该行没有医师，“{value}”未导入。",
        "The row names no physician; “{value}” was not read.",
    ),
    "roster.row_twice": (
        "“{value}”在本表中已有一行，本行未导入。",
        "“{value}” has a row already; this row was not read.",
    ),
    "roster.physician_unknown": (
        "没有找到医师“{value}”，本行未导入。",
        "No physician “{value}” is known; the row was not read.",
    ),
    "roster.physician_ambiguous": (
        "本科室有多位“{value}”，请填写医师代码或工号，本行未导入。",
        "Several in the department are “{value}”; give code or number. The row was not read.",
    ),
    "roster.physician_mismatch": (
        "“{value}”与同一行的其他列不是同一人，本行未导入。",
        "“{value}” and the row's other columns name different people; the row was not read.",
    ),
    # one physician's assignments; {value} says which
    "roster.overlap": (
        "同一时间在两处上班：{value}。",
        "Work at two places at the same time: {value}.",
    ),
    "roster.on_call_elsewhere": (
        "值班（二线、听班）与另一院区的班次同时：{value}。",
        "On call while on duty or on call at another site: {value}.",
    ),
    "roster.no_rest_after_night": (
        "夜班之后没有休息就安排上班：{value}。",
        "Work is planned right after a night, where a rest usually stands: {value}.",
    ),
    "roster.beyond_registration": (
        "执业注册不覆盖该院区或该日：{value}。",
        "No registration covers this site on this day: {value}.",
    ),
    "roster.codes_together": (
        "这些班次不能排在同一天：{value}。",
        "These shifts cannot stand on one day: {value}.",
    ),
    "roster.code_unknown": (
        "班次“{value}”不在班次表中。",
        "The shift code “{value}” is none of the table's.",
    ),
    # one department's month
    "roster.holiday_uncovered": (
        "{value}，本科室当天没有人上班或值班。",
        "{value}: nobody of the department works or is on call.",
    ),
    "roster.holidays_unknown": (
        "国务院办公厅的放假安排尚未收录，{value} 的节假日未检查。",
        "The State Council's calendar is not known here; holidays of {value} were not checked.",
    ),
}


def said(code: str, value: str) -> tuple[str, str]:
    """The Chinese and the English sentence. A code without one is a mistake: `KeyError`."""
    zh, en = _SAID[code]
    return zh.replace("{value}", value), en.replace("{value}", value)


def codes() -> frozenset[str]:
    """Every code that a report may hold."""
    return frozenset(_SAID)
