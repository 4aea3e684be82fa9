"""What administrators do to accounts, each in one transaction whose typed errors are refusals.

What the routes of accounts and the staff's pages have in common; all of it runs in a thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from verifier.protocol.errors import refusal
from verifier.trust.accounts import accounts
from verifier.trust.accounts.accounts import AccountRefused, Listed, Made
from verifier.trust.accounts.roles import Role, RolesConflict
from verifier.trust.accounts.sessions import SignedIn

from .site import Site


def listed(site: Site) -> list[Listed]:
    """The institution's accounts, by login."""
    with site.parts.engine.connect() as conn:
        return accounts.listed(conn, site.parts.institution)


def make(site: Site, login: str, by: SignedIn) -> Made:
    """An account without roles, and its code. Raises `Refused`."""
    parts = site.parts
    with _changing(site) as conn:
        return accounts.create(
            conn, parts.keyring, parts.institution, login, parts.clock(), by.account
        )


def renew(site: Site, account: str, by: SignedIn) -> Made:
    """A new code; password, second factor and roles go. Raises `Refused`."""
    parts = site.parts
    with _changing(site) as conn:
        return accounts.renew(
            conn, parts.keyring, parts.institution, account, parts.clock(), by.account
        )


def change_state(site: Site, account: str, state: str, by: SignedIn) -> None:
    """One of `accounts.STATES`. Raises `Refused`."""
    with _changing(site) as conn:
        accounts.change_state(conn, site.parts.institution, account, state, by.account)


def grant(site: Site, account: str, role: Role, by: SignedIn) -> None:
    """Give a role. Raises `Refused`."""
    with _changing(site) as conn:
        accounts.grant(conn, site.parts.institution, account, role, site.parts.clock(), by.account)


def take_away(site: Site, account: str, role: Role, by: SignedIn) -> None:
    """Take a role away. Raises `Refused`."""
    with _changing(site) as conn:
        accounts.take_away(conn, site.parts.institution, account, role, by.account)


@contextmanager
def _changing(site: Site) -> Iterator[Connection]:
    try:
        with site.parts.engine.begin() as conn:
            yield conn
    except (AccountRefused, RolesConflict) as refused:
        raise refusal(refused.code) from None
