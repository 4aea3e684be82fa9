"""Targets for receipt printers: what they say, what they are told, and the lines of a slip."""

from devices.printer import Field, Garbled, Paragraph, PrinterSettings, Slip
from devices.printer import status as statuses
from devices.printer.commands import ask_process_id, ask_status, ask_text, pieces
from devices.printer.interpreter import CutOff, Interpreter, Printed, Reset, Step
from devices.printer.layout import Line, cells, lay_out
from devices.printer.replies import MAX_TEXT, Replies

from . import target
from .target import Target

_SLIP = Slip("院", "凭条", (Field("时间", "09:30"), Paragraph("身份已确认。", bold=True)), "a:b:c")


def replies_of(data: bytes) -> None:
    """Answers are cut the same whatever pieces they come in; four bytes are a status or none."""
    whole, split = Replies(), Replies()
    found = whole.feed(data)
    again = []
    for piece in target.pieces(data):
        again += split.feed(piece)
        assert len(split._held) <= MAX_TEXT
    assert found == again, "the pieces in which bytes come change what they say"
    for at in range(len(data) - 3):
        four = data[at : at + 4]
        try:
            statuses.decode(*four, simulated=False)
        except Garbled:
            assert not all(map(statuses.is_answer, four))


def told(data: bytes) -> None:
    """Commands are worked off the same whole and in pieces, and to their end."""
    whole, split = Interpreter(), Interpreter()
    whole.feed(data)
    again = []
    for piece in target.pieces(data):
        split.feed(piece)
        again += _steps(split)
    assert _steps(whole) == again, "the pieces in which bytes come change what they say"
    assert whole.waiting == split.waiting


def slips(data: bytes) -> None:
    """Whatever a slip says fits the paper and tells the printer nothing but that."""
    text = data.decode("utf-8", "replace")
    slip = Slip(text[:20], text[20:40], (Field(text[:9], text), Paragraph(text)), footer=(text,))
    for width in (58, 80):
        settings = PrinterSettings(width=width)  # type: ignore[arg-type]
        lines = lay_out(slip, settings.columns)
        for line in lines:
            assert isinstance(line, Line)
            assert cells(line.text) * (2 if line.double else 1) <= settings.columns
        printer = Interpreter()
        printer.feed(b"".join(pieces(lines, settings)))
        kinds = [type(step) for step in _steps(printer)]
        assert (kinds.count(Reset), kinds.count(CutOff), printer.waiting) == (1, 1, 0)
        assert kinds.count(Printed) == len(lines)


def _steps(printer: Interpreter) -> list[Step]:
    return list(iter(printer.step, None))


def _told_seeds() -> list[bytes]:
    items = lay_out(_SLIP, 48)
    asked = ask_status(1) + ask_text(66) + ask_process_id(b"abcd") + b"\x1dr\x01"
    drawn = pieces(items, PrinterSettings(qr_size=1, qr="raster"))
    return [b"".join(pieces(items, PrinterSettings())), asked, *drawn[:4]]


TARGETS = [
    Target(
        "printer.replies",
        replies_of,
        lambda: [b"\x12\x16\x12\x72", b'_MAKER\x007"abcd\x00\x00', b"\x14\x00\x00\x0f\x13\x11"],
        256,
    ),
    Target("printer.commands", told, _told_seeds),
    Target(
        "printer.slips",
        slips,
        lambda: ["姓名（甲一），请到人工窗口。Service counter □(yǎn)".encode()],
        96,
    ),
]
