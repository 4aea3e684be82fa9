"""What a person says to the face for one stay: a consent of its own (单独同意), or a no.

The consent to enrolment is another purpose's, so it does not do for this. A no holds for the whole
stay: nobody is asked twice. Both end with the stay, and a yes by a word at any time before.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

from verifier import ledger
from verifier.identity import face_marks
from verifier.protocol.values import new_id

from .errors import PresenceRefused
from .room import Room
from .stays import Lying, hold_person

Answer = Literal["yes", "no"]
Offer = Literal["agreed", "ask", "declined", "none"]
"""Whether a face may be looked at: agreed to; to be asked for; declined; not possible."""

_IN_FORCE = """
SELECT id, answer, notice_version, person FROM presence_answers
WHERE institution = :mine AND stay = :stay AND ended_at IS NULL
"""
_READ, _HELD = text(_IN_FORCE), text(f"{_IN_FORCE} FOR UPDATE")

_HAS_FACE = text("""
SELECT 1 FROM people AS p JOIN templates AS t ON t.person = p.id AND t.gallery = :gallery
JOIN consents AS c ON c.id = t.consent
WHERE p.id = :person AND p.institution = :mine AND p.state = 'confirmed'
  AND p.linked_group IS NULL AND NOT t.synthetic AND c.withdrawn_at IS NULL
  AND c.kind <> 'guardian'
""")
"""Not of who has a look-alike, nor of a child: both are met by wristband."""


@dataclass(frozen=True)
class Given:
    """An answer in force."""

    id: str
    answer: Answer
    notice_version: str
    person: str


def current(conn: Connection, room: Room, lying: Lying, *, hold: bool = False) -> Given | None:
    """The answer of this stay, if there is one; with `hold` locked until the transaction ends."""
    bound = {"mine": room.institution, "stay": lying.stay}
    row = conn.execute(_HELD if hold else _READ, bound).one_or_none()
    return Given(*row) if row is not None and row.person == lying.person else None


def offer(conn: Connection, room: Room, lying: Lying, at: datetime) -> Offer:
    """What the nurse's page may offer of the face."""
    if lying.person is None or room.purpose is None or not has_face(conn, room, lying.person, at):
        return "none"
    given = current(conn, room, lying)
    if given is None:
        return "ask"
    if given.answer == "no":
        return "declined"
    return "agreed" if room.covers(given.notice_version, at) else "ask"


def has_face(conn: Connection, room: Room, person: str, at: datetime) -> bool:
    """Whether there is a template that alone may tell this person, and nothing says that the person
    goes without a face (不刷脸).
    """
    bound = {"mine": room.institution, "gallery": room.gallery.id, "person": person}
    if conn.execute(_HAS_FACE, bound).one_or_none() is None:
        return False
    return face_marks.in_force(conn, room.institution, person, at) is None


def answer(
    conn: Connection, room: Room, lying: Lying, said: Answer, notice: str, by: str, at: datetime
) -> None:
    """Write down what the person said. A yes after a no is not taken; a no ends a yes.

    Raises `PresenceRefused`: `presence.no_face` where no face is possible, `presence.no_consent`
    where the notice that was shown is not the one for this purpose now, `presence.answered`.
    """
    hold_person(conn, lying.person)
    if lying.person is None or not has_face(conn, room, lying.person, at):
        raise PresenceRefused("presence.no_face")
    if not room.covers(notice, at):
        raise PresenceRefused("presence.no_consent")
    known = current(conn, room, lying, hold=True)
    if known is not None:
        if known.answer == said and known.notice_version == notice:
            return
        if known.answer == "no":
            raise PresenceRefused("presence.answered")
    _end(conn, room, lying.stay, at)
    values = {
        "id": new_id(),
        "mine": room.institution,
        "stay": lying.stay,
        "person": lying.person,
        "answer": said,
        "notice": notice,
        "at": at,
        "by": by,
    }
    if conn.execute(_INSERT, values).rowcount == 0:
        raise PresenceRefused("presence.answered")  # a colleague was quicker
    body = {
        "answer": values["id"],
        "person": lying.person,
        "notice": notice,
        "by": by,
    }
    kind = "presence.agreed" if said == "yes" else "presence.declined"
    ledger.append(conn, room.institution, kind, body)


_INSERT = text("""
INSERT INTO presence_answers
  (id, institution, stay, person, answer, notice_version, at, by, used_at)
VALUES (:id, :mine, :stay, :person, :answer, :notice, :at, :by, :at) ON CONFLICT DO NOTHING
""")


def _end(conn: Connection, room: Room, stay: str, at: datetime) -> None:
    ended = text(
        "UPDATE presence_answers SET ended_at = :at "
        "WHERE institution = :mine AND stay = :stay AND ended_at IS NULL"
    )
    conn.execute(ended, {"mine": room.institution, "stay": stay, "at": at})


_USED = text("""
UPDATE presence_answers SET used_at = :at
WHERE institution = :mine AND stay = :stay AND ended_at IS NULL
""")


def used(conn: Connection, institution: str, stay: str, at: datetime) -> None:
    """Somebody was with the person: the answer is remembered for as long from now."""
    conn.execute(_USED, {"mine": institution, "stay": stay, "at": at})
