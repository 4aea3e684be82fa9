"""How the room of place refuses: one type, stable codes, and a sentence that says what to do."""

from datetime import UTC, datetime

_STATUS = {
    "place.position_malformed": 422,
    "place.fence_malformed": 422,
    "place.code_malformed": 422,
    "place.network_malformed": 422,
    "place.datum_backwards": 409,
    "place.datum_unknown": 409,
}


class PlaceRefused(Exception):
    """What was given cannot be worked with. `code` is a key of the table above, `status` its HTTP
    status: 422 is malformed input, 409 asks for what is never done.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = _STATUS[code]


def in_utc(moment: datetime, code: str = "place.position_malformed") -> datetime:
    """The same moment in UTC. Raises `PlaceRefused` with `code` where it has no offset."""
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise PlaceRefused(code, "a time needs its offset from UTC")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PlaceRefused(code, "a time beyond the calendar in UTC") from None
