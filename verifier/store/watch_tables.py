"""Tables of 疑点: which rules a hospital switched on, the cases, and what a region shares."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Hash, Id, Suited


class WatchRule(Base):
    """One rule at one institution. It is on only as it stood when it was tried (`digest`)."""

    __tablename__ = "watch_rules"

    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"), primary_key=True)
    rule: Mapped[str] = mapped_column(String(48), primary_key=True)
    digest: Mapped[str] = mapped_column(Hash)
    tried_at: Mapped[datetime]
    tried_found: Mapped[int] = mapped_column(Integer)
    is_on: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))


class WatchCase(Base):
    """One 疑点. What a person said of it stands sealed under the institution's key.

    Attributes:
        subject: what makes it one; at most one case of a rule and subject is open.
        cause: the lawful cause for which it was explained, or NULL.
    """

    __tablename__ = "watch_cases"
    __table_args__ = (
        CheckConstraint("state IN ('new','explained','confirmed','closed')", name="state"),
        Index(
            "uq_watch_cases_open",
            "institution",
            "rule",
            "subject",
            unique=True,
            postgresql_where=text("state IN ('new','explained')"),
        ),
        Index("ix_watch_cases_state", "institution", "state", "found_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    rule: Mapped[str] = mapped_column(String(48))
    version: Mapped[int]
    severity: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(128))
    people: Mapped[list[str]]
    decisions: Mapped[list[str]]
    terminal: Mapped[str | None] = mapped_column(ForeignKey("terminals.id"))
    happened_at: Mapped[datetime]
    found_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    cause: Mapped[str | None] = mapped_column(String(32))
    heard_at: Mapped[datetime | None]
    heard_sealed: Mapped[bytes | None] = mapped_column(comment="What the person said (陈述).")
    proposed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))


class RegionSighting(Suited, Base):
    """That a keyed identifier was accepted at an institution: no name, no face, no number.

    It stands outside the row security of institutions, as practice locks do.
    """

    __tablename__ = "region_sightings"
    __table_args__ = (Index("ix_region_sightings_person_key_at", "person_key", "at"),)

    decision: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(String(32))
    person_key: Mapped[str] = mapped_column(Hash)
    at: Mapped[datetime] = mapped_column(index=True)
    latitude: Mapped[float] = mapped_column(Float)
    longitude: Mapped[float] = mapped_column(Float)
    datum: Mapped[str] = mapped_column(String(8))
    apart: Mapped[bool] = mapped_column(comment="By a proxy: the person was not there.")
