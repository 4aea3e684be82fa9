"""What printers say and what they are told: any bytes have a meaning or none, and never a crash."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.printer import Garbled, Status
from devices.printer import status as statuses
from devices.printer.commands import CLEAR_BUFFER, ask_process_id, ask_status, ask_text
from devices.printer.interpreter import (
    Asked,
    Coded,
    CutOff,
    Fed,
    Interpreter,
    Pictured,
    Printed,
    Run,
    Step,
    Style,
)
from devices.printer.paper import MAX_DOTS, Paper
from devices.printer.replies import (
    MAX_TEXT,
    InOrder,
    RealTime,
    Replies,
    Report,
    Stray,
    Text,
)
from devices.printer.status import QUESTIONS, decode, encode

FLAGS = st.booleans()
NOISE = st.binary(max_size=300)
COMMANDS = st.sampled_from(
    [
        *(b"\x1b@", b"\x1b!", b"\x1ba\x01", b"\x1bd", b"\x1bE\x01", b"\x1c&", b"\x1c.", b"\n"),
        *(b"\x1d!", b"\x1dV", b"\x1d(k", b"\x1d(H", b"\x1dv0\x00", b"\x1dI", b"\x1dr", b"\x10"),
        *(
            b"\x1d(k\x03\x001C\x06",
            b"\x1d(k\x05\x001P0ab",
            b"\x1d(k\x03\x001Q0",
            "身份".encode("gbk"),
        ),
    ]
)
LANGUAGE = st.lists(COMMANDS | st.binary(max_size=6), max_size=40).map(b"".join)
"""Much that begins like a command."""


def all_steps(printer: Interpreter) -> list[Step]:
    return list(iter(printer.step, None))


@given(st.tuples(*[FLAGS] * 7))
def test_a_status_is_read_as_it_was_meant(flags: tuple[bool, ...]) -> None:
    online, cover, out, near, cutter, broken, passing = flags
    status = Status(
        online=online,
        cover_open=cover,
        paper_out=out,
        paper_near_end=near or out,
        cutter_error=cutter,
        unrecoverable=broken,
        passing_error=passing,
        other_error=False,
        simulated=False,
    )
    answers = [encode(status, question) for question in QUESTIONS]
    assert decode(*answers, simulated=False) == status


@given(st.lists(st.integers(0, 255), min_size=4, max_size=4))
def test_any_four_bytes_are_a_status_or_garbled(answers: list[int]) -> None:
    try:
        status = decode(*answers, simulated=False)
    except Garbled:
        assert not all(map(statuses.is_answer, answers))
    else:
        assert (status.trouble is None) == (
            status.online
            and not any(
                (
                    status.cover_open,
                    status.paper_out,
                    status.cutter_error,
                    status.unrecoverable,
                    status.passing_error,
                    status.other_error,
                )
            )
        )


@pytest.mark.parametrize(
    ("answers", "trouble"),
    [
        ((0x12, 0x12, 0x12, 0x12), None),
        ((0x1A, 0x16, 0x12, 0x12), "printer.cover_open"),
        ((0x1A, 0x16, 0x12, 0x72), "printer.cover_open"),
        ((0x1A, 0x32, 0x12, 0x7E), "printer.paper_out"),
        ((0x12, 0x12, 0x12, 0x1E), None),
        ((0x1A, 0x52, 0x1A, 0x12), "printer.cutter_stuck"),
        ((0x1A, 0x52, 0x32, 0x12), "printer.broken"),
        ((0x1A, 0x52, 0x52, 0x12), "printer.resting"),
        ((0x1A, 0x12, 0x12, 0x12), "printer.offline"),
        ((0x12, 0x52, 0x12, 0x12), "printer.offline"),
    ],
)
def test_the_bits_of_the_references_mean_what_they_say(
    answers: tuple[int, int, int, int], trouble: str | None
) -> None:
    assert decode(*answers, simulated=False).trouble == trouble


def test_one_stream_holds_every_kind_of_answer_and_each_is_told_apart() -> None:
    stream = b"\x12" + b"\x14\x00\x00\x0f" + b"_MAKER\x00" + b"\x13" + b'7"abcd\x00' + b"\x03\xff"
    assert Replies().feed(stream) == [
        RealTime(0x12),
        Text(b"MAKER"),
        Report(b'7"abcd'),
        InOrder(3),
        Stray(0xFF),
    ]


@given(NOISE, st.integers(1, 20))
def test_any_bytes_of_a_printer_are_cut_the_same_in_pieces_and_whole(
    data: bytes, size: int
) -> None:
    whole, pieces = Replies(), Replies()
    parts = [pieces.feed(data[at : at + size]) for at in range(0, len(data), size)]
    assert [reply for part in parts for reply in part] == whole.feed(data)


def test_a_text_that_never_ends_is_noise() -> None:
    replies = Replies().feed(b"_" + b"A" * 1000)
    assert len(replies) >= MAX_TEXT
    assert not any(isinstance(reply, Text) for reply in replies)


@settings(max_examples=300)
@given(LANGUAGE | NOISE, st.integers(1, 20))
def test_any_bytes_are_worked_off_the_same_in_pieces_and_whole(data: bytes, size: int) -> None:
    whole, pieces = Interpreter(), Interpreter()
    whole.feed(data)
    done = []
    for at in range(0, len(data), size):
        pieces.feed(data[at : at + size])
        done += all_steps(pieces)
    assert done == all_steps(whole)
    assert pieces.waiting == whole.waiting
    assert pieces.unknown == whole.unknown


@settings(max_examples=100, deadline=None)
@given(LANGUAGE | NOISE, st.sampled_from([58, 80]))
def test_any_bytes_give_a_picture_of_bounded_length(data: bytes, width: int) -> None:
    printer, paper = Interpreter(), Paper(width)
    printer.feed(data)
    for step in all_steps(printer):
        if type(step).__name__ in ("Printed", "Fed", "Coded", "Pictured"):
            paper.put(step)  # type: ignore[arg-type]
    slip = paper.cut()
    assert slip.png.startswith(b"\x89PNG")
    assert int.from_bytes(slip.png[20:24], "big") <= MAX_DOTS + 48


def test_a_command_that_says_it_is_huge_is_stepped_over() -> None:
    printer = Interpreter()
    printer.feed(b"\x1dv0\x00\xff\xff\xff\xff" + "身".encode("gbk") + b"\n")
    (step,) = all_steps(printer)
    assert isinstance(step, Printed)
    assert step.runs[0].text == "身"


def test_a_picture_and_a_code_are_understood() -> None:
    printer = Interpreter()
    printer.feed(b"\x1ba\x01\x1dv0\x00\x02\x00\x02\x00ABCD")
    printer.feed(b"\x1d(k\x03\x001C\x08\x1d(k\x03\x001E1\x1d(k\x05\x001P0ab\x1d(k\x03\x001Q0")
    assert all_steps(printer) == [Pictured(b"ABCD", 2, 1), Coded(b"ab", 8, 1, 1)]


@pytest.mark.parametrize(
    ("data", "steps"),
    [
        (b"\x1b!\x38a\n", [Printed((Run("a", Style(True, 2, 2)),), 0)]),
        (b"a\x1b!\x00b\n", [Printed((Run("ab", Style()),), 0)]),
        (b"\x1c.\xc9\n", [Printed((Run("?", Style()),), 0)]),
        (b"\x1c&\xff\xff\n", [Printed((Run("?", Style()),), 0)]),
        ("\U00020000\n".encode("gb18030"), [Printed((Run("\U00020000", Style()),), 0)]),
        (b"\x811\x81", []),
        (b"\x1dV\x42\x10", [CutOff()]),
        (b"\x1dV\x42", []),
        (b"\x1dV", []),
        (b"\x1b", []),
        (b"\x1bd", []),
        (b"\x1bi\x1b2\x1bd\x02", [Fed(2)]),
        (CLEAR_BUFFER + b"\n", [Printed((), 0)]),
        (b"\x10\x14\x01\x00\x01\n", [Printed((), 0)]),
        (ask_status(1) + ask_text(67), [Asked("I", b"C")]),
        (ask_process_id(b"abcd") + b"\x1dr\x01", [Asked("H", b"abcd"), Asked("r", b"\x01")]),
        (b"\x1d(H\x02\x00\x31\x30\x1d(Z\x01\x00a\n", [Printed((), 0)]),
        (b"\x1d(k\x02\x002Q\x1d(k\x01\x001\n", [Printed((), 0)]),
        (b"\x1d(k\x03\x001Q0\x1d(k\x02\x001C\x1d(k\x02\x001E\n", [Printed((), 0)]),
        (b"\x1dv0\x00\x00\x00\x01\x00\n", [Printed((), 0)]),
        (b"\x1dv0\x00\x00", []),
    ],
)
def test_a_command_means_what_its_reference_says(data: bytes, steps: list[Step]) -> None:
    printer = Interpreter()
    printer.feed(data)
    assert all_steps(printer) == steps


def test_a_cleared_printer_remembers_nothing() -> None:
    printer = Interpreter()
    printer.feed(b"\x1bE\x01abc\x1d!")
    assert all_steps(printer) == []
    printer.clear()
    printer.feed(b"d\n")
    assert all_steps(printer) == [Printed((Run("d", Style()),), 0)]


def test_a_status_is_plain_for_a_table_and_for_json() -> None:
    plain = decode(0x12, 0x12, 0x12, 0x1E, simulated=True).plain()
    assert (plain["paper_near_end"], plain["trouble"], plain["simulated"]) == (True, None, True)


def test_a_text_ends_with_its_nul_though_it_was_cut() -> None:
    replies = Replies()
    assert replies.feed(b"_half") == []
    replies.drop()
    assert replies.feed(b"\x12") == [RealTime(0x12)]
