"""Consents (单独同意) to the use of a face: which notice, when, how (PIPL Art. 14, 15, 29)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, select, update

from verifier.ledger import append
from verifier.ledger.rows import evidence_digest
from verifier.protocol.values import Consent, new_id, now
from verifier.store.schema import ConsentRecord

from .errors import IdentityRefused

_CLOCK_SLACK = timedelta(minutes=5)


@dataclass(frozen=True)
class ConsentRef:
    """A consent in force."""

    id: str
    kind: str
    notice_version: str
    given_at: datetime


def record(
    conn: Connection,
    institution: str,
    person: str,
    *,
    kind: Consent,
    notice_version: str,
    given_at: datetime,
    evidence: str,
) -> str:
    """The consent's id; the same one again where just this consent is already in force.

    `evidence` says how it was given (a paper form's number, desk, terminal), 64 characters at most.
    Raises `IdentityRefused` (`consent.invalid`).
    """
    _check(kind, notice_version, given_at, evidence)
    values = {
        "institution": institution,
        "person": person,
        "kind": kind.value,
        "notice_version": notice_version,
        "given_at": given_at,
        "evidence": evidence,
    }
    known = conn.scalar(
        select(ConsentRecord.id).filter_by(**values, withdrawn_at=None).with_for_update(read=True)
    )
    if known is not None:
        return known
    consent = new_id()
    conn.execute(insert(ConsentRecord).values(id=consent, withdrawn_at=None, **values))
    body = {
        "consent": consent,
        "person": person,
        "form": kind.value,
        "notice": notice_version,
        "given_at": given_at.astimezone(UTC).isoformat(),
        "evidence": evidence_digest(consent, evidence),
    }
    append(conn, institution, "consent.recorded", body)
    return consent


_LIVE = (
    select(
        ConsentRecord.id, ConsentRecord.kind, ConsentRecord.notice_version, ConsentRecord.given_at
    )
    .where(ConsentRecord.person == bindparam("person"), ConsentRecord.withdrawn_at.is_(None))
    .where((ConsentRecord.kind == Consent.PHONE.value) == bindparam("phone"))
    .order_by(ConsentRecord.given_at.desc())
    .limit(1)
)


def in_force(conn: Connection, person: str) -> ConsentRef | None:
    """The person's newest consent to enrolment that was not withdrawn, or None."""
    row = conn.execute(_LIVE, {"person": person, "phone": False}).one_or_none()
    return None if row is None else ConsentRef(*row)


def by_phone(conn: Connection, person: str) -> ConsentRef | None:
    """The person's consent to a face from the own phone, held until the transaction ends."""
    row = conn.execute(_LIVE.with_for_update(read=True), {"person": person, "phone": True})
    found = row.one_or_none()
    return None if found is None else ConsentRef(*found)


def withdraw_by_phone(conn: Connection, institution: str, person: str, at: datetime) -> None:
    """End that consent alone, with ledger entries; enrolment and terminals stay as they are."""
    theirs = (ConsentRecord.person == person, ConsentRecord.kind == Consent.PHONE.value)
    ended = (
        update(ConsentRecord)
        .where(*theirs, ConsentRecord.withdrawn_at.is_(None))
        .values(withdrawn_at=at)
        .returning(ConsentRecord.id)
    )
    for consent in conn.scalars(ended).all():
        body = {"consent": consent, "person": person, "form": Consent.PHONE.value}
        append(conn, institution, "consent.phone_withdrawn", body)


def withdrawn_at(conn: Connection, person: str) -> datetime | None:
    """When the person last withdrew a consent; an older paper cannot bring it back."""
    moment: datetime | None = conn.scalar(
        select(func.max(ConsentRecord.withdrawn_at)).where(
            ConsentRecord.person == person, ConsentRecord.kind != Consent.PHONE.value
        )
    )
    return moment


def _check(kind: Consent, notice_version: str, given_at: datetime, evidence: str) -> None:
    if kind is Consent.NO_FACE:
        raise IdentityRefused("consent.invalid", "the way without a face is no consent to one")
    if given_at.tzinfo is None:
        raise IdentityRefused("consent.invalid", "the time of a consent needs its offset")
    if given_at > now() + _CLOCK_SLACK:
        raise IdentityRefused("consent.invalid", "the consent lies in the future")
    if not 1 <= len(notice_version) <= 32 or not 1 <= len(evidence) <= 64:
        raise IdentityRefused("consent.invalid", "notice version or evidence is empty or too long")
