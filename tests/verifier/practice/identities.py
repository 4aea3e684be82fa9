"""Decisions on identity, written straight to the store: for tests of what comes after them."""

import json
from datetime import datetime

from joserfc.jwk import OKPKey
from sqlalchemy import Connection, text

from verifier.identity.galleries import Gallery
from verifier.practice.desk import Desk
from verifier.practice.rules import PracticeRules
from verifier.protocol.practice import PURPOSE
from verifier.protocol.values import new_id
from verifier.trust import terminals
from verifier.trust.keys import KeyRing

_CHALLENGE = text(
    "INSERT INTO challenges (id, terminal, purpose, visit, state, issued_at, expires_at) "
    "VALUES (:challenge, :terminal, :purpose, :visit, 'spent', :at, :at)"
)
_DECISION = text(
    "INSERT INTO decisions (id, institution, terminal, challenge, claim_digest, visit, purpose, "
    "outcome, assurance, person, body, decided_at) VALUES (:decision, :institution, :terminal, "
    ":challenge, :digest, :visit, :purpose, 'accepted', :assurance, :person, "
    "CAST(:body AS jsonb), :at)"
)
_RECEIPT = text(
    "INSERT INTO receipts (id, institution, terminal, decision, suite, compact, expires_at) "
    "VALUES (:receipt, :institution, :terminal, :decision, 'intl', '', :at)"
)


def recognised(
    conn: Connection, desk: Desk, person: str, at: datetime, assurance: str = "card+face"
) -> str:
    """An accepted decision of this desk; the id of its receipt."""
    body = {"liveness": "not_assessed", "simulated": False, "reasons": []}
    said = {
        "challenge": new_id(),
        "terminal": desk.terminal,
        "purpose": PURPOSE,
        "visit": new_id(),
        "decision": new_id(),
        "institution": desk.institution,
        "digest": (new_id() * 2)[:43],
        "assurance": assurance,
        "person": person,
        "body": json.dumps(body),
        "receipt": new_id(),
        "at": at,
    }
    for statement in (_CHALLENGE, _DECISION, _RECEIPT):
        names = statement.compile().params
        conn.execute(statement, {name: said[name] for name in names})
    return str(said["receipt"])


def desk_at(conn: Connection, keyring: KeyRing, gallery: Gallery, site: str) -> Desk:
    """A terminal of a site, and what check-ins there are judged with."""
    public = OKPKey.generate_key("Ed25519").as_dict(private=False)
    institution = gallery.institution
    return Desk(
        keyring=keyring,
        gallery=gallery,
        institution=institution,
        region_key=b"r" * 32,
        rules=PracticeRules(),
        demo=True,
        terminal=terminals.register(conn, institution, site, site, public, [PURPOSE]),
        site=site,
        phone=False,
        address="10.0.0.1",
    )
