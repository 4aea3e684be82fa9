"""From the answer to a check-in to what the page draws: each part, what follows, what is asked.

Nothing personal but the masked name. Every answer that is not a good one says that care goes on.
"""

from datetime import datetime
from typing import Any, Literal

import qrcode  # type: ignore[import-untyped]

from verifier.protocol.practice import CheckedIn, Elsewhere, Outcome, Part, Reason

from .messages import ElsewhereView, PartView, PhoneView, PracticeView, SiteCodeView
from .practising import asked, may_bind, went_well
from .reading import CHINA
from .states import Step, Visit
from .visit import may_look_again, may_present_card

QUIET = 4
"""Modules of white around a QR code (ISO/IEC 18004)."""

Sign = Literal["good", "other", "open", "no"]

_SIGNS: dict[Part, Sign] = {
    Part.PROVED: "good",
    Part.OTHER_WAY: "other",
    Part.NOT_PROVED: "open",
    Part.REFUTED: "no",
}
_SHIFT_SIGNS: dict[str, Sign] = {
    "on_shift": "good",
    "on_call": "good",
    "off": "open",
    "unscheduled": "open",
}
REFUSALS = {
    "practice.unknown": "unknown",
    "practice.decision_unusable": "too_late",
    "practice.site_unknown": "not_here",
    "purpose.unknown": "not_here",
    "kiosk.verifier_unreachable": "offline",
    "kiosk.no_answer": "offline",
    "kiosk.no_ticket": "paper",
    "terminal.suspended": "not_here",
    "terminal.clone_suspected": "not_here",
}
"""What a failure is called in the catalogue; others are `fault`."""


def practice_view(visit: Visit) -> PracticeView | None:
    """None on every other screen."""
    if visit.step is not Step.PRACTICE:
        return None
    answer = visit.checked_in
    if visit.kept:  # nothing was judged yet
        sentences = ["practice.kept", "practice.care_goes_on"]
        title = "practice.title.kept"
        return PracticeView(
            tone="good", name=None, title=title, sentences=sentences, number=visit.code
        )
    said = _answered(visit, answer) if answer else _without_answer(visit)
    greeting = visit.exchange.answer.greeting if visit.exchange else None
    return PracticeView(
        tone="good" if went_well(visit) else "neutral",
        name=greeting.masked_name if greeting else None,
        bind=may_bind(visit),
        **said,
    )


def site_code_view(visit: Visit) -> SiteCodeView | None:
    """None until there is a code."""
    if visit.step is not Step.SITE_CODE or visit.site_code is None:
        return None
    shown = visit.site_code
    size, path = _drawn(shown.payload)
    return SiteCodeView(code=shown.code, size=size, path=path, left=shown.left)


def phone_view(visit: Visit) -> PhoneView | None:
    """None until both codes are there. Behind `#`, since no browser sends that on."""
    given, here = visit.phone, visit.site_code
    if visit.step is not Step.PHONE or given is None or here is None:
        return None
    size, path = _drawn(f"{given.address}#{given.code}~{here.code}")
    until = _clock(given.until) or ""
    return PhoneView(code=given.code, site_code=here.code, until=until, size=size, path=path)


def _answered(visit: Visit, answer: CheckedIn) -> dict[str, Any]:
    question = asked(visit)
    return {
        "title": f"practice.title.{_title(visit, answer, question)}",
        "sentences": _sentences(answer, question),
        "parts": _parts(answer) if visit.act == "in" else [],
        "until": _until(visit, answer),
        "recheck_by": _clock(answer.recheck_by) if answer.recheck == "open" else None,
        "elsewhere": _elsewhere(answer.elsewhere),
        "asks": question,
        "reasons": list(Reason) if question == "reason" else [],
    }


def _until(visit: Visit, answer: CheckedIn) -> str | None:
    said = visit.act == "in" and answer.recheck != "open"  # which then ends at the same moment
    return _clock(answer.until, answer.opened_at) if said else None


def _title(visit: Visit, answer: CheckedIn, question: str | None) -> str:
    if question is not None:
        return f"asks_{question}"
    if answer.outcome is Outcome.RETRY:
        return _once_more(visit)
    if answer.recheck is not None:
        return f"recheck_{answer.recheck}"
    return "locked" if "practice.locked" in answer.reasons else answer.outcome.value


def _once_more(visit: Visit) -> str:
    return "retry_out" if visit.act == "out" else "retry"


def _sentences(answer: CheckedIn, question: str | None) -> list[str]:
    if answer.outcome in (Outcome.RETRY, Outcome.DENIED, Outcome.NOT_IN):
        found = [] if question is not None else _what_to_do(answer)
        return [*found, "practice.care_goes_on"]
    if answer.recheck == "open":
        return ["practice.do.recheck", "practice.care_goes_on"]
    return ["practice.reviewed"] if answer.outcome is Outcome.PROVISIONAL else []


def _what_to_do(answer: CheckedIn) -> list[str]:
    if "practice.locked" in answer.reasons:
        return ["practice.do.locked"]
    found = []
    if answer.registration is Part.REFUTED:
        found.append("practice.do.registration")
    if answer.identity is Part.NOT_PROVED:
        found.append("practice.do.identity")
    if answer.place in (Part.NOT_PROVED, Part.REFUTED):
        found.append("practice.do.place")
    return found


def _without_answer(visit: Visit) -> dict[str, Any]:
    """Nothing was judged: identity is not proved, or no answer could be had."""
    title = f"practice.title.{_once_more(visit)}"
    if visit.reason is not None:
        why = REFUSALS.get(visit.reason, "fault")
        sentences = [f"practice.refused.{why}", "practice.care_goes_on"]
        return {"title": title, "sentences": sentences}
    offers = [
        name
        for name, offered in (
            ("look_again", may_look_again(visit)),
            ("card_instead", may_present_card(visit)),
        )
        if offered
    ]
    part = PartView(part="identity", sign="open", words="not_proved")
    sentences = ["practice.do.identity", "practice.care_goes_on"]
    return {"title": title, "sentences": sentences, "parts": [part], "offers": offers}


def _parts(answer: CheckedIn) -> list[PartView]:
    shift = PartView(part="shift", sign=_SHIFT_SIGNS[answer.shift], words=answer.shift)
    return [
        PartView(part="identity", sign=_SIGNS[answer.identity], words=answer.identity.value),
        PartView(part="place", sign=_SIGNS[answer.place], words=answer.place.value),
        shift,
        PartView(
            part="registration",
            sign=_SIGNS[answer.registration],
            words=answer.registration.value,
        ),
    ]


def _elsewhere(said: Elsewhere | None) -> ElsewhereView | None:
    return ElsewhereView(site=said.site, since=_clock(said.since) or "") if said else None


def _clock(at: datetime | None, today: datetime | None = None) -> str | None:
    """Hours and minutes in China; with the day where it is another one than `today`'s (now's)."""
    if at is None:
        return None
    local, now = at.astimezone(CHINA), (today or datetime.now(CHINA)).astimezone(CHINA)
    return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%m-%d %H:%M}"


def _drawn(text: str) -> tuple[int, str]:
    """Modules on each side, and the path of the dark ones (level M)."""
    code = qrcode.QRCode(border=QUIET, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make()
    rows = code.get_matrix()
    dark = ((x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module)
    return len(rows), "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)
