"""Institutions see only their own rows: PostgreSQL holds it, whatever a statement forgets.

The app's connections say for which institution they work, and row security (policies on each table)
leaves every other institution's rows out of what they read, change and add. Statements name the
institution as well, for their indexes; this is what stands when one does not. It is no wall
against somebody who can run SQL of their own in the app's name, who could say another institution.

A connection that says none (an operator's, or a test's) sees all; a verifier does not start on one.
"""

from sqlalchemy import Connection, text

from .errors import StoreRefused
from .metadata import Base

SETTING = "shualian.institution"
POLICY = "own_institution"

_SAID = f"current_setting('{SETTING}', true)"

APART = {
    "institutions": "codes and names of hospitals, which all may know",
    "challenges": "ids and times, asked for by a terminal that was proved",
    "used_assertions": "ids that count once",
    "used_tokens": "keyed hashes that count once",
    "seen_crops": "keyed hashes that count once",
    "practice_locks": "keyed hashes, institutions, times and sites: one lock in the whole region",
    "region_sightings": "keyed hashes, institutions, times and sites: two places too soon",
}
"""Tables without a policy, and why."""


def filtered() -> list[str]:
    """Tables that have a policy, in the order of their making."""
    return [table.name for table in Base.metadata.sorted_tables if table.name not in APART]


def option(institution: str) -> str:
    """For libpq's `options`: the connection works for this institution."""
    return f"-c {SETTING}={institution}"


def refuse_unfiltered(connection: Connection, institution: str) -> None:
    """Raises `StoreRefused` with `database.not_filtered` where rows are not left out."""
    said = connection.scalar(text(f"SELECT {_SAID}"))
    held = set(
        connection.scalars(
            text(
                "SELECT p.tablename FROM pg_policies AS p JOIN pg_class AS c "
                "ON c.relname = p.tablename WHERE p.policyname = :policy AND c.relrowsecurity"
            ),
            {"policy": POLICY},
        )
    )
    if said != institution or (missing := set(filtered()) - held):
        raise StoreRefused(
            "database.not_filtered",
            "the database would show rows of other institutions: "
            + (f"no policy on {', '.join(sorted(missing))}" if said == institution else "unsaid"),
        )
