"""Every error says the same thing everywhere: a code, an English title, a Chinese sentence."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import errors
from devices.camera import CameraBlack, CameraDead, CameraUnreadable
from devices.errors import MESSAGES, DeviceError
from devices.gnss import Doubtful, NoFix
from devices.printer import Garbled, NoAnswer, NotPrinted
from devices.resident_id.codec import Reply
from devices.resident_id.status import Status, failure

KINDS = [
    *(t for t in vars(errors).values() if isinstance(t, type) and issubclass(t, DeviceError)),
    CameraBlack,
    CameraDead,
    CameraUnreadable,
    Doubtful,
    NoFix,
    Garbled,
    NoAnswer,
    NotPrinted,
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_of_error_has_a_code_with_its_sentences(kind: type[DeviceError]) -> None:
    error = kind()
    assert error.code in MESSAGES
    assert str(error).startswith(error.code)


@pytest.mark.parametrize("status", set(Status) - {Status.SUCCESS, Status.CARD_FOUND})
def test_every_status_of_a_reader_has_a_reason_with_its_sentences(status: Status) -> None:
    error = failure(Reply(0, 0, status))
    assert error.code in MESSAGES
    assert error.code != "resident_id.status_unknown"


@pytest.mark.parametrize(
    ("sw3", "code"),
    [
        (0x10, "resident_id.host_frame_damaged"),
        (0x11, "resident_id.host_length_wrong"),
        (0x21, "resident_id.command_unknown"),
        (0x24, "resident_id.reader_error"),
        (0x31, "resident_id.sam_not_accepted_by_card"),
        (0x32, "resident_id.card_not_accepted_by_sam"),
        (0x33, "resident_id.verification_failed"),
        (0x40, "resident_id.wrong_card"),
        (0x41, "resident_id.read_failed"),
        (0x47, "resident_id.random_number_failed"),
        (0x60, "resident_id.sam_self_test_failed"),
        (0x66, "resident_id.sam_not_authorised"),
        (0x80, "device.no_card"),
        (0x81, "resident_id.select_failed"),
        (0x91, "resident_id.no_such_item"),
    ],
)
def test_every_published_status_has_a_reason_of_its_own(sw3: int, code: str) -> None:
    assert failure(Reply(0, 0, sw3)).code == code
    assert sw3 in set(Status)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_any_status_gives_a_typed_error_whose_note_shows_it(sw1: int, sw2: int, sw3: int) -> None:
    error = failure(Reply(sw1, sw2, sw3))
    assert error.title
    assert error.note == f"status {sw1:02X} {sw2:02X} {sw3:02X}"


@pytest.mark.parametrize("code", MESSAGES)
def test_a_codes_sentences_are_english_for_the_log_and_chinese_for_the_screen(code: str) -> None:
    message = MESSAGES[code]
    assert re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+", code)
    assert message.title.isascii()
    assert message.title.endswith(".")
    assert message.detail.endswith("。")
    assert not re.search(r"[A-Za-z]", message.detail)
