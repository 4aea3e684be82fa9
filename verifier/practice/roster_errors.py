"""What keeping rosters refuses, beside what the pure core does (`verifier.shifts.errors`)."""

from collections.abc import Collection

from verifier.protocol.errors import RefusalKind
from verifier.shifts import Conflict, RosterRefused

_AFRESH = "请刷新页面，核对后再保存。"
_OFFICE = "如有疑问请联系医务科。"

ROSTER_KEPT: dict[str, RefusalKind] = {
    kind.code: kind
    for kind in (
        RefusalKind(
            "roster.department_unknown",
            404,
            "There is no such department.",
            f"没有这个科室，请从列表中选择。{_OFFICE}",
        ),
        RefusalKind(
            "roster.department_not_yours",
            403,
            "The account schedules other departments than this one.",
            f"您不是该科室的排班员，请选择本科室。{_OFFICE}",
        ),
        RefusalKind(
            "roster.physician_not_listed",
            409,
            "A shift is of somebody who is not among the institution's practitioners.",
            f"有班次的医师未在本院登记，请先登记医师。{_OFFICE}",
        ),
        RefusalKind(
            "roster.shift_elsewhere",
            409,
            "A shift is of another month, department or site than the one that is saved.",
            f"有班次不属于该科室、该院区或该月，未保存。{_AFRESH}",
        ),
        RefusalKind(
            "roster.conflicts_block",
            409,
            "The roster has conflicts that block.",
            "排班有必须先解决的冲突，未保存。请按列出的日期修改后再保存。",
        ),
        RefusalKind(
            "roster.changed_meanwhile",
            409,
            "The month was changed after it was looked at.",
            f"该月排班已被他人修改，未保存。{_AFRESH}",
        ),
        RefusalKind(
            "roster.version_unknown",
            404,
            "There is no such earlier version of a roster.",
            f"没有这个历史版本，可能已过保存期限。{_OFFICE}",
        ),
        RefusalKind(
            "roster.cells_malformed",
            422,
            "The cells that were sent are malformed.",
            f"提交的排班格式有误，未保存。{_AFRESH}",
        ),
        RefusalKind(
            "roster.day_over",
            409,
            "The day is over: its plan stays as it is.",
            f"该日已过，其排班不再修改。{_OFFICE}",
        ),
        RefusalKind(
            "roster.swap_unknown",
            404,
            "There is no such request to change shifts.",
            "没有这个换班申请，请刷新后再试。",
        ),
    )
}


class RosterBlocked(RosterRefused):
    """`roster.conflicts_block`, with the conflicts that block."""

    def __init__(self, conflicts: Collection[Conflict]) -> None:
        note = "; ".join(sorted(one.en for one in conflicts))
        super().__init__(ROSTER_KEPT["roster.conflicts_block"], note)
        self.conflicts = tuple(conflicts)


def refuse(code: str, note: str = "") -> RosterRefused:
    """The exception for a known code. Raises `KeyError` for one that is not in the catalogue."""
    return RosterRefused(ROSTER_KEPT[code], note)
