"""Tables of the counter (人工窗口): who waits for a person, what was seen, which cards are lost.

Nothing here is a name or a number in the clear: people by id, numbers by keyed hash. No table says
how long a clerk took: times are of the visitor's waiting, and serve no evaluation of work.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Code, Hash, Id, Suited

ORIGINS = ("terminal", "pressed", "emergency", "downtime")
STATES = ("waiting", "taken", "later", "resolved", "left")


class CounterItem(Base):
    """One visit that came to the counter.

    Attributes:
        number: what the slip says; of an emergency the temporary number (临时号).
        happened_at: when the visit was. Of what was entered afterwards it is before `entered_at`.
        first_handler: who took it first (首问), whoever has it now.
        pass_reason: why it is to be let pass, while a second person has not said so yet.
    """

    __tablename__ = "counter_items"
    __table_args__ = (
        CheckConstraint("origin IN ('terminal','pressed','emergency','downtime')", name="origin"),
        CheckConstraint("state IN ('waiting','taken','later','resolved','left')", name="state"),
        Index(
            "uq_counter_items_open",
            "visit",
            unique=True,
            postgresql_where=text("state IN ('waiting','taken','later')"),
        ),
        Index(
            "uq_counter_items_given_number",
            "institution",
            "number",
            unique=True,
            postgresql_where=text("origin IN ('emergency','downtime')"),
        ),
        Index("ix_counter_items_institution_state", "institution", "state", "due_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    number: Mapped[str] = mapped_column(String(32))
    origin: Mapped[str] = mapped_column(String(16))
    visit: Mapped[str] = mapped_column(Id)
    purpose: Mapped[str] = mapped_column(Code)
    reason: Mapped[str | None] = mapped_column(Code)
    decision: Mapped[str | None] = mapped_column(
        Id, comment="Of the terminal that referred; its time may end before this row's."
    )
    terminal: Mapped[str | None] = mapped_column(ForeignKey("terminals.id"))
    person: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    happened_at: Mapped[datetime]
    entered_at: Mapped[datetime]
    entered_by: Mapped[str | None] = mapped_column(Id, comment="An account; NULL: a terminal.")
    due_at: Mapped[datetime]
    first_handler: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    handler: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    taken_at: Mapped[datetime | None]
    pass_reason: Mapped[str | None] = mapped_column(Code)
    pass_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    pass_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(Id)
    end: Mapped[str | None] = mapped_column(Code, comment="How it left, where it was not resolved.")


class CounterResult(Suited, Base):
    """What a decision of the counter rests on. One that was taken back stays, and says so."""

    __tablename__ = "counter_results"
    __table_args__ = (CheckConstraint("way IN ('document','chip_photo','let_pass')", name="way"),)

    decision: Mapped[str] = mapped_column(ForeignKey("decisions.id"), primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    item: Mapped[str] = mapped_column(
        ForeignKey("counter_items.id", ondelete="CASCADE"), index=True
    )
    way: Mapped[str] = mapped_column(String(16))
    document: Mapped[str | None] = mapped_column(String(32))
    by_reader: Mapped[bool]
    number_key: Mapped[str | None] = mapped_column(Hash)
    reason: Mapped[str | None] = mapped_column(Code)
    proxy_document: Mapped[str | None] = mapped_column(String(32))
    proxy_key: Mapped[str | None] = mapped_column(Hash)
    proxy: Mapped[str | None] = mapped_column(
        ForeignKey("people.id"), index=True, comment="代办人, where known here."
    )
    account: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    second: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]
    reversed_at: Mapped[datetime | None]
    reversed_by: Mapped[str | None] = mapped_column(Id)


class LostCard(Suited, Base):
    """A card whose loss was reported (挂失): keyed hashes, and a second identifier to undo it."""

    __tablename__ = "lost_cards"
    __table_args__ = (
        Index(
            "uq_lost_cards_live",
            "institution",
            "card_key",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    kind: Mapped[str] = mapped_column(String(32))
    card_key: Mapped[str] = mapped_column(Hash)
    second_kind: Mapped[str] = mapped_column(String(32))
    second_key: Mapped[str] = mapped_column(Hash)
    person: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    reported_at: Mapped[datetime]
    reported_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(Id)
