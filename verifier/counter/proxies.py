"""A proxy (代办人) at the counter: comes for the patient with both credentials."""

from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from verifier.policy.models import Purpose

from .documents import Document
from .errors import CounterRefused


class Standing(Protocol):
    """A port: standing authorisations, where somebody keeps them (`identity`)."""

    def __call__(
        self, conn: Connection, *, patient: str, proxy: str, purpose: str, at: datetime
    ) -> bool:
        """Whether the patient has authorised this proxy for this purpose at this moment."""


def check(purpose: Purpose, patient: Document, proxy: Document) -> None:
    """Raises `CounterRefused`: `counter.no_proxy` where the purpose takes none,
    `counter.proxy_same` where both documents are one person's."""
    if not purpose.proxy_allowed:
        raise CounterRefused("counter.no_proxy")
    if (patient.registered_as, patient.number) == (proxy.registered_as, proxy.number):
        raise CounterRefused("counter.proxy_same")
