"""Table of training mode (练习): whether a hospital lets its staff practise.

Nothing that is practised stands in this store: see `verifier.training`.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base


class TrainingSwitch(Base):
    """The hospital's word. Without a row staff may practise."""

    __tablename__ = "training_switches"

    institution: Mapped[str] = mapped_column(ForeignKey("institutions.code"), primary_key=True)
    is_on: Mapped[bool]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(22), comment="An account.")
