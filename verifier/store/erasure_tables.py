"""The database's copy of the list of what is gone (`verifier.trust.listing`)."""

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Suited


class ErasureLine(Suited, Base):
    """One signed line. The app can add and read, never change or remove."""

    __tablename__ = "erasure_lines"

    institution: Mapped[str] = mapped_column(String(32), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    compact: Mapped[str] = mapped_column(Text)
