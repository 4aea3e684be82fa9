"""How addresses and forms of rosters say a month, a day, and the way back."""

import re
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from verifier.shifts import Month, Physician
from verifier.shifts.month import local_day

from .local import to
from .refusals import refused
from .rendering import redirect
from .visitor import site_of

ROSTER = "/console/roster"


def month_of(request: Request) -> Month:
    """The month that the query asks for; without one, today's."""
    today = today_of(request)
    text = request.query_params.get("month", "")
    return read_month(text) if text else Month(today.year, today.month)


def today_of(request: Request) -> date:
    """The hospital's day."""
    return local_day(site_of(request).parts.clock())


def written(month: Month) -> str:
    """As addresses and fields have it: `2026-12`."""
    return f"{month.year}-{month.month:02d}"


def read_month(text: str) -> Month:
    """A month as `written`. Raises `Refused` with `form.malformed`."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}", text, re.ASCII):
            return Month(int(text[:4]), int(text[5:]))
    except ValueError:
        pass
    raise refused("form.malformed", "no month")


def read_day(text: str) -> date:
    """A day of a month that may have a roster. Raises likewise."""
    try:
        day = date.fromisoformat(text)
        Month(day.year, day.month)
    except ValueError:
        raise refused("form.malformed", "no day") from None
    return day


def back(request: Request, department: str, month: Month, done: str, **values: Any) -> Response:
    """On to the month, where `done` is told."""
    address = to(ROSTER, department=department, month=written(month))
    words: dict[str, Any] = {name: str(value) for name, value in values.items()}
    return redirect(request, address, f"console.flash.roster_{done}", **words)


def names_of(physicians: tuple[Physician, ...]) -> dict[str, str]:
    """Names by code."""
    return {one.code: one.name for one in physicians}
