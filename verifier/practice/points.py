"""One point a check-in, under the person's data key; no track (PIPL Art. 28).

It tells the speed since the last check-in, and what a dispute is about; it ends after 62 days, and
with the person.
"""

from datetime import datetime

from sqlalchemy import Connection, insert, text

from verifier.identity.data_keys import open_data_key
from verifier.identity.galleries import Gallery
from verifier.place import Datum, Position, Source
from verifier.store.practice_tables import PracticePoint
from verifier.trust.sealing import seal, unseal

_KEY = text("SELECT data_key_sealed FROM people WHERE id = :person")
_LAST = text("""
SELECT k.practice_window, k.point_sealed FROM practice_points AS k
JOIN practice_windows AS w ON w.id = k.practice_window
WHERE w.practitioner = :person ORDER BY k.taken_at DESC LIMIT 1
""")


def keep(
    conn: Connection,
    gallery: Gallery,
    person: str,
    point: Position | None,
    window: str,
    at: datetime,
) -> None:
    """Seal the point of a window; nothing for a person who was erased."""
    wrapped = conn.scalar(_KEY, {"person": person})
    if point is None or wrapped is None:
        return
    key = open_data_key(gallery.secrets, person, wrapped)
    values = {
        "practice_window": window,
        "institution": gallery.institution,
        "point_sealed": seal(key, _written(point), _place(window)),
        "taken_at": at,
    }
    conn.execute(insert(PracticePoint).values(values))


def last(conn: Connection, gallery: Gallery, person: str) -> Position | None:
    """The point of the person's last check-in, or None."""
    row = conn.execute(_LAST, {"person": person}).one_or_none()
    wrapped = conn.scalar(_KEY, {"person": person})
    if row is None or wrapped is None:
        return None
    key = open_data_key(gallery.secrets, person, wrapped)
    said = unseal(key, row.point_sealed, _place(row.practice_window)).decode()
    latitude, longitude, datum, accuracy, source, at = said.split("|")
    return Position(
        latitude=float(latitude),
        longitude=float(longitude),
        datum=Datum(datum),
        accuracy_m=float(accuracy),
        source=Source(source),
        at=datetime.fromisoformat(at),
    )


def _written(point: Position) -> bytes:
    parts = (point.latitude, point.longitude, point.datum.value, point.accuracy_m)
    return "|".join(map(str, (*parts, point.source.value, point.at.isoformat()))).encode()


def _place(window: str) -> str:
    return f"practice_points.point/{window}"
