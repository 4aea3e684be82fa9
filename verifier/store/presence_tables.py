"""Tables of ward presence (在院核验): what a ward is for, looks, consents for a stay, hints.

No picture, no vector and no name stands here, and nothing of how anybody works.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Id

KINDS = "kind IN ('ordinary','icu','theatre','delivery','emergency','isolation')"
FOUND = "found IN ('face','wristband','away','asleep','unsure','empty','undone')"
AWAY = "away IN ('examination','operation','dialysis','leave')"


class PresenceWard(Base):
    """What a ward of the HIS is for. A ward that nobody stated the kind of is never looked in on.

    Attributes:
        code: as the HIS writes it with its inpatients.
    """

    __tablename__ = "presence_wards"
    __table_args__ = (CheckConstraint(KINDS, name="kind"),)

    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    site: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))


class PresenceLook(Base):
    """One look in, as it was entered; a correction is another row, and none is changed.

    Attributes:
        stay: the HIS's own number of the stay.
        person: None where nobody is registered under the stay's number.
        instead_of: the look that this one corrects; `undone` takes it back without another.
        evidence: codes and rates: which identifiers, whose codes, how near the score was.
    """

    __tablename__ = "presence_looks"
    __table_args__ = (
        CheckConstraint(FOUND, name="found"),
        CheckConstraint(AWAY, name="away"),
        CheckConstraint("(found = 'away') = (away IS NOT NULL)", name="away_said"),
        CheckConstraint("found <> 'undone' OR instead_of IS NOT NULL", name="undone_of"),
        Index("ix_presence_looks_stay", "institution", "stay", "at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    stay: Mapped[str] = mapped_column(String(64))
    person: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    ward: Mapped[str] = mapped_column(String(64))
    bed: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(index=True)
    found: Mapped[str] = mapped_column(String(16))
    away: Mapped[str | None] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    instead_of: Mapped[str | None] = mapped_column(String(22), unique=True)
    evidence: Mapped[dict[str, Any]]


class PresenceAnswer(Base):
    """What a person said to the face during one stay: a consent of its own, or a no.

    Attributes:
        used_at: when a look last rested on it, from which its life counts.
    """

    __tablename__ = "presence_answers"
    __table_args__ = (
        CheckConstraint("answer IN ('yes','no')", name="answer"),
        Index(
            "uq_presence_answers_open",
            "institution",
            "stay",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    stay: Mapped[str] = mapped_column(String(64))
    person: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    answer: Mapped[str] = mapped_column(String(8))
    notice_version: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    used_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class PresenceHint(Base):
    """That a bed was empty in two different half-days: something to read up, never a finding.

    Attributes:
        cause: what explained it; `met` and `undone` come by themselves.
    """

    __tablename__ = "presence_hints"
    __table_args__ = (
        CheckConstraint("(cause IS NULL) = (closed_at IS NULL)", name="closed"),
        Index(
            "uq_presence_hints_open",
            "institution",
            "stay",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    stay: Mapped[str] = mapped_column(String(64))
    person: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    ward: Mapped[str] = mapped_column(String(64))
    bed: Mapped[str | None] = mapped_column(String(32))
    found_at: Mapped[datetime] = mapped_column(index=True)
    cause: Mapped[str | None] = mapped_column(String(32))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
