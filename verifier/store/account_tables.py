"""Accounts of staff: who may sign in, what each may do, and who is signed in."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Hash, Id, Suited

ADMINS = "role IN ('system_admin','security_admin','audit_admin')"


class Account(Suited, Base):
    """One member of staff at one institution. The login is a work number: no name is kept."""

    __tablename__ = "accounts"
    __table_args__ = (
        Index("uq_accounts_institution_login", "institution", "login", unique=True),
        CheckConstraint("state IN ('invited','active','suspended','closed')", name="state"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    login: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), default="invited")
    password: Mapped[str | None] = mapped_column(Text, comment="Argon2id, PHC string.")
    password_at: Mapped[datetime | None]
    totp_sealed: Mapped[bytes | None] = mapped_column(comment="RFC 6238 secret.")
    totp_step: Mapped[int | None] = mapped_column(
        BigInteger, comment="The step of the last code that counted: no code counts twice."
    )
    failures: Mapped[int] = mapped_column(default=0, comment="Since the last that was right.")
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class AccountRole(Base):
    """A role of an account. Of the three administrators nobody holds two (an index holds it)."""

    __tablename__ = "account_roles"
    __table_args__ = (
        Index("uq_account_roles_one_admin", "account", unique=True, postgresql_where=text(ADMINS)),
    )

    account: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(32), primary_key=True)
    granted_at: Mapped[datetime]
    granted_by: Mapped[str | None] = mapped_column(
        ForeignKey("accounts.id"), comment="NULL: by the operator, on the server."
    )


class AccountCode(Suited, Base):
    """A one-time code with which a person takes up an account. Only its keyed hash is kept."""

    __tablename__ = "account_codes"

    code_key: Mapped[str] = mapped_column(Hash, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    account: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    expires_at: Mapped[datetime]


class Session(Suited, Base):
    """Who is signed in. Only a keyed hash of the token is kept."""

    __tablename__ = "sessions"

    token_key: Mapped[str] = mapped_column(Hash, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    account: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    proven_at: Mapped[datetime] = mapped_column(comment="When the password was last given.")
    in_training: Mapped[bool] = mapped_column(
        server_default=text("false"),
        comment="What is done in it is practice, in a store of its own.",
    )
