"""Shifts 班次: who is planned to practise where and when, one of the four parts of a check-in.

Codes, the plan in time, conflicts, the grid that people keep, changes of shift and holidays. All of
it is pure: bytes and objects in, objects out. It is no attendance: nothing here knows when somebody
came, adds hours up, or compares people (DESIGN §5).
"""

from .codes import ShiftCode, ShiftCodes, ShiftKind, load_codes, parse_codes
from .conflicts import Conflict, Registration, Severity, blocking, find_conflicts, missing_day
from .errors import ROSTER, RosterRefused
from .exchange import Swap, SwapKind, SwapRules, SwapState
from .export import write_grid_csv, write_grid_xlsx
from .grid import CellProblem, GridReport, read_grid
from .holidays import DayKind, HolidayName, day_kind, holiday_name, uncovered_holidays
from .month import Month
from .people import Directory, Physician
from .plan import (
    Assignment,
    Interval,
    Place,
    Status,
    intervals_of,
    overlay_at,
    status_at,
)
from .practising import Practising, practising_intervals
from .swaps import accept, apply, ask, decline, expire, withdraw

__all__ = [
    "ROSTER",
    "Assignment",
    "CellProblem",
    "Conflict",
    "DayKind",
    "Directory",
    "GridReport",
    "HolidayName",
    "Interval",
    "Month",
    "Physician",
    "Place",
    "Practising",
    "Registration",
    "RosterRefused",
    "Severity",
    "ShiftCode",
    "ShiftCodes",
    "ShiftKind",
    "Status",
    "Swap",
    "SwapKind",
    "SwapRules",
    "SwapState",
    "accept",
    "apply",
    "ask",
    "blocking",
    "day_kind",
    "decline",
    "expire",
    "find_conflicts",
    "holiday_name",
    "intervals_of",
    "load_codes",
    "missing_day",
    "overlay_at",
    "parse_codes",
    "practising_intervals",
    "read_grid",
    "status_at",
    "uncovered_holidays",
    "withdraw",
    "write_grid_csv",
    "write_grid_xlsx",
]
