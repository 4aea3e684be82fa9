"""Invitations: a one-time code by which a terminal, or a phone, may register its key."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Hash, Suited


class TerminalInvitation(Suited, Base):
    """Where a terminal will stand and what it may do. Only a keyed hash of its code is kept."""

    __tablename__ = "terminal_invitations"

    code_key: Mapped[str] = mapped_column(Hash, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    site: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(64))
    purposes: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    terminal: Mapped[str | None] = mapped_column(
        ForeignKey("terminals.id"), comment="Whose key used it; NULL while it is unused."
    )


class PhoneInvitation(Suited, Base):
    """Whose phone may register its key. Only a keyed hash of its code is kept."""

    __tablename__ = "phone_invitations"

    code_key: Mapped[str] = mapped_column(Hash, primary_key=True)
    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"))
    holder: Mapped[str] = mapped_column(ForeignKey("practitioners.person"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    terminal: Mapped[str | None] = mapped_column(
        ForeignKey("terminals.id"), comment="Which phone used it; NULL while it is unused."
    )
