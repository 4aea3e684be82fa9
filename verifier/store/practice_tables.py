"""Tables of practice (执业): who may practise where, on which shift, and when each did.

No table has a column for lateness, hours or a rank, and none is to get one: face and place serve no
evaluation of work (GB/T 41819 ch. 8, `docs/compliance.md` line 25).
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Code, Hash, Id, Suited


class Site(Base):
    """A site (院区) of one licence: where it lies, its fences, its networks."""

    __tablename__ = "sites"

    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    licence: Mapped[str | None] = mapped_column(
        String(32), comment="The site's own code at the insurance platform, where it has one."
    )
    datum: Mapped[str] = mapped_column(String(8), comment="Of the point below.")
    latitude: Mapped[float] = mapped_column(Float)
    longitude: Mapped[float] = mapped_column(Float)
    fences: Mapped[list[Any]] = mapped_column(comment="GeoJSON, each with its datum.")
    networks: Mapped[list[str]] = mapped_column(comment="CIDRs of the site's own network.")
    marks: Mapped[list[Any]] = mapped_column(
        server_default=text("'[]'"), comment="Doors and terminals on the plan: for the eye only."
    )


class FenceVersion(Base):
    """What a site's fence was before it was drawn once more, so that one step leads back.

    Attributes:
        before: fences and marks, as the site had them.
        after: digest of what that saving made of them.
    """

    __tablename__ = "fence_versions"
    __table_args__ = (Index("ix_fence_versions_site_saved_at", "institution", "site", "saved_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    site: Mapped[str] = mapped_column(String(64))
    before: Mapped[dict[str, Any]]
    after: Mapped[str] = mapped_column(Hash)
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(32))


class Department(Base):
    """A department (科室) at a site."""

    __tablename__ = "departments"
    __table_args__ = (
        CheckConstraint("kind IN ('ordinary','theatre','icu','delivery','emergency')", name="kind"),
    )

    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    site: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16), server_default="ordinary")


class Practitioner(Base):
    """A physician (D), nurse (N), pharmacist (HY) or technician (HJ). Name and face are a person's.

    Attributes:
        code: as the insurance platform knows them; a HIS asks by it.
    """

    __tablename__ = "practitioners"
    __table_args__ = (
        UniqueConstraint("institution", "code"),
        Index("uq_practitioners_institution_login", "institution", "login", unique=True),
    )

    person: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    code: Mapped[str] = mapped_column(String(32))
    profession: Mapped[str] = mapped_column(String(16))
    department: Mapped[str] = mapped_column(String(64))
    login: Mapped[str | None] = mapped_column(
        String(32), comment="Work number, where there is one."
    )
    account: Mapped[str | None] = mapped_column(
        ForeignKey("accounts.id"),
        unique=True,
        comment="Whose own account it is, so that nobody reviews an own window under another.",
    )
    created_at: Mapped[datetime]


class PracticeRegistration(Base):
    """That somebody may practise here (执业注册), or a lawful exception with its document."""

    __tablename__ = "practice_registrations"
    __table_args__ = (
        CheckConstraint(
            "practice_right IN ('independent','supervised','granted','none')", name="practice_right"
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    practitioner: Mapped[str] = mapped_column(ForeignKey("practitioners.person"), index=True)
    site: Mapped[str | None] = mapped_column(String(64), comment="NULL: every site of the licence.")
    basis: Mapped[str] = mapped_column(String(32))
    practice_right: Mapped[str] = mapped_column(String(16))
    supervisor: Mapped[str | None] = mapped_column(ForeignKey("practitioners.person"))
    document: Mapped[str] = mapped_column(String(64))
    from_day: Mapped[date]
    to_day: Mapped[date | None]
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(comment="Withdrawn before its last day.")


class Qualification(Base):
    """Payment qualification (医保支付资格) from a moment on; the newest counts."""

    __tablename__ = "qualifications"
    __table_args__ = (
        CheckConstraint("state IN ('normal','suspended','ended')", name="state"),
        Index("ix_qualifications_practitioner_since", "practitioner", "since"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    practitioner: Mapped[str] = mapped_column(ForeignKey("practitioners.person"))
    state: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]


class RosterSlot(Base):
    """One stretch of one shift. A cell of the grid makes one or more, all with its day and code."""

    __tablename__ = "roster_slots"
    __table_args__ = (
        CheckConstraint("kind IN ('work','on_call','off')", name="kind"),
        Index("ix_roster_slots_practitioner_starts_at", "practitioner", "starts_at"),
        Index("ix_roster_slots_department_day", "institution", "department", "day"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    practitioner: Mapped[str] = mapped_column(ForeignKey("practitioners.person"))
    department: Mapped[str] = mapped_column(String(64))
    site: Mapped[str] = mapped_column(String(64))
    day: Mapped[date]
    shift: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(8))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class RosterVersion(Base):
    """What a department's month was before it was saved once more, so that it can be restored.

    Attributes:
        cells: lists of practitioner, site, day and shift.
        after: digest of the month as that saving left it.
    """

    __tablename__ = "roster_versions"
    __table_args__ = (
        Index("ix_roster_versions_department_month", "institution", "department", "month"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    department: Mapped[str] = mapped_column(String(64))
    month: Mapped[date] = mapped_column(comment="Its first day.")
    cells: Mapped[list[Any]]
    after: Mapped[str] = mapped_column(Hash)
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(32))


class SchedulerDepartment(Base):
    """That a scheduler's account keeps the roster of a department."""

    __tablename__ = "scheduler_departments"

    account: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    department: Mapped[str] = mapped_column(String(64), primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    given_at: Mapped[datetime]
    given_by: Mapped[str] = mapped_column(String(32))


class RosterSwap(Base):
    """An exchange of shifts (换班) or a stand-in (替班), between the two themselves."""

    __tablename__ = "roster_swaps"
    __table_args__ = (
        CheckConstraint("kind IN ('swap','substitute')", name="kind"),
        CheckConstraint("state IN ('asked','accepted','declined','withdrawn')", name="state"),
        Index("ix_roster_swaps_department_asked_at", "institution", "department", "asked_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    department: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    asker: Mapped[str] = mapped_column(ForeignKey("practitioners.person"), index=True)
    asker_day: Mapped[date]
    asker_site: Mapped[str] = mapped_column(String(64))
    asker_shift: Mapped[str] = mapped_column(String(16))
    accepter: Mapped[str] = mapped_column(ForeignKey("practitioners.person"), index=True)
    accepter_day: Mapped[date | None]
    accepter_site: Mapped[str | None] = mapped_column(String(64))
    accepter_shift: Mapped[str | None] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(comment="Unanswered until then: expired.")
    answered_at: Mapped[datetime | None]


class PracticeWindow(Base):
    """A practice window (执业时段): from a check-in, until it is closed or its time is over."""

    __tablename__ = "practice_windows"
    __table_args__ = (
        CheckConstraint(
            "state IN ('confirmed','provisional','approved','denied','deferred')", name="state"
        ),
        UniqueConstraint("terminal", "request"),
        Index("ix_practice_windows_practitioner_opened_at", "practitioner", "opened_at"),
        Index(
            "ix_practice_windows_to_review",
            "institution",
            "review_by",
            postgresql_where=text("state IN ('provisional','deferred')"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    practitioner: Mapped[str] = mapped_column(ForeignKey("practitioners.person"))
    site: Mapped[str] = mapped_column(String(64))
    department: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(comment="Where nobody closes it: shift and grace.")
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(16))
    said_out_at: Mapped[datetime | None] = mapped_column(comment="补签: the person's own word.")
    way: Mapped[str] = mapped_column(String(8), comment="face, or other.")
    liveness: Mapped[str] = mapped_column(String(16))
    shift: Mapped[str] = mapped_column(String(16))
    proof: Mapped[str] = mapped_column(String(24), comment="On what the place rests.")
    reason: Mapped[str | None] = mapped_column(Code)
    decision: Mapped[str | None] = mapped_column(ForeignKey("decisions.id"), unique=True)
    request: Mapped[str | None] = mapped_column(
        Id, comment="A phone's own number of its request, so that the same again is the same."
    )
    terminal: Mapped[str | None] = mapped_column(ForeignKey("terminals.id"))
    review_by: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None] = mapped_column(Id)
    recheck_by: Mapped[datetime | None] = mapped_column(
        comment="Until when the person was asked to be recognised once more."
    )
    rechecked_at: Mapped[datetime | None]
    planned_until: Mapped[datetime | None] = mapped_column(
        comment="What `until` was before that question, and is again after it."
    )
    proved_from: Mapped[datetime | None] = mapped_column(
        comment="Offline: the check-in was between this moment and the next, no more is proved."
    )
    proved_to: Mapped[datetime | None]
    simulated: Mapped[bool]
    leaf: Mapped[str] = mapped_column(Hash, comment="Of the ledger's entry of its opening.")


class PracticePoint(Suited, Base):
    """Where a check-in was, one point, under the person's data key. No track is ever kept."""

    __tablename__ = "practice_points"

    practice_window: Mapped[str] = mapped_column(
        ForeignKey("practice_windows.id"), primary_key=True
    )
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    point_sealed: Mapped[bytes]
    taken_at: Mapped[datetime] = mapped_column(index=True)


class PracticeLock(Suited, Base):
    """Of one practitioner one is live in the whole region: keyed hash, institution, times, a site.

    No name and no face, so that institutions which share a database may see each other's.
    """

    __tablename__ = "practice_locks"
    __table_args__ = (
        Index(
            "uq_practice_locks_live",
            "practitioner_key",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    practice_window: Mapped[str] = mapped_column(Id, primary_key=True)
    practitioner_key: Mapped[str] = mapped_column(Hash, index=True)
    institution: Mapped[str] = mapped_column(String(32))
    site: Mapped[str] = mapped_column(Text)
    datum: Mapped[str] = mapped_column(String(8))
    latitude: Mapped[float] = mapped_column(Float)
    longitude: Mapped[float] = mapped_column(Float)
    since: Mapped[datetime]
    until: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    taken_by: Mapped[str | None] = mapped_column(
        String(32), comment="The institution where the next check-in was, if that closed it."
    )


class PracticeChange(Base):
    """That a window, a registration or a qualification changed, in an order without gaps.

    A number is taken before its transaction commits, so `transaction` says up to which one every
    transaction has ended.
    """

    __tablename__ = "practice_changes"

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    transaction: Mapped[int] = mapped_column(
        BigInteger, server_default=text("pg_current_xact_id()::text::bigint")
    )
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"), index=True)
    practitioner: Mapped[str] = mapped_column(ForeignKey("practitioners.person"))
    practice_window: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
