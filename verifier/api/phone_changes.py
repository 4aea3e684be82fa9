"""What medical affairs does to practitioners' phones, each in one transaction.

Whoever makes a code has seen who the person is: a phone is bound to a practitioner by another's
eyes, so nobody makes one for oneself.
"""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection

from verifier.identity import people
from verifier.identity.errors import IdentityRefused
from verifier.practice import registry, sites
from verifier.practice.registry import Known
from verifier.protocol.errors import refusal
from verifier.trust import phones
from verifier.trust.accounts.sessions import SignedIn
from verifier.trust.invitations import Invitation
from verifier.trust.phones import Phone
from verifier.trust.terminal_states import State

from . import terminal_changes
from .site import Site

MOST = 20


@dataclass(frozen=True)
class Person:
    """A practitioner whom a phone may be given; `name` is empty where the person was erased."""

    known: Known
    name: str


def listed(site: Site) -> list[Phone]:
    """The institution's phones, those in use first; sites by name."""
    institution = site.parts.institution
    with site.parts.engine.connect() as conn:
        return phones.listed(conn, institution)


def site_names(site: Site) -> dict[str, str]:
    """Names of sites by their codes."""
    with site.parts.engine.connect() as conn:
        return {one.code: one.name for one in sites.listed(conn, site.parts.institution)}


def matching(site: Site, said: str) -> list[Person]:
    """Practitioners whose code or work number has this in it, 20 at most; none for nothing."""
    if not said:
        return []
    with site.parts.engine.connect() as conn:
        found = registry.matching(conn, site.parts.institution, said, MOST)
        return [_person(conn, site, known) for known in found]


def invite(site: Site, code: str, by: SignedIn) -> tuple[Person, Invitation]:
    """A one-time code for this practitioner's phone.

    Raises `Refused`: `practice.unknown`, `practice.enrol_own`.
    """
    parts = site.parts
    with parts.engine.begin() as conn:
        known = registry.find(conn, parts.institution, code)
        if known is None:
            raise refusal("practice.unknown")
        if known.person in registry.own(conn, parts.institution, by.account, by.login):
            raise refusal("practice.enrol_own")
        said = (parts.institution, known.person, by.account, parts.clock())
        return _person(conn, site, known), phones.invite(conn, parts.keyring, *said)


def revoke(site: Site, phone: str, by: SignedIn) -> Phone:
    """From its next request on it is nobody's; which one. Raises `Refused`."""
    for one in listed(site):
        if one.id == phone:
            terminal_changes.change_state(site, phone, State.REVOKED, by)
            return one
    raise refusal("request.not_found")


def _person(conn: Connection, site: Site, known: Known) -> Person:
    name = ""
    with suppress(IdentityRefused):
        name = people.name_of(conn, site.parts.keyring, known.person)
    return Person(known, name)
