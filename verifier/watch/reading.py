"""What the rules look at, read from this institution's rows; of a region keyed hashes alone.

Faces are compared within one institution's own gallery, in memory; only ids and scores leave.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, text

from verifier.identity import templates
from verifier.identity.data_keys import open_data_key
from verifier.identity.face_marks import OF_FILE
from verifier.identity.galleries import Gallery
from verifier.protocol.values import b64url
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import unseal

from .judging import Acceptance, Alike, ByProxy, LetPass, OtherFace, Sighting

BLOCK = 256


@dataclass(frozen=True)
class Look:
    """Where and how far back is looked: `since` <= `until`."""

    conn: Connection
    keyring: KeyRing
    gallery: Gallery
    since: datetime
    until: datetime

    @property
    def bound(self) -> dict[str, object]:
        """For statements."""
        mine = self.gallery.institution
        return {"mine": mine, "since": self.since, "until": self.until}


_PEOPLE = text("""
SELECT p.id, p.linked_group, t.created_at >= :since AS fresh, t.created_at AS at
FROM people AS p JOIN templates AS t ON t.person = p.id
WHERE p.institution = :mine AND p.state = 'confirmed' AND NOT t.synthetic
""")
_TOGETHER = text("""
SELECT kept AS person, merged AS other FROM person_merges
WHERE institution = :mine AND state IN ('asked','done','undo_asked')
UNION ALL SELECT person, other FROM person_ties WHERE institution = :mine AND kind = 'mother'
""")


def alike(look: Look, cosine: float) -> list[Alike]:
    """Whoever was enrolled in this time beside everybody else, where they reach the cosine."""
    people = {row.id: row for row in look.conn.execute(_PEOPLE, look.bound)}
    held = {
        person: vector
        for _, person, vector in templates.since(look.conn, look.keyring, look.gallery, 0)
        if person in people and vector is not None
    }
    ids = sorted(held)
    if not ids:
        return []
    vectors = np.stack([held[each] for each in ids])
    told = {frozenset((row.person, row.other)) for row in look.conn.execute(_TOGETHER, look.bound)}
    fresh = [place for place, each in enumerate(ids) if people[each].fresh]
    found: dict[frozenset[str], Alike] = {}
    for start in range(0, len(fresh), BLOCK):
        rows = fresh[start : start + BLOCK]
        for row, other in np.argwhere(vectors[rows] @ vectors.T >= cosine):
            one, two = ids[rows[row]], ids[other]
            if one == two:
                continue
            pair, group = frozenset((one, two)), people[one].linked_group
            apart = pair in told or (group is not None and group == people[two].linked_group)
            score = float(vectors[rows[row]] @ vectors[other])
            found[pair] = Alike(one, two, score, apart, people[one].at)
    return [found[pair] for pair in sorted(found, key=sorted)]


_OTHER_FACE = text(f"""
SELECT d.person, d.visit, d.id, d.decided_at,
  p.linked_group IS NOT NULL OR EXISTS (
    SELECT 1 FROM face_marks AS m WHERE m.institution = :mine AND m.since <= d.decided_at
      AND d.decided_at < least(m.ended_at, m.until, 'infinity')
      AND {OF_FILE.format("d.person")}
  ) OR EXISTS (
    SELECT 1 FROM counter_items AS i JOIN counter_results AS r ON r.item = i.id
    WHERE i.visit = d.visit AND i.institution = :mine AND r.proxy_document IS NOT NULL
      AND r.reversed_at IS NULL
  ) AS explained
FROM decisions AS d JOIN people AS p ON p.id = d.person AND p.data_key_sealed IS NOT NULL
WHERE d.institution = :mine AND d.decided_at BETWEEN :since AND :until
  AND d.outcome = 'rejected' AND d.body->'reasons' ? 'face_differs'
ORDER BY d.decided_at, d.id
""")  # noqa: S608  (a constant of `face_marks`)


def other_faces(look: Look) -> list[OtherFace]:
    """Visits with somebody's credential and another's face."""
    return [OtherFace(*row) for row in look.conn.execute(_OTHER_FACE, look.bound)]


_PASSES = text("""
SELECT r.item, r.decision, d.person, r.at,
  coalesce(t.outcome IN ('rejected','refer'), false) AS refused,
  r.second IS NOT NULL AS second, i.origin = 'emergency' AS emergency,
  r.reversed_at IS NOT NULL AS undone
FROM counter_results AS r
JOIN counter_items AS i ON i.id = r.item
JOIN decisions AS d ON d.id = r.decision
LEFT JOIN decisions AS t ON t.id = i.decision
WHERE r.institution = :mine AND r.way = 'let_pass' AND r.at BETWEEN :since AND :until
ORDER BY r.at, r.item
""")


def passes(look: Look) -> list[LetPass]:
    """Visits that were let pass at the counter."""
    return [LetPass(*row) for row in look.conn.execute(_PASSES, look.bound)]


_PROXIES = text("""
WITH known AS (
  SELECT proxy_key, max(proxy) AS proxy FROM counter_results
  WHERE institution = :mine AND proxy_key IS NOT NULL AND proxy IS NOT NULL GROUP BY proxy_key
), visits AS (
  SELECT coalesce(r.proxy, k.proxy) AS proxy, r.proxy_key, d.person AS patient, r.decision, r.at,
    d.body->'reasons' ? 'standing_authorisation' AS authorised
  FROM counter_results AS r JOIN decisions AS d ON d.id = r.decision
  LEFT JOIN known AS k ON k.proxy_key = r.proxy_key
  WHERE r.institution = :mine AND r.at BETWEEN :since AND :until AND r.reversed_at IS NULL
    AND d.person IS NOT NULL AND (r.proxy IS NOT NULL OR r.proxy_key IS NOT NULL)
)
SELECT coalesce(v.proxy, v.proxy_key) AS proxy, v.patient, v.decision, v.at,
  v.authorised OR EXISTS (
    SELECT 1 FROM person_ties AS t WHERE t.person = v.patient AND t.other = v.proxy
      AND t.kind IN ('guardian','mother') AND t.since <= v.at
      AND (t.ended_at IS NULL OR t.ended_at > v.at)
  ) AS lawful, v.proxy AS person
FROM visits AS v ORDER BY v.at, v.decision
""")
"""A proxy who is registered after some of the visits is the same one before."""


def by_proxies(look: Look) -> list[ByProxy]:
    """Visits of proxies at the counter."""
    return [ByProxy(*row) for row in look.conn.execute(_PROXIES, look.bound)]


_TERMINALS = text("""
SELECT d.terminal, count(*) AS visits,
  count(*) FILTER (WHERE d.outcome = 'accepted') AS accepted, max(d.decided_at) AS last
FROM decisions AS d
WHERE d.institution = :mine AND d.decided_at BETWEEN :since AND :until
  AND d.terminal IS NOT NULL AND d.consent = 'separate'
  AND d.outcome IN ('accepted','rejected','retry','refer')
GROUP BY d.terminal ORDER BY d.terminal
""")


def acceptances(look: Look) -> list[Acceptance]:
    """Of each terminal how many visits with a face were accepted."""
    return [Acceptance(*row) for row in look.conn.execute(_TERMINALS, look.bound)]


_SEEN = text("""
SELECT d.id, d.person, d.decided_at, p.data_key_sealed, i.id AS identifier, i.value_sealed,
  s.latitude, s.longitude, s.datum, EXISTS (
    SELECT 1 FROM counter_items AS c JOIN counter_results AS r ON r.item = c.id
    WHERE c.visit = d.visit AND c.institution = :mine AND r.proxy_document IS NOT NULL
  ) AS apart
FROM decisions AS d
JOIN people AS p ON p.id = d.person AND p.data_key_sealed IS NOT NULL
JOIN identifiers AS i ON i.person = p.id AND i.kind = 'resident_id'
JOIN terminals AS t ON t.id = d.terminal
JOIN sites AS s ON s.institution = :mine AND t.site IN (s.code, s.name)
WHERE d.institution = :mine AND d.decided_at BETWEEN :since AND :until AND d.outcome = 'accepted'
ORDER BY d.decided_at, d.id
""")
"""At terminals of recorded sites: where a counter stands is not known, so it tells nothing."""

_TELL = text("""
INSERT INTO region_sightings
  (decision, institution, person_key, at, latitude, longitude, datum, apart)
VALUES (:decision, :mine, :key, :at, :latitude, :longitude, :datum, :apart)
ON CONFLICT (decision) DO UPDATE SET apart = excluded.apart
  WHERE region_sightings.apart <> excluded.apart
""")
"""Told again each night: that a proxy came is often known only afterwards, at the counter."""

_REGION = text("""
SELECT person_key AS key, institution, at, latitude, longitude, datum, apart
FROM region_sightings
WHERE institution <> :mine AND at BETWEEN :since AND :until AND person_key = ANY(:keys)
ORDER BY person_key, at, decision
""")


def person_key(region_key: bytes, number: str) -> str:
    """As which a person is known in the region: HMAC-SHA256 under its key, 43 characters."""
    return b64url(hmac.digest(region_key, b"sighting\0" + number.encode(), "sha256"))


def own_sightings(look: Look, region_key: bytes) -> list[Sighting]:
    """Where this institution's own terminals accepted somebody in this time."""
    return [
        Sighting(
            _key_of(look, region_key, row), look.gallery.institution, row.decided_at,
            row.latitude, row.longitude, row.datum, row.id, row.person, row.apart,
        )
        for row in look.conn.execute(_SEEN, look.bound).all()
    ]  # fmt: skip


def tell_the_region(look: Look, region_key: bytes) -> int:
    """Write them down for the whole region, without the person; how many there are."""
    rows = [
        {
            "decision": one.decision,
            "mine": one.institution,
            "key": one.key,
            "at": one.at,
            "latitude": one.latitude,
            "longitude": one.longitude,
            "datum": one.datum,
            "apart": one.apart,
        }
        for one in own_sightings(look, region_key)
    ]
    if rows:
        look.conn.execute(_TELL, rows)
    return len(rows)


def sightings(look: Look, region_key: bytes | None) -> list[Sighting]:
    """Our own in this time, and where else in the region the same people were accepted."""
    if region_key is None:
        return []
    own = own_sightings(look, region_key)
    keys = sorted({one.key for one in own})
    others = look.conn.execute(_REGION, look.bound | {"keys": keys})
    return own + [Sighting(**row) for row in others.mappings()]


def _key_of(look: Look, region_key: bytes, row: Row[Any]) -> str:
    key = open_data_key(look.gallery.secrets, row.person, row.data_key_sealed)
    number = unseal(key, row.value_sealed, f"identifiers.value/{row.identifier}").decode()
    return person_key(region_key, number)
