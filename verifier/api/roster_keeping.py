"""Who keeps which department's roster, changed by medical affairs; all of it runs in a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from verifier.practice import roster_keepers
from verifier.practice.roster_people import Department, departments
from verifier.protocol.errors import refusal
from verifier.trust.accounts import accounts
from verifier.trust.accounts.accounts import AccountRefused
from verifier.trust.accounts.sessions import SignedIn

from .site import Site


@dataclass(frozen=True)
class Keepers:
    """Every department, and by work number who keeps which."""

    departments: tuple[Department, ...]
    given: list[tuple[str, str]]

    def name_of(self, department: str) -> str:
        """A department's name by its code."""
        return next((one.name for one in self.departments if one.code == department), department)


def keepers(site: Site) -> Keepers:
    """Who keeps which department."""
    with site.parts.engine.connect() as conn:
        mine = site.parts.institution
        return Keepers(departments(conn, mine), roster_keepers.listed(conn, mine))


def give(site: Site, by: SignedIn, login: str, department: str) -> None:
    """Give a department to an account. Raises `Refused` with `account.unknown` too."""
    parts = site.parts
    with _of_account(site, login) as (conn, account):
        roster_keepers.give(conn, parts.institution, account, department, parts.clock(), by.account)


def take(site: Site, by: SignedIn, login: str, department: str) -> None:
    """Take a department away. Raises likewise."""
    with _of_account(site, login) as (conn, account):
        roster_keepers.take(conn, site.parts.institution, account, department, by.account)


@contextmanager
def _of_account(site: Site, login: str) -> Iterator[tuple[Connection, str]]:
    try:
        with site.parts.engine.begin() as conn:
            yield conn, accounts.named(conn, site.parts.institution, login)
    except AccountRefused as refused:
        raise refusal(refused.code) from None
