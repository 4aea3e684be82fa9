"""Tables of ratings (好差评) and intakes (受理): how a visit went, what was brought, what changed.

Neither holds a person, a practitioner or a worker as its subject: a rating is of a service and a
place, and what somebody may have written stands sealed and for a short time.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Code, Hash, Id, Suited


class Rating(Suited, Base):
    """How a visit or a counter matter went, by nobody in particular.

    Attributes:
        external_key: keyed hash of who sent it and of its number there, so that it counts once.
        day: of the rating, there; no time of day is kept.
        terminal: the machine that is rated; NULL for a counter, which a time would tie to a clerk.
        site: where a terminal stands, or a site of ours by its code.
        text_sealed: free text under the institution's key; NULL once its time is over.
    """

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("institution", "external_key"),
        CheckConstraint("door IN ('terminal','counter','phone')", name="door"),
        CheckConstraint(
            "grade IN ('very_satisfied','satisfied','fairly_satisfied','dissatisfied',"
            "'very_dissatisfied')",
            name="grade",
        ),
        CheckConstraint("terminal IS NULL OR door = 'terminal'", name="terminal"),
        Index("ix_ratings_institution_day", "institution", "day"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    external_key: Mapped[str] = mapped_column(Hash)
    digest: Mapped[str] = mapped_column(Hash, comment="Keyed hash of what was said.")
    day: Mapped[date]
    door: Mapped[str] = mapped_column(String(16))
    site: Mapped[str | None] = mapped_column(String(64))
    terminal: Mapped[str | None] = mapped_column(ForeignKey("terminals.id"))
    purpose: Mapped[str | None] = mapped_column(Code)
    grade: Mapped[str] = mapped_column(String(24))
    reasons: Mapped[list[str]]
    text_sealed: Mapped[bytes | None] = mapped_column(comment="Free text.")
    simulated: Mapped[bool] = mapped_column(default=False)


class Intake(Suited, Base):
    """One matter (受理) that somebody brought, or a poor rating: whose it is, until when.

    Attributes:
        year, serial: its number, as a person says it.
        owner: the first handler (首问), who sees to it.
        in_time: whether its first answer came before `due_at`; NULL before there is one.
    """

    __tablename__ = "intakes"
    __table_args__ = (
        UniqueConstraint("institution", "year", "serial", name="uq_intakes_number"),
        UniqueConstraint("institution", "external_key", name="uq_intakes_external_key"),
        CheckConstraint(
            "kind IN ('poor_rating','reply','complaint','request','question','correction')",
            name="kind",
        ),
        CheckConstraint("state IN ('received','in_hand','answered','closed')", name="state"),
        CheckConstraint("door IN ('terminal','counter','phone')", name="door"),
        CheckConstraint("state = 'received' OR owner IS NOT NULL", name="owner"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="outcome"),
        Index("ix_intakes_due_at", "institution", "state", "due_at"),
        Index("ix_intakes_received_at", "institution", "received_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    year: Mapped[int]
    serial: Mapped[int]
    external_key: Mapped[str | None] = mapped_column(Hash)
    digest: Mapped[str | None] = mapped_column(Hash)
    kind: Mapped[str] = mapped_column(String(16))
    door: Mapped[str] = mapped_column(String(16))
    site: Mapped[str | None] = mapped_column(String(64))
    rating: Mapped[str | None] = mapped_column(
        ForeignKey("ratings.id", ondelete="SET NULL"), unique=True
    )
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default="received")
    owner: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    said_sealed: Mapped[bytes | None] = mapped_column(comment="What was brought.")
    reach_sealed: Mapped[bytes | None] = mapped_column(
        comment="How to reach who asked for an answer; NULL where nobody did, and soon after."
    )
    answered_at: Mapped[datetime | None] = mapped_column(comment="The first answer.")
    in_time: Mapped[bool | None]
    outcome: Mapped[str | None] = mapped_column(String(16))
    closed_at: Mapped[datetime | None]
    simulated: Mapped[bool] = mapped_column(default=False)


class IntakeStep(Base):
    """What was done with an intake, in its order, with the words of it under a key."""

    __tablename__ = "intake_steps"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('taken','told','noted','answered','closed','reopened')", name="kind"
        ),
    )

    intake: Mapped[str] = mapped_column(
        ForeignKey("intakes.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    words_sealed: Mapped[bytes | None]
