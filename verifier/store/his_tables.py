"""Tables of what a HIS tells and hears: expected visits, how fresh each kind is, webhooks."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Hash, Id, Suited

KINDS = "kind IN ('appointments','admission-orders','inpatients','dispensing')"


class ExpectedVisit(Suited, Base):
    """One appointment, admission order, inpatient or dispensing, as its source last told it.

    The person stands there as the keyed hash that `identifiers` has too: whoever is not registered
    is nobody here.
    """

    __tablename__ = "expected_visits"
    __table_args__ = (
        CheckConstraint(KINDS, name="kind"),
        CheckConstraint("state IN ('planned','cancelled','done')", name="state"),
        Index("ix_expected_visits_person_key", "institution", "person_key"),
        Index(
            "ix_expected_visits_planned",
            "institution",
            "kind",
            "valid_from",
            postgresql_where=text("state = 'planned'"),
        ),
        Index(
            "ix_expected_visits_ward",
            "institution",
            "ward",
            postgresql_where=text("kind = 'inpatients' AND state = 'planned'"),
        ),
    )

    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_key: Mapped[str] = mapped_column(Hash)
    department: Mapped[str] = mapped_column(String(64))
    place: Mapped[str | None] = mapped_column(String(64))
    ward: Mapped[str | None] = mapped_column(String(64))
    bed: Mapped[str | None] = mapped_column(String(32))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None] = mapped_column(comment="NULL: an inpatient's open end.")
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(BigInteger, comment="Of the source; the greater stands.")
    digest: Mapped[str] = mapped_column(Hash, comment="Keyed, of all above: to know the same.")
    changed_at: Mapped[datetime]
    heard_at: Mapped[datetime] = mapped_column(comment="Last told, for one with an open end.")


class HisFeed(Base):
    """When each kind was last heard of, which staff see beside what rests on it."""

    __tablename__ = "his_feeds"
    __table_args__ = (CheckConstraint(KINDS, name="kind"),)

    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    heard_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    client: Mapped[str] = mapped_column(ForeignKey("clients.id"))


class Webhook(Base):
    """An address of the hospital's own network that hears of decisions, and how far it did."""

    __tablename__ = "webhooks"
    __table_args__ = (CheckConstraint("state IN ('active','paused','removed')", name="state"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"), index=True)
    url: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    transaction: Mapped[int] = mapped_column(BigInteger, comment="Cursor in the decisions' feed.")
    seq: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class WebhookDelivery(Base):
    """One message to one address. What it says is read from the decision when it is sent."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting','delivered','dead')", name="state"),
        Index(
            "ix_webhook_deliveries_due",
            "institution",
            "next_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_webhook_deliveries_webhook_state", "webhook", "state"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    webhook: Mapped[str] = mapped_column(ForeignKey("webhooks.id"))
    decision: Mapped[str | None] = mapped_column(Id, comment="NULL: a trial.")
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    next_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(String(32), comment="A status, or a code.")
    created_at: Mapped[datetime] = mapped_column(index=True)
    settled_at: Mapped[datetime | None]
