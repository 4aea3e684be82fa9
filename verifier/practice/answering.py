"""What a check-in is answered with: a window, one that stands already, none, or somebody's way."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection

from verifier import ledger
from verifier.protocol.practice import CheckedIn, Elsewhere, Outcome, Part

from . import locks, receipts, rechecks, windows
from .deciding import Verdict
from .desk import Desk
from .locks import Taken
from .registry import Known
from .shift_now import ShiftNow, Status
from .sites import HospitalSite
from .windows import Window

JUST_NOW = timedelta(minutes=2)


def in_the_way(
    conn: Connection,
    desk: Desk,
    known: Known,
    verdict: Verdict,
    shift: ShiftNow,
    taken: Taken,
    site: HospitalSite,
) -> CheckedIn:
    """Practising already: here, which is well, or elsewhere."""
    other = taken.other
    assert other is not None  # noqa: S101  (a lock that is not ours is somebody's)
    if other.stand == site.stand and (before := windows.get(conn, desk.institution, other.window)):
        return again(conn, desk, verdict, before, taken.since)
    elsewhere = Elsewhere(
        site=other.stand.site,
        since=other.since,
        here=other.stand.institution == desk.institution,
        reachable=taken.reachable,
    )
    if taken.reachable:
        reasons, outcome = ("practice.move_unconfirmed",), Outcome.RETRY
    else:
        reasons, outcome = ("practice.locked",), Outcome.DENIED
    told = replace(verdict, outcome=outcome, reasons=reasons)
    return no_window(conn, desk, known, told, shift, elsewhere)


def here_already(
    conn: Connection, desk: Desk, key: str, site: HospitalSite, at: datetime
) -> Window | None:
    """The window under which the person practises at this site already."""
    other = locks.live(conn, key)
    if other is None or other.until <= at or other.stand != site.stand:
        return None
    return windows.get(conn, desk.institution, other.window)


def again(
    conn: Connection,
    desk: Desk,
    verdict: Verdict,
    window: Window,
    at: datetime,
    *,
    by_code: bool = False,
) -> CheckedIn:
    """Already in, whatever the shift says by now; an answer, if the person had been asked.

    A window that was opened on the shift without a face, as a phone opens it, is confirmed by one.
    `by_code`: the own phone brought a site's code, which answers where the policy says so.
    """
    answers = verdict.identity is Part.PROVED or (by_code and desk.rules.recheck_by_code)
    if answers and rechecks.answered(conn, window, at):
        window = windows.get(conn, desk.institution, window.id) or window
    planned = window.shift in ("on_shift", "on_call")
    if verdict.outcome is Outcome.CONFIRMED and window.state == "provisional" and planned:
        windows.confirm(conn, window, desk.terminal, at)
        window = windows.get(conn, desk.institution, window.id) or window
    return _with_question(already(desk, window, Outcome.ALREADY_IN, ()), window, at)


def _with_question(told: CheckedIn, window: Window, at: datetime) -> CheckedIn:
    """Also whether the random question is open, or was answered a moment ago."""
    if (by := rechecks.open_question(window, at)) is not None:
        return told.model_copy(update={"recheck": "open", "recheck_by": by})
    # The same request again is answered the same.
    now = window.rechecked_at is not None and at - window.rechecked_at <= JUST_NOW
    return told.model_copy(update={"recheck": "answered"}) if now else told


def no_window(
    conn: Connection,
    desk: Desk,
    known: Known,
    verdict: Verdict,
    shift: ShiftNow,
    elsewhere: Elsewhere | tuple[()],
) -> CheckedIn:
    """No window. A denial is entered; what can be tried again is not."""
    if verdict.outcome is Outcome.DENIED:
        facts = {"person": known.person, "terminal": desk.terminal, "reasons": [*verdict.reasons]}
        ledger.append(conn, desk.institution, "practice.refused", facts)
    return CheckedIn(
        outcome=verdict.outcome,
        identity=verdict.identity,
        place=verdict.place,
        shift=shift.status,
        registration=verdict.registration,
        reasons=list(verdict.reasons),
        elsewhere=elsewhere or None,
    )


def already(desk: Desk, window: Window, outcome: Outcome, reasons: tuple[str, ...]) -> CheckedIn:
    """For a window that stands there already."""
    identity = Part.PROVED if window.way == "face" else Part.OTHER_WAY
    proved = (identity, Part.PROVED, Part.PROVED)
    verdict = Verdict(outcome, *proved, reasons, window.opened_at)
    shift = ShiftNow(cast("Status", window.shift))
    # What waits for its approval has no receipt, the second time as the first.
    return answer(desk, verdict, shift, window, "" if window.state == "deferred" else window.leaf)


def answer(
    desk: Desk, verdict: Verdict, shift: ShiftNow, window: Window | None, leaf: str
) -> CheckedIn:
    """The verdict and the window, with a signed receipt where there is an entry to cite."""
    signed = receipts.issue(desk.keyring, window, leaf) if window and leaf else None
    return CheckedIn(
        outcome=verdict.outcome,
        identity=verdict.identity,
        place=verdict.place,
        shift=shift.status,
        registration=verdict.registration,
        reasons=list(verdict.reasons),
        window=window.id if window else None,
        opened_at=window.opened_at if window else None,
        until=window.ends_at if window else None,
        receipt=signed,
    )
