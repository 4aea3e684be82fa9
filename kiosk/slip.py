"""The slip (凭条) of a visit, from what its last screen says: pure.

Nothing on it is personal but the masked name, as on the screen. The code holds the institution and
the receipt's id alone: whoever scans it learns nothing without the verifier.
"""

from collections.abc import Callable
from datetime import datetime

import web
from devices.printer import Field, NotPrinted, OnPaper, Paragraph, Row, Rule, Slip
from verifier.protocol.values import Outcome

from .reading import CHINA
from .settings import KioskSettings
from .states import Exchange, SlipState, Visit
from .view import referral, sentence

SLIP_SECONDS = 30.0
"""Then the screen no longer waits for the printer."""

NEXT_STEPS = ("next.counter", "next.self_pay", "next.urgent")

Translate = Callable[[str], str]


def compose(visit: Visit, settings: KioskSettings, institution: str, now: datetime) -> Slip:
    """What is printed at the last screen, in the visit's language.

    `now` is aware; a decision's own time comes before it, since this terminal's clock may be wrong.
    """
    t = web.catalogue(visit.language).__getitem__
    answer = visit.exchange.answer if visit.exchange else None
    at = answer.decision.decided_at if answer else now
    rows: list[Row] = [Field(t("slip.time"), at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M"))]
    if visit.code:
        rows.append(Field(t("counter.code"), visit.code))
    if answer and answer.greeting:
        rows.append(Field(t("slip.name"), answer.greeting.masked_name))
    if visit.kept:
        rows += [Rule(), Paragraph(t("practice.title.kept"), bold=True)]
        rows.append(Paragraph(t("practice.kept")))
    else:
        rows += [Rule(), *(_decided(visit.exchange, t) if visit.exchange else _referred(visit, t))]
    return Slip(
        title=settings.hospital if visit.language == "zh" else settings.hospital_english,
        heading=t("slip.heading"),
        rows=tuple(rows),
        qr=f"shualian:receipt:{institution}:{answer.receipt_id}" if answer else None,
        footer=(*((t("slip.query"),) if answer else ()), t("common.no_gate")),
    )


def outcome_of(error: Exception) -> SlipState:
    """What the screen says of a slip that failed."""
    if isinstance(error, TimeoutError):
        return "part"
    if isinstance(error, NotPrinted) and error.on_paper is not OnPaper.NOTHING:
        return "part"
    return "no_paper" if getattr(error, "code", None) == "printer.paper_out" else "failed"


def _decided(exchange: Exchange, t: Translate) -> list[Row]:
    decision = exchange.answer.decision
    rows: list[Row] = [Paragraph(t(sentence(exchange.answer)), bold=True)]
    if decision.outcome is not Outcome.ACCEPTED:
        rows += _next_steps(t)
    elif decision.assurance:
        rows.append(Paragraph(t(f"result.checked.{decision.assurance.replace('+', '_')}")))
    if decision.simulated:
        rows += [Rule(), Paragraph(t("slip.simulated"))]
    return rows


def _referred(visit: Visit, t: Translate) -> list[Row]:
    reason = referral(visit)
    words = t(f"counter.{reason}" if reason else "counter.text")
    return [Paragraph(t("counter.title"), bold=True), Paragraph(words), *_next_steps(t)]


def _next_steps(t: Translate) -> list[Row]:
    steps: list[Row] = [Rule()]
    for step in NEXT_STEPS:
        steps += [Paragraph(t(step), bold=True), Paragraph(t(f"{step}.text"))]
    return steps
