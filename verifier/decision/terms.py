"""What a claim must say before its evidence is opened, and what the evidence must be before a face
is decoded. Pure: each check raises `Refused` or says nothing.
"""

from datetime import date, datetime, timedelta, timezone

from codes import id_number
from codes.errors import InvalidCode
from codes.id_number import IdNumber
from verifier.policy.rules import Rules
from verifier.protocol.claim import Claim, CredentialReading, Evidence
from verifier.protocol.errors import refusal
from verifier.protocol.values import Consent

from .challenges import Spent

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""One zone without summer time since 1991: a fixed offset is enough for today's date."""

FOREVER = "long_term"


def today(now: datetime) -> date:
    """The day in China."""
    return now.astimezone(CHINA).date()


def refuse_bad_terms(
    claim: Claim, spent: Spent, rules: Rules, institution: str, mode: str, now: datetime
) -> None:
    """The claim against its challenge, its terminal and the legal basis. Nothing is opened."""
    if now >= spent.expires_at:
        raise refusal("challenge.expired")
    if (claim.purpose, claim.visit) != (spent.purpose, spent.visit):
        raise refusal("challenge.mismatch")
    if spent.terminal_state != "active":
        raise refusal("terminal.suspended")
    if claim.aud != institution:
        raise refusal("claim.wrong_audience")
    if claim.mode != mode:
        raise refusal("claim.mode_mismatch")
    if claim.purpose not in spent.terminal_purposes or claim.purpose not in rules.purposes:
        raise refusal("purpose.unknown")
    if claim.ticket is not None and not rules.purposes[claim.purpose].purpose.ticket_days:
        raise refusal("ticket.off")
    _refuse_without_basis(claim, rules, now)


def _refuse_without_basis(claim: Claim, rules: Rules, now: datetime) -> None:
    if claim.legal_basis is None:
        raise refusal("legal_basis.missing")
    version = claim.legal_basis.notice_version
    if not rules.accepts_notice(version, claim.purpose, today(now)):
        raise refusal("legal_basis.notice_unknown")


def refuse_bad_evidence(
    claim: Claim, evidence: Evidence, rules: Rules, demo: bool, now: datetime
) -> None:
    """The opened evidence against the legal basis and the institution. No picture is decoded."""
    capture, reading = evidence.capture, evidence.reading
    if capture is None and reading is None:
        raise refusal("evidence.empty")
    consent = claim.legal_basis.consent if claim.legal_basis else Consent.NO_FACE
    if consent is Consent.PHONE:
        raise refusal("legal_basis.contradiction", note="a phone's consent at a terminal")
    if capture is not None and consent is Consent.NO_FACE:
        raise refusal("legal_basis.contradiction")
    if capture is not None and claim.mode != "central":
        raise refusal("claim.mode_mismatch", note="a face left the terminal in on_device mode")
    if is_simulated(evidence) and not demo:
        raise refusal("evidence.simulated")
    if reading is None or capture is None or consent is Consent.GUARDIAN:
        return
    if _needs_guardian(reading, rules, now):
        raise refusal("legal_basis.guardian_missing")


def is_simulated(evidence: Evidence) -> bool:
    """Whether any part of it comes from a simulator."""
    parts = (evidence.reading, evidence.capture)
    return any(part is not None and part.simulated for part in parts)


def is_expired(reading: CredentialReading, now: datetime) -> bool:
    """Whether the credential's last day has passed. One without a date does not expire.

    Raises `Refused` with `evidence.malformed` for a date that is none.
    """
    last = reading.fields.get("valid_to", FOREVER)
    if last in (FOREVER, ""):
        return False
    try:
        return date.fromisoformat(last) < today(now)
    except ValueError:
        raise refusal("evidence.malformed", note="valid_to is no date") from None


def number_of(reading: CredentialReading) -> str:
    """The credential's number as it is looked up.

    Raises `Refused` with `evidence.malformed` where there is none, or a citizen's is not valid.
    """
    number = reading.fields.get("number", "").strip()
    if not number:
        raise refusal("evidence.malformed", note="no number")
    citizen = _citizen(reading)
    return citizen.number if citizen else number


BY_CITIZENS_NUMBER = frozenset({"resident_id", "social_security_card"})
"""Credentials whose number is the 公民身份号码 (GB 11643): 社会保障号码 is the same, and so is the
number on a residence permit for residents of Hong Kong, Macao and Taiwan.
"""


def identifier_kind(reading: CredentialReading) -> str:
    """Under which kind of number its holder is registered: one person, whatever card they hold."""
    return "resident_id" if reading.kind in BY_CITIZENS_NUMBER else reading.kind


def _citizen(reading: CredentialReading) -> IdNumber | None:
    """The parsed number of a citizen's card; other credentials have their own forms."""
    if reading.kind not in BY_CITIZENS_NUMBER:
        return None
    try:
        return id_number.parse(reading.fields.get("number", "").strip())
    except InvalidCode as error:
        raise refusal("evidence.malformed", note=f"number: {error.code}") from None


def _needs_guardian(reading: CredentialReading, rules: Rules, now: datetime) -> bool:
    citizen, limit = _citizen(reading), rules.policy.guardian_below_age
    if citizen is not None:
        return citizen.age_on(today(now)) < limit
    try:
        birth = date.fromisoformat(reading.fields.get("birth", ""))
    except ValueError:
        return False  # a code's holder is judged again once its platform named them
    day = today(now)
    had_birthday = (day.month, day.day) >= (birth.month, birth.day)
    return day.year - birth.year - (not had_birthday) < limit
