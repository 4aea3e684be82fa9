"""Tables of batch enrolment (批量建档): a batch, and what became of each of its rows.

No name, no number and no picture stands here: those wait sealed in the batch's own folder under its
key, and go with that key.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Code, Id


class EnrolBatch(Base):
    """One table of people with their photos, handed over by a clerk.

    Attributes:
        key_sealed: opens the batch's folder; NULL once its photos are gone.
        table_bytes: of the table, `photo_bytes` of the ZIP: how long each is to be.
        state: see `enroll.batch.states`.
    """

    __tablename__ = "enrol_batches"
    __table_args__ = (
        CheckConstraint(
            "state IN ('uploading','ready','running','paused','done','cancelled','expired',"
            "'undoing','undone')",
            name="state",
        ),
        Index("ix_enrol_batches_institution_created_at", "institution", "created_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    created_by: Mapped[str] = mapped_column(String(22), comment="An account.")
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    changed_at: Mapped[datetime]
    key_sealed: Mapped[bytes | None]
    table_bytes: Mapped[int] = mapped_column(BigInteger)
    photo_bytes: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str | None] = mapped_column(Code, comment="Why it paused by itself: a code.")


class EnrolBatchRow(Base):
    """One row of a batch: written in the transaction that enrols its person."""

    __tablename__ = "enrol_batch_rows"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('pending','enrolled','updated','already_enrolled','refused','taken_back')",
            name="outcome",
        ),
        Index("ix_enrol_batch_rows_person", "person", postgresql_where=text("person IS NOT NULL")),
    )

    batch: Mapped[str] = mapped_column(
        ForeignKey("enrol_batches.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    outcome: Mapped[str] = mapped_column(String(16), server_default="pending")
    code: Mapped[str | None] = mapped_column(Code, comment="Why the row was refused.")
    quality: Mapped[float | None] = mapped_column(Float, comment="Of the best photo, 0..1.")
    photos: Mapped[int] = mapped_column(Integer, server_default="0", comment="How many were used.")
    person: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    template: Mapped[str | None] = mapped_column(
        String(22), comment="Which this row made, so that only that is taken back."
    )
    at: Mapped[datetime | None]
