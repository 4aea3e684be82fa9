"""Whether the face of a phone's holder may come from that phone, and the consent to it."""

from datetime import datetime

from sqlalchemy import Connection

from verifier.identity import consents, templates
from verifier.identity.galleries import Gallery
from verifier.protocol.practice import PhoneFace
from verifier.protocol.values import Consent


def offered(conn: Connection, gallery: Gallery, person: str, notice: str) -> PhoneFace | None:
    """None for somebody who is not enrolled: there is nothing to compare with."""
    if templates.enrolled_from(conn, gallery, person) is None:
        return None
    return PhoneFace(notice_version=notice, agreed=agreed(conn, person, notice))


def agreed(conn: Connection, person: str, notice: str) -> bool:
    """Whether the person's consent of just this notice is in force, held in the transaction."""
    given = consents.by_phone(conn, person)
    return given is not None and given.notice_version == notice


def agree(
    conn: Connection, institution: str, phone: str, person: str, notice: str, at: datetime
) -> None:
    """Record the consent, with a ledger entry; one under an earlier notice ends. Harmless twice."""
    if agreed(conn, person, notice):
        return
    consents.withdraw_by_phone(conn, institution, person, at)
    consents.record(
        conn,
        institution,
        person,
        kind=Consent.PHONE,
        notice_version=notice,
        given_at=at,
        evidence=f"phone {phone}",
    )


def disagree(conn: Connection, institution: str, person: str, at: datetime) -> None:
    """End it. Waits for a decision that is using it. Harmless the second time."""
    consents.withdraw_by_phone(conn, institution, person, at)
