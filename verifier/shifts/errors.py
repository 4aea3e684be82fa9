"""What a roster (排班) refuses: a whole file, a table of codes, or a request to change shifts.

What is wrong with one cell or one assignment is no refusal but a line in a report
(`verifier.shifts.texts`).
"""

from verifier.protocol.errors import RefusalKind, Refused

_FILE = "请用本院排班表模板另存为 XLSX 或 UTF-8 的 CSV 后再导入。"
_OFFICE = "如有疑问请联系医务科。"

ROSTER: dict[str, RefusalKind] = {
    kind.code: kind
    for kind in (
        RefusalKind(
            "roster.codes_malformed",
            422,
            "The table of shift codes is malformed.",
            "班次表有误，请按提示的位置修改后重新启动。",
        ),
        RefusalKind(
            "roster.code_unknown",
            409,
            "A shift code is none of the table's.",
            f"排班中有班次表里没有的班次。{_OFFICE}",
        ),
        RefusalKind(
            "roster.grid_too_large",
            413,
            "The grid is larger than 2 MiB, 5,000 rows or 64 columns.",
            "排班表过大（上限 2 MB、5000 行、64 列），请按科室拆分。",
        ),
        RefusalKind(
            "roster.grid_unreadable",
            422,
            "The file is neither a CSV nor a whole XLSX workbook.",
            f"文件无法读取。{_FILE}",
        ),
        RefusalKind(
            "roster.grid_encoding",
            422,
            "The text is neither UTF-8 nor GB18030.",
            f"文件的文字编码无法识别。{_FILE}",
        ),
        RefusalKind(
            "roster.grid_macros",
            422,
            "The workbook carries macros or parts that a grid does not need.",
            f"工作簿含有宏或外部内容。{_FILE}",
        ),
        RefusalKind(
            "roster.grid_no_header",
            422,
            "No header row was found: it names the physician's code, number or name.",
            "没有找到表头：表头须有“医师代码”“工号”“姓名”之一，以及日期列。",
        ),
        RefusalKind(
            "roster.grid_no_days",
            422,
            "The header has no columns of days.",
            "表头没有日期列：应为 1 至 31，或完整日期。",
        ),
        RefusalKind(
            "roster.grid_column_twice",
            422,
            "The header names the same column twice.",
            "表头中同一列名出现了两次，请保留一列。",
        ),
        RefusalKind(
            "roster.grid_month_missing",
            422,
            "The grid does not say one month, and none was given.",
            "表中没有写明唯一的年月，请选择年月，或在标题写“2026年12月”。",
        ),
        RefusalKind(
            "roster.grid_month_differs",
            409,
            "The grid's title says another month than the one given.",
            "表中标题的年月与所选年月不同，请核对是否选错文件。",
        ),
        RefusalKind(
            "roster.grid_not_writable",
            409,
            "An assignment has no place in this grid: another month, or a physician not listed.",
            "有排班不属于该月份或该名单，无法导出。",
        ),
        RefusalKind(
            "roster.swap_oneself",
            409,
            "Nobody changes shifts with oneself.",
            "不能与自己换班或替班，请另选同事。",
        ),
        RefusalKind(
            "roster.swap_incomplete",
            422,
            "A swap names two shifts; a substitution names one.",
            "换班须选双方各一个班次；替班只选一个班次。请重新选择。",
        ),
        RefusalKind(
            "roster.swap_not_there",
            409,
            "The shift does not stand in the roster, or not any more.",
            f"该班次已不在排班表中，请刷新后再试。{_OFFICE}",
        ),
        RefusalKind(
            "roster.swap_off_duty",
            409,
            "Only work and on-call shifts change hands.",
            "休息不能换班或替班，请选择上班或值班的班次。",
        ),
        RefusalKind(
            "roster.swap_department",
            409,
            "Both shifts are to be of one department, and both physicians to belong to it.",
            f"只能在同一科室内换班或替班。{_OFFICE}",
        ),
        RefusalKind(
            "roster.swap_past",
            409,
            "A shift that has begun does not change hands.",
            f"班次已开始，不能换班或替班。{_OFFICE}",
        ),
        RefusalKind(
            "roster.swap_not_registered",
            409,
            "A physician's registration does not cover the site on the day.",
            f"接班医师的执业注册不覆盖该院区或该日。{_OFFICE}",
        ),
        RefusalKind(
            "roster.swap_conflict",
            409,
            "The roster would have a conflict afterwards.",
            "换班后排班有冲突，请另选班次或同事。",
        ),
        RefusalKind(
            "roster.swap_other_person",
            403,
            "Only the asked physician answers, and only the asker withdraws.",
            "只能由被邀请的医师本人答复，由申请人本人撤回。",
        ),
        RefusalKind(
            "roster.swap_answered",
            409,
            "The request has ended: it was accepted, declined, withdrawn or has expired.",
            "该申请已结束，不能再次处理；如仍需要请重新申请。",
        ),
        RefusalKind(
            "roster.swap_expired",
            409,
            "The request has expired.",
            "该申请已过期，请重新申请。",
        ),
        RefusalKind(
            "roster.swap_not_accepted",
            409,
            "Only an accepted request takes effect.",
            "对方尚未同意，换班不能生效。",
        ),
    )
}


class RosterRefused(Refused):
    """A typed refusal whose code begins with `roster.`; `note` says where, for the log."""


def refuse(code: str, note: str = "") -> RosterRefused:
    """The exception for a known code. Raises `KeyError` for one that is not in the catalogue."""
    return RosterRefused(ROSTER[code], note)
