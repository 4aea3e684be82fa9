"""The port at which expected visits come in: who might stand there without a card."""

from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection


class ExpectedVisits(Protocol):
    """Knows who is expected."""

    def people(
        self,
        conn: Connection,
        institution: str,
        purpose: str,
        at: datetime,
        department: str | None = None,
    ) -> list[str]:
        """Ids of confirmed people with a template who are expected for this purpose at this moment,
        in this department where one is said. Reads in the caller's transaction.
        """


class NobodyExpected:
    """Where no HIS tells of visits: a search narrowed by them searches nobody."""

    def people(
        self,
        conn: Connection,  # noqa: ARG002
        institution: str,  # noqa: ARG002
        purpose: str,  # noqa: ARG002
        at: datetime,  # noqa: ARG002
        department: str | None = None,  # noqa: ARG002
    ) -> list[str]:
        """See the port."""
        return []
