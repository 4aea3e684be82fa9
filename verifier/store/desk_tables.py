"""Tables of the enrolment desk (建档): who was enrolled where, ties between people, merges."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Id

Login = String(32)


class Enrolment(Base):
    """One enrolment at a desk. It measures nobody's work: it tells a twin's clerk where and when.

    Attributes:
        way: `card` as a reader read it, `typed`, or `none` for who has no number yet.
        about_sealed: birth and sex, for those whose number tells neither.
    """

    __tablename__ = "enrolments"
    __table_args__ = (CheckConstraint("way IN ('card','typed','none')", name="way"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    person: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    site: Mapped[str] = mapped_column(String(64), comment="Empty where no desk was chosen.")
    way: Mapped[str] = mapped_column(String(8))
    samples: Mapped[int] = mapped_column(comment="0 where no face was taken.")
    about_sealed: Mapped[bytes | None]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Login, comment="Work number.")


class DuplicateReferral(Base):
    """A doubt (疑点) for the insurance office: somebody looks like another, and a clerk could not
    say whether it is the same person.
    """

    __tablename__ = "duplicate_referrals"
    __table_args__ = (Index("ix_duplicate_referrals_at", "institution", "at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    person: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    other: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    reason: Mapped[str] = mapped_column(String(32))
    likeness: Mapped[str] = mapped_column(String(8), comment="A word, not a score.")
    note_sealed: Mapped[bytes | None] = mapped_column(comment="Under the key of `person`.")
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Login)


class PersonTie(Base):
    """Who stands for whom: guardian 监护人, mother of a newborn, proxy 代办人."""

    __tablename__ = "person_ties"
    __table_args__ = (CheckConstraint("kind IN ('guardian','mother','proxy')", name="kind"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    person: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    other: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    relation: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    by: Mapped[str] = mapped_column(Login)
    ended_at: Mapped[datetime | None]


class FaceMark(Base):
    """Somebody who goes without a face (不刷脸): that it is so, and no diagnosis of why.

    Attributes:
        reason: `own_wish`, or `cannot_compare` where a face cannot be compared, now or for good.
        until: when it ends by itself; open without.
    """

    __tablename__ = "face_marks"
    __table_args__ = (
        CheckConstraint("reason IN ('own_wish','cannot_compare')", name="reason"),
        Index(
            "uq_face_marks_person",
            "person",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    person: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    reason: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    by: Mapped[str] = mapped_column(Login)
    ended_at: Mapped[datetime | None]


class StandingAuthorisation(Base):
    """A person's standing word that a proxy may act: for what, how often, until when."""

    __tablename__ = "standing_authorisations"
    __table_args__ = (CheckConstraint("uses_max > 0 AND used BETWEEN 0 AND uses_max", name="used"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    person: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    proxy: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    scope: Mapped[list[str]] = mapped_column(comment="Purposes of the policy.")
    uses_max: Mapped[int]
    used: Mapped[int] = mapped_column(server_default="0")
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Login)
    revoked_at: Mapped[datetime | None]


class PersonMerge(Base):
    """Two files of one person made one, by two members of staff; taken back by two again.

    Attributes:
        moved: identifiers that went from the merged file to the kept one, to go back with it.
    """

    __tablename__ = "person_merges"
    __table_args__ = (
        CheckConstraint("state IN ('asked','done','declined','undo_asked','undone')", name="state"),
        CheckConstraint("kept <> merged", name="two"),
        Index(
            "uq_person_merges_merged",
            "merged",
            unique=True,
            postgresql_where=text("state IN ('asked','done','undo_asked')"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    kept: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    merged: Mapped[str] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    was: Mapped[str] = mapped_column(String(16), comment="State of the merged file before.")
    moved: Mapped[list[str]]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(Id, comment="Account.")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Id)
