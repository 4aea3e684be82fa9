"""Institutions: separate processors; whoever reads people names the institution first."""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from verifier.protocol.values import now
from verifier.store.schema import Institution


def ensure(conn: Connection, code: str, name: str, *, demo: bool = False) -> None:
    """Make the institution if there is none; one that exists is left as it is."""
    conn.execute(
        insert(Institution)
        .values(code=code, name=name, demo=demo, created_at=now())
        .on_conflict_do_nothing()
    )


def is_demo(conn: Connection, code: str) -> bool:
    """True only for a demo hospital, which alone takes simulated evidence."""
    return bool(conn.scalar(select(Institution.demo).where(Institution.code == code)))


def is_known(conn: Connection, code: str) -> bool:
    """Whether the institution is registered here."""
    return conn.scalar(select(Institution.code).where(Institution.code == code)) is not None


def name_of(conn: Connection, code: str) -> str:
    """What the hospital is called; its code where it is not registered here."""
    return conn.scalar(select(Institution.name).where(Institution.code == code)) or code
