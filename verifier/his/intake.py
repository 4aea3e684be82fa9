"""Takes what a HIS says of expected visits: the same again changes nothing, older never overwrites.

Any order of the same messages ends in the same rows. An item that is refused does not keep the
others out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from verifier.protocol.his import ItemResult, Kind, Results
from verifier.trust.keys import KeyRing

from .items import ItemRefused, Told, external_id_of, strongest, told

_HELD = text("""
SELECT external_id, version, digest FROM expected_visits
WHERE institution = :institution AND kind = :kind AND external_id = ANY(:ids)
ORDER BY external_id FOR UPDATE
""")

_UPSERT = text("""
INSERT INTO expected_visits AS v (institution, kind, external_id, person_key, department, place,
  ward, bed, valid_from, valid_to, state, version, digest, changed_at, heard_at)
VALUES (:institution, :kind, :external_id, :person_key, :department, :place,
  :ward, :bed, :valid_from, :valid_to, :state, :version, :digest, :at, :at)
ON CONFLICT (institution, kind, external_id) DO UPDATE SET
  person_key = excluded.person_key, department = excluded.department, place = excluded.place,
  ward = excluded.ward, bed = excluded.bed, valid_from = excluded.valid_from,
  valid_to = excluded.valid_to, state = excluded.state, version = excluded.version,
  digest = excluded.digest, changed_at = excluded.changed_at, heard_at = excluded.heard_at
WHERE (excluded.version, excluded.digest) > (v.version, v.digest)
""")

_HEARD_AGAIN = text("""
UPDATE expected_visits SET heard_at = :at
WHERE institution = :institution AND kind = :kind AND external_id = ANY(:ids)
AND valid_to IS NULL AND state = 'planned' AND heard_at < :at
""")

_FRESH = text("""
INSERT INTO his_feeds AS f (institution, kind, heard_at, changed_at, client)
VALUES (:institution, :kind, :at, :changed, :client)
ON CONFLICT (institution, kind) DO UPDATE SET heard_at = greatest(f.heard_at, excluded.heard_at),
  changed_at = coalesce(excluded.changed_at, f.changed_at), client = excluded.client
""")

Held = dict[str, tuple[int, str]]


def take(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    kind: Kind,
    items: Sequence[Mapping[str, Any]],
    client: str,
    at: datetime,
) -> Results:
    """One result for each item, in their order, in the caller's transaction."""
    judged = [_judged(keyring, institution, kind, raw) for raw in items]
    good = [each for each in judged if isinstance(each, Told)]
    best = strongest(good)
    bound = {"institution": institution, "kind": kind.value, "at": at}
    held = _held(conn, bound, best)
    results, seen = [], dict(held)
    for index, (raw, each) in enumerate(zip(items, judged, strict=True)):
        results.append(_result(index, raw, each, seen))
    # In one order everywhere, so that two messages wait for each other and never in a circle.
    stronger = [best[name] for name in sorted(best) if _wins(best[name], held)]
    if stronger:
        conn.execute(_UPSERT, [{**bound, **vars(each)} for each in stronger])
    same = sorted(name for name, each in best.items() if held.get(name) == each.rank)
    conn.execute(_HEARD_AGAIN, {**bound, "ids": same})
    if good or not items:
        fresh = {**bound, "changed": at if stronger else None, "client": client}
        conn.execute(_FRESH, fresh)
    return Results(taken=len(good), refused=len(items) - len(good), results=results)


def _judged(
    keyring: KeyRing, institution: str, kind: Kind, raw: Mapping[str, Any]
) -> Told | ItemRefused:
    try:
        return told(keyring, institution, kind, raw)
    except ItemRefused as refused:
        return refused


def _held(conn: Connection, bound: Mapping[str, Any], best: Mapping[str, Told]) -> Held:
    rows = conn.execute(_HELD, {**bound, "ids": sorted(best)})
    return {name: (version, digest) for name, version, digest in rows}


def _wins(each: Told, held: Held) -> bool:
    there = held.get(each.external_id)
    return there is None or each.rank > there


def _result(index: int, raw: Mapping[str, Any], each: Told | ItemRefused, seen: Held) -> ItemResult:
    """What becomes of it, given what stands there; `seen` goes on with it."""
    if isinstance(each, ItemRefused):
        name = external_id_of(raw)
        return ItemResult(
            index=index, external_id=name, result="refused", code=each.code, field=each.field
        )
    there = seen.get(each.external_id)
    seen[each.external_id] = max(each.rank, there) if there else each.rank
    said: dict[str, Any] = {"index": index, "external_id": each.external_id}
    if there is None:
        return ItemResult(result="created", **said)
    if each.rank == there:
        return ItemResult(result="unchanged", **said)
    if each.version == there[0]:
        return ItemResult(result="same_version", **said)
    return ItemResult(result="changed" if each.version > there[0] else "older", **said)
