"""Tables of the sealed ledger. The app's role can only add to them and read."""

from datetime import datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, Hash, Suited


class LedgerLeaf(Suited, Base):
    """The order of an institution's tree: rows become visible in another order than `seq`, since a
    number is taken before its transaction commits; sealing fixes where each one stands.
    """

    __tablename__ = "ledger_leaves"

    institution: Mapped[str] = mapped_column(String(32), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    leaf: Mapped[str] = mapped_column(Hash)


class CheckpointRow(Suited, Base):
    """A signed checkpoint as it was made."""

    __tablename__ = "checkpoints"

    institution: Mapped[str] = mapped_column(String(32), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    compact: Mapped[str] = mapped_column(Text)
    sealed_at: Mapped[datetime]


class PolicyText(Suited, Base):
    """What a policy said that was in force once: the JSON whose digest decisions' entries cite."""

    __tablename__ = "policies"

    institution: Mapped[str] = mapped_column(String(32), primary_key=True)
    digest: Mapped[str] = mapped_column(Hash, primary_key=True)
    said: Mapped[str] = mapped_column(Text)
    first_at: Mapped[datetime]
