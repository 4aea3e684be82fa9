"""Alarms (告警): what a verifier noticed and somebody has to look at."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Id


class Alarm(Base):
    """One cause at one terminal, from its first time until somebody said that it is done.

    Attributes:
        subject: the terminal's id.
        times: how often it was noticed meanwhile.
        note: what was done, in staff's words; the page asks for no names.
    """

    __tablename__ = "alarms"
    __table_args__ = (
        CheckConstraint("state IN ('new','seen','done')", name="state"),
        Index(
            "uq_alarms_open",
            "institution",
            "cause",
            "subject",
            unique=True,
            postgresql_where=text("state <> 'done'"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    cause: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(8))
    raised_at: Mapped[datetime] = mapped_column(index=True)
    last_at: Mapped[datetime]
    times: Mapped[int]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str | None] = mapped_column(String(32))
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(String(200), server_default="")
