"""A site's code as a person types it: eight characters, which name neither site nor terminal.

So the code of every terminal that may show one is looked at. Of 40 bits and three steps, 1000
terminals leave one guess in 370 million, and who guesses holds a registered phone or a fresh code.
"""

from datetime import datetime

from sqlalchemy import Connection, text

from verifier.place import SiteCode, matched_step, parse, payload
from verifier.place.errors import PlaceRefused
from verifier.protocol.practice import PURPOSE
from verifier.trust.keys import KeyRing

from . import sites
from .sites import HospitalSite

_SHOWING = text("""
SELECT id, site FROM terminals
WHERE institution = :institution AND kind = 'fixed' AND state = 'active'
  AND purposes ? CAST(:purpose AS text)
ORDER BY id
""")


def found(
    conn: Connection, keyring: KeyRing, institution: str, said: str, at: datetime
) -> SiteCode | None:
    """Which code of which terminal this is now; None for a wrong or an old one."""
    whole = _whole(said)
    for terminal, site in _terminals(conn, institution):
        if whole and (whole.site, whole.terminal) != (site.code, terminal):
            continue
        code = whole.code if whole else said
        secret = sites.secret_of(keyring, institution, site.code)
        if matched_step(secret, site.code, terminal, code, at) is not None:
            return SiteCode(site.code, terminal, code)
    return None


def written(code: SiteCode) -> str:
    """As its QR code says it, whichever way it was given."""
    return payload(code.site, code.terminal, code.code)


def _whole(said: str) -> SiteCode | None:
    try:
        return parse(said)
    except PlaceRefused:
        return None


def _terminals(conn: Connection, institution: str) -> list[tuple[str, HospitalSite]]:
    known: dict[str, HospitalSite] = {}
    for site in sites.listed(conn, institution):
        known |= {site.name: site, site.code: site}
    rows = conn.execute(_SHOWING, {"institution": institution, "purpose": PURPOSE})
    return [(row.id, known[row.site]) for row in rows if row.site in known]
