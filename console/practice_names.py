"""Whose names a page of practice shows in full: medical affairs', masked to everybody else."""

from collections.abc import Collection

from sqlalchemy import Connection
from starlette.requests import Request

from codes.names import masked
from verifier.api.site import Site
from verifier.identity.naming import names_of
from verifier.trust.accounts.roles import Permission

from .visitor import staff_of


def sees_names(request: Request) -> bool:
    """Whether who is signed in reviews windows, and so has to know whose they are."""
    return Permission.PRACTICE_REVIEW in staff_of(request).permissions


def shown_names(
    site: Site, conn: Connection, people: Collection[str], *, clear: bool
) -> dict[str, str]:
    """Names by person, as this page may show them; an erased person has none."""
    found = names_of(conn, site.parts.keyring, site.parts.institution, people)
    return found if clear else {person: masked(name) for person, name in found.items()}
