"""追加地址, the newest address that was appended to a card: a read of its own."""

from devices.errors import Refused

from . import texts

ADDRESS_BYTES = 70


def parse_appended(data: bytes) -> str | None:
    """The address from the data of such a read; None if it is blank.

    It stands in the first 70 bytes; what follows is not defined. Raises `Refused`
    (`resident_id.text_malformed`).
    """
    if len(data) < ADDRESS_BYTES:
        raise Refused("resident_id.text_malformed", "an appended address has 70 bytes")
    return texts.decode("appended_address", data[:ADDRESS_BYTES]) or None


def encode_appended(address: str) -> bytes:
    """The data of such a read, 70 bytes. Raises `ValueError` if the address is too long."""
    return texts.encode("appended_address", address, ADDRESS_BYTES)
