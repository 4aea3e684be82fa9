"""Tables. Times are `timestamptz` in UTC; ids are 22 characters of base64url.

Secrets are never in the clear.

A column that ends in `_sealed` holds ciphertext with its suite in front (`verifier.trust.sealing`),
bound to its row by associated data. A column that ends in `_key` holds a keyed hash (HMAC), so that
equal values can be found without being readable. A table whose digests stand without their suite
carries it in a column of its own (`Suited`).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Id = String(22)
Code = String(64)
Hash = String(43)


class Base(DeclarativeBase):
    """One metadata for models and migrations."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy's own form)
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: JSONB,
        bytes: LargeBinary,
        int: Integer,
    }


class Suited:
    """A row whose digests and keyed hashes are of this suite (`gm` later: SM3)."""

    suite: Mapped[str] = mapped_column(String(8), server_default="intl")


template_revisions = Sequence("template_revisions", metadata=Base.metadata)
"""One count for templates that come and go, so that an index in memory follows both in order."""


class Institution(Base):
    """A hospital (H) or pharmacy (P): a separate processor that sees only its own people."""

    __tablename__ = "institutions"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Gallery(Base):
    """The templates of one institution, with one pack and one key."""

    __tablename__ = "galleries"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"), unique=True)
    pack: Mapped[str] = mapped_column(String(64))
    pack_digest: Mapped[str] = mapped_column(Hash)
    dim: Mapped[int]
    key_sealed: Mapped[bytes] = mapped_column(comment="Gallery key, wrapped by the master key.")
    created_at: Mapped[datetime]


class Person(Suited, Base):
    """A patient or a member of staff. What is readable stands under the person's own data key."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("state IN ('provisional','confirmed','merged','closed')", name="state"),
        Index("ix_people_institution_last_four", "institution", "last_four_key"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    state: Mapped[str] = mapped_column(String(16), default="confirmed")
    synthetic: Mapped[bool] = mapped_column(
        default=False, comment="A filler of the demo gallery, nobody's face."
    )
    data_key_sealed: Mapped[bytes | None] = mapped_column(
        comment="Data key wrapped by the gallery key; NULL once erased."
    )
    name_sealed: Mapped[bytes | None]
    last_four_key: Mapped[str | None] = mapped_column(Hash)
    linked_group: Mapped[str | None] = mapped_column(
        Id, comment="Look-alikes never separated by face alone."
    )
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Identifier(Suited, Base):
    """A number of a person: found by keyed hash, read only with the person's data key."""

    __tablename__ = "identifiers"
    __table_args__ = (UniqueConstraint("institution", "kind", "value_key"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    person: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    value_key: Mapped[str] = mapped_column(Hash)
    value_sealed: Mapped[bytes]
    created_at: Mapped[datetime]


class ConsentRecord(Base):
    """One separate consent to the use of a face, with the notice it followed."""

    __tablename__ = "consents"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    person: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    notice_version: Mapped[str] = mapped_column(String(32))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    evidence: Mapped[str] = mapped_column(
        String(64), comment="How it was given: paper form number, desk, terminal."
    )


class Template(Suited, Base):
    """One fused face template, rotated by the gallery's matrix, under the person's data key.

    `revision` grows with every change, so that an index in memory can follow without reading
    everything.
    """

    __tablename__ = "templates"
    __table_args__ = (
        UniqueConstraint("person", "gallery"),
        Index("ix_templates_gallery_revision", "gallery", "revision"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    gallery: Mapped[str] = mapped_column(ForeignKey("galleries.id"))
    person: Mapped[str] = mapped_column(ForeignKey("people.id"))
    consent: Mapped[str | None] = mapped_column(ForeignKey("consents.id"))
    revision: Mapped[int] = mapped_column(
        BigInteger,
        server_default=template_revisions.next_value(),
        unique=True,
        comment="A new row for every change; rows never change.",
    )
    samples: Mapped[int] = mapped_column(comment="Samples fused into it.")
    quality: Mapped[float] = mapped_column(Float)
    vector_sealed: Mapped[bytes]
    source_key: Mapped[str | None] = mapped_column(
        Hash, comment="Keyed hash of the photos it came from, to know an unchanged row."
    )
    synthetic: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class TemplateRemoval(Base):
    """That a person's template was deleted, so that an index in memory forgets it too."""

    __tablename__ = "template_removals"

    revision: Mapped[int] = mapped_column(
        BigInteger, server_default=template_revisions.next_value(), primary_key=True
    )
    gallery: Mapped[str] = mapped_column(ForeignKey("galleries.id"))
    person: Mapped[str] = mapped_column(ForeignKey("people.id"))
    removed_at: Mapped[datetime]


class Terminal(Suited, Base):
    """A kiosk, or a practitioner's phone: bound to one institution, with its own public key.

    Attributes:
        kind: `fixed`, which stands at a site and has purposes; or `phone`, which is its holder's.
        site: where it stands; of a phone, where it was enrolled.
    """

    __tablename__ = "terminals"
    __table_args__ = (
        CheckConstraint("kind IN ('fixed','phone')", name="kind"),
        CheckConstraint("(kind = 'phone') = (holder IS NOT NULL)", name="holder"),
        Index(
            "uq_terminals_phone",
            "holder",
            unique=True,
            postgresql_where=text("kind = 'phone' AND state = 'active'"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    site: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(64))
    public_jwk: Mapped[dict[str, Any]]
    purposes: Mapped[list[str]]
    state: Mapped[str] = mapped_column(String(16), default="active")
    last_counter: Mapped[int] = mapped_column(BigInteger, default=0)
    last_claim: Mapped[str | None] = mapped_column(Hash)
    clock_skew_s: Mapped[float | None] = mapped_column(Float)
    last_seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(8), server_default="fixed")
    holder: Mapped[str | None] = mapped_column(
        ForeignKey("practitioners.person"), comment="Whose phone it is; NULL for what is fixed."
    )


class Client(Base):
    """A machine client of an institution, known by its public key (`private_key_jwt`): its HIS, or
    the supervisor of its region.
    """

    __tablename__ = "clients"
    __table_args__ = (CheckConstraint("kind IN ('his','supervisor')", name="kind"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    public_jwk: Mapped[dict[str, Any]]
    scopes: Mapped[list[str]]
    state: Mapped[str] = mapped_column(String(16), default="active")
    kind: Mapped[str] = mapped_column(String(16), server_default="his")
    created_at: Mapped[datetime]


class UsedAssertion(Base):
    """A client assertion's `jti`, single use until it expires."""

    __tablename__ = "used_assertions"

    client: Mapped[str] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    jti: Mapped[str] = mapped_column(String(128), primary_key=True)
    expires_at: Mapped[datetime]


class Challenge(Suited, Base):
    """A single-use question. At most one is open per terminal (a partial unique index holds it)."""

    __tablename__ = "challenges"
    __table_args__ = (
        Index(
            "uq_challenges_open", "terminal", unique=True, postgresql_where=text("state = 'open'")
        ),
        Index(
            "ix_challenges_claim_digest",
            "claim_digest",
            postgresql_where=text("claim_digest IS NOT NULL"),
        ),
        Index(
            "uq_challenges_sequence",
            "terminal",
            "sequence",
            unique=True,
            postgresql_where=text("sequence IS NOT NULL"),
        ),
        CheckConstraint("state IN ('open','spent','superseded','ticket')", name="state"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    terminal: Mapped[str] = mapped_column(ForeignKey("terminals.id"))
    purpose: Mapped[str] = mapped_column(Code)
    visit: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(16), default="open")
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
    claim_digest: Mapped[str | None] = mapped_column(Hash)
    sequence: Mapped[int | None] = mapped_column(BigInteger)


class DecisionRow(Suited, Base):
    """A stored result over one challenge: a decision, or a refusal final for these bytes.

    A decision of the counter has neither terminal nor challenge: `counter_results` says on what it
    rests.

    `institution` is its terminal's, written beside it. No foreign key: every claim at work would
    lock the one row of its institution, for a truth that the terminal's key holds already.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_person_decided_at", "person", "decided_at"),
        Index("ix_decisions_feed", "institution", "transaction", "seq"),
        CheckConstraint("(terminal IS NULL) = (challenge IS NULL)", name="counter"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(String(32))
    terminal: Mapped[str | None] = mapped_column(ForeignKey("terminals.id"))
    challenge: Mapped[str | None] = mapped_column(ForeignKey("challenges.id"), unique=True)
    claim_digest: Mapped[str] = mapped_column(Hash, index=True)
    visit: Mapped[str] = mapped_column(Id, index=True)
    purpose: Mapped[str] = mapped_column(Code)
    outcome: Mapped[str] = mapped_column(String(16), comment="Of Outcome, or 'refused'.")
    refusal_code: Mapped[str | None] = mapped_column(Code)
    assurance: Mapped[str | None] = mapped_column(String(32))
    person: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    body: Mapped[dict[str, Any]] = mapped_column(
        comment="verifier.protocol.decision.Decision, or the problem."
    )
    notice_version: Mapped[str | None] = mapped_column(String(32))
    consent: Mapped[str | None] = mapped_column(String(16))
    touched_at: Mapped[datetime | None]
    decided_at: Mapped[datetime] = mapped_column(index=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    transaction: Mapped[int] = mapped_column(
        BigInteger, server_default=text("pg_current_xact_id()::text::bigint")
    )


class ReceiptRow(Base):
    """A signed receipt as it was sent."""

    __tablename__ = "receipts"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(String(32))
    terminal: Mapped[str | None] = mapped_column(
        ForeignKey("terminals.id"), comment="NULL: made at the counter."
    )
    decision: Mapped[str] = mapped_column(ForeignKey("decisions.id"), unique=True)
    suite: Mapped[str] = mapped_column(String(8))
    compact: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime]


class SeenCrop(Suited, Base):
    """Keyed hash of a crop that was judged: the same pixels twice mean injection. Kept 30 days."""

    __tablename__ = "seen_crops"

    crop_key: Mapped[str] = mapped_column(Hash, primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)


class UsedToken(Suited, Base):
    """Keyed hash of a code that brought an identity: it counts once. Kept while it might live."""

    __tablename__ = "used_tokens"

    token_key: Mapped[str] = mapped_column(Hash, primary_key=True)
    used_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class LedgerEntry(Suited, Base):
    """Append-only: ids, codes, times, salted commitments. The app's role can only add and read."""

    __tablename__ = "ledger"
    __table_args__ = (
        Index(
            "ix_ledger_kind",
            "institution",
            "kind",
            "at",
            postgresql_where=text("kind NOT IN ('claim.decided','claim.refused')"),
        ),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    institution: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(Code)
    at: Mapped[datetime]
    body: Mapped[dict[str, Any]]
    leaf: Mapped[str] = mapped_column(Hash, comment="RFC 9162 leaf hash over the canonical entry.")
