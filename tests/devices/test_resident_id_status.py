"""What a security module's status means to a driver."""

import pytest

from devices.errors import BadFrame, CardRemoved, NoCard, Refused, Timeout
from devices.resident_id.codec import Reply
from devices.resident_id.status import Status, failure, worth_another_try


@pytest.mark.parametrize(
    ("sw3", "kind", "code"),
    [
        (Status.FIND_FAILED, NoCard, "device.no_card"),
        (Status.HOST_CHECKSUM, BadFrame, "resident_id.host_frame_damaged"),
        (Status.HOST_LENGTH, BadFrame, "resident_id.host_length_wrong"),
        (Status.READ_FAILED, Refused, "resident_id.read_failed"),
        (0x5A, Refused, "resident_id.status_unknown"),
    ],
)
def test_a_status_is_a_typed_error_whose_note_has_all_three_bytes(
    sw3: int, kind: type[Exception], code: str
) -> None:
    error = failure(Reply(0x62, 0x01, sw3))
    assert (type(error), error.code) == (kind, code)
    assert error.note == f"status 62 01 {sw3:02X}"


def test_any_status_at_all_is_a_typed_error() -> None:
    assert all(failure(Reply(0, 0, sw3)).title for sw3 in range(256))


@pytest.mark.parametrize(
    ("error", "worth"),
    [
        (BadFrame(), True),
        (Timeout(), True),
        (CardRemoved(), True),
        (Refused("resident_id.read_failed"), True),
        (Refused("resident_id.number_invalid"), False),
    ],
)
def test_only_what_another_try_may_change_is_worth_one(error: Exception, worth: bool) -> None:
    assert worth_another_try(error) is worth
