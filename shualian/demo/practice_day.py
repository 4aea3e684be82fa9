"""(r): a physician's day (医师的一天) at the terminals that patients use, and what the HIS asks.

On shift the window opens confirmed; far away another is not opened; one walks to the other site and
moves; outside the shift it opens provisionally, for a reason. Then the HIS asks.
"""

import asyncio
from dataclasses import replace
from datetime import datetime

from kiosk.agent import Agent
from kiosk.practising import WELL
from kiosk.session import VisitResult
from kiosk.states import Act
from verifier.protocol.practice import CheckedIn, Outcome, Reason
from verifier.protocol.values import now

from . import clinic
from .acts import played, with_card
from .clinic import PHYSICIANS, Physician
from .hospital import INSTITUTION
from .results import PRACTICE_DAY, Played, Seen
from .sample import SamplePerson
from .world import World

ON_SHIFT, OFF_SHIFT = PHYSICIANS


async def physicians_day(world: World) -> list[Played]:
    """Every row, in the order of the day."""
    await asyncio.to_thread(world.his.sign_in)
    await asyncio.to_thread(begin_anew, world)
    here, near, far = world.agent, world.neighbour, world.remote
    consultation, rescue = Reason.URGENT_CONSULTATION, Reason.RESCUE
    came = await visit(world, ON_SHIFT, here)
    rows = [
        _row(world, ON_SHIFT, "上班签到 in", Seen("confirmed", "on_shift"), came),
        await _played(
            world, ON_SHIFT, far, "远处签到 far", Seen("denied", "locked"), why=consultation
        ),
        await _played(
            world, ON_SHIFT, near, "换院区 moved", Seen("provisional", "unscheduled"),
            why=consultation, moves=True,
        ),
        await _played(world, ON_SHIFT, near, "下班签退 out", Seen("closed", ""), act="out"),
        await _played(
            world, OFF_SHIFT, here, "班外抢救 rescue", Seen("provisional", "unscheduled"),
            why=rescue,
        ),
        await _played(world, OFF_SHIFT, here, "签退 out", Seen("closed", ""), act="out"),
    ]  # fmt: skip
    opened = came.checked_in.opened_at if came.checked_in else None
    return rows + await asyncio.to_thread(_questions, world, opened or now())


async def _played(
    world: World,
    physician: Physician,
    agent: Agent,
    case: str,
    expected: Seen,
    *,
    act: Act = "in",
    why: Reason | None = None,
    moves: bool = False,
) -> Played:
    result = await visit(world, physician, agent, act=act, why=why, moves=moves)
    return _row(world, physician, case, expected, result)


async def visit(
    world: World,
    physician: Physician,
    agent: Agent,
    *,
    act: Act = "in",
    why: Reason | None = None,
    moves: bool = False,
) -> VisitResult:
    """One check-in or check-out with own card and own face at this terminal."""
    person = _person(world, physician)
    return await with_card(world, person, person, agent=agent, act=act, why=why, moves=moves)


def _row(
    world: World, physician: Physician, case: str, expected: Seen, result: VisitResult
) -> Played:
    """What the check-in came to stands in the row, beside the decision that it rests on."""
    who, answer = physician.invented.name, result.checked_in
    row = played(PRACTICE_DAY, who, expected, result, case=case)
    if answer is None:
        return row
    checks = {}
    if answer.outcome in WELL and answer.outcome is not Outcome.CLOSED:
        checks["window_verifies"] = world.his.trusts_window(answer, physician.code)
    return replace(row, seen=_seen(answer), checks=checks)


def _seen(answer: CheckedIn) -> Seen:
    """The outcome, and the shift on which it rests or why there is no window."""
    if answer.outcome.value in ("confirmed", "provisional"):
        return Seen(answer.outcome.value, answer.shift)
    why = answer.reasons[0].removeprefix("practice.") if answer.reasons else ""
    return Seen(answer.outcome.value, why)


def _questions(world: World, opened: datetime) -> list[Played]:
    """The HIS asks for the morning's work, for a time off, and for a code that nobody has."""
    place = world.hospital
    with place.database.app.connect() as conn:
        off = clinic.a_time_off(conn, place.keyring, INSTITUTION, ON_SHIFT, now())
    return [
        _question(world, ON_SHIFT, opened, "HIS 问今天 now", Seen("yes", "confirmed")),
        _question(world, ON_SHIFT, off, "HIS 问昨天 before", Seen("no", "not_in")),
        _question(world, None, now(), "HIS 问 code of no one", Seen("unknown", "unknown")),
    ]


def _question(
    world: World, whose: Physician | None, at: datetime, case: str, expected: Seen
) -> Played:
    who, code = (whose.invented.name, whose.code) if whose else ("", clinic.NOBODY)
    said = world.his.may_settle(code, at)
    why = said.reasons[0].removeprefix("practice.") if said.reasons else said.window_state
    answer = "unknown" if said.window_state == "unknown" else "yes" if said.active else "no"
    return Played(PRACTICE_DAY, who, expected, Seen(answer, why), case=case)


def begin_anew(world: World) -> None:
    """Close what a day before left open."""
    place = world.hospital
    with place.database.app.begin() as conn:
        clinic.end_open_windows(conn, place.keyring, INSTITUTION, now())


def _person(world: World, physician: Physician) -> SamplePerson:
    return next(one for one in world.people if one.id == physician.invented.id)
