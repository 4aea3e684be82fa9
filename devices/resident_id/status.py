"""The third status byte of a SAM's reply, and the typed reason behind each failure."""

from enum import IntEnum

from devices.errors import BadFrame, DeviceError, NoCard, Refused, Timeout

from .codec import Reply


class Status(IntEnum):
    """SW3. The whole table rests on one public source, most single codes on two or more."""

    SUCCESS = 0x90
    CARD_FOUND = 0x9F
    HOST_CHECKSUM = 0x10
    HOST_LENGTH = 0x11
    COMMAND_ERROR = 0x21
    UNKNOWN_ERROR = 0x24
    SAM_NOT_ACCEPTED_BY_CARD = 0x31
    CARD_NOT_ACCEPTED_BY_SAM = 0x32
    VERIFICATION_FAILED = 0x33
    WRONG_CARD = 0x40
    READ_FAILED = 0x41
    RANDOM_NUMBER_FAILED = 0x47
    SELF_TEST_FAILED = 0x60
    SAM_NOT_AUTHORISED = 0x66
    FIND_FAILED = 0x80
    SELECT_FAILED = 0x81
    NO_SUCH_ITEM = 0x91


_CODES: dict[int, str] = {
    Status.COMMAND_ERROR: "resident_id.command_unknown",
    Status.UNKNOWN_ERROR: "resident_id.reader_error",
    Status.SAM_NOT_ACCEPTED_BY_CARD: "resident_id.sam_not_accepted_by_card",
    Status.CARD_NOT_ACCEPTED_BY_SAM: "resident_id.card_not_accepted_by_sam",
    Status.VERIFICATION_FAILED: "resident_id.verification_failed",
    Status.WRONG_CARD: "resident_id.wrong_card",
    Status.READ_FAILED: "resident_id.read_failed",
    Status.RANDOM_NUMBER_FAILED: "resident_id.random_number_failed",
    Status.SELF_TEST_FAILED: "resident_id.sam_self_test_failed",
    Status.SAM_NOT_AUTHORISED: "resident_id.sam_not_authorised",
    Status.SELECT_FAILED: "resident_id.select_failed",
    Status.NO_SUCH_ITEM: "resident_id.no_such_item",
}

_TRANSIENT = frozenset(
    {
        "resident_id.reader_error",
        "resident_id.sam_not_accepted_by_card",
        "resident_id.card_not_accepted_by_sam",
        "resident_id.verification_failed",
        "resident_id.read_failed",
        "resident_id.random_number_failed",
        "resident_id.select_failed",
    }
)


def failure(reply: Reply) -> DeviceError:
    """The typed error for a reply that is no success.

    Its note holds SW1 and SW2 too, which may be the card's own status. A host frame that arrived
    damaged is a `BadFrame`: the line garbles, whichever side notices.
    """
    note = f"status {reply.sw1:02X} {reply.sw2:02X} {reply.sw3:02X}"
    if reply.sw3 == Status.FIND_FAILED:
        return NoCard(note=note)
    if reply.sw3 == Status.HOST_CHECKSUM:
        return BadFrame("resident_id.host_frame_damaged", note)
    if reply.sw3 == Status.HOST_LENGTH:
        return BadFrame("resident_id.host_length_wrong", note)
    return Refused(_CODES.get(reply.sw3, "resident_id.status_unknown"), note)


def worth_another_try(error: DeviceError) -> bool:
    """Whether the same card, tried again, may give another answer: a hand shakes, a line hums."""
    return isinstance(error, BadFrame | Timeout | NoCard) or error.code in _TRANSIENT
