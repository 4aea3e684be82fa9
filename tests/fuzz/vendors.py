"""Targets for what comes from a vendor's library through its host program."""

import json
import tomllib
from contextlib import suppress
from pathlib import Path

from devices.errors import DeviceError, Refused
from devices.resident_id.invented import invented_card
from devices.social_security_card import read_card_bas
from devices.social_security_card.invented import invented_card as social_card
from devices.vendor import description, frames, lines, transactions

from .target import Target, pieces

_NOWHERE = Path("/nowhere")
_PARSERS = {
    "social_security_card": lines.social_security_card,
    "resident_id": lines.resident_id,
}


def host_frames(data: bytes) -> None:
    """Frames of the host program, and its answers."""
    found = []
    for cut in (iter((data,)), pieces(data)):
        buffer, bodies = frames.FrameBuffer(), []
        with suppress(DeviceError):
            for piece in cut:
                buffer.feed(piece)
                while (body := buffer.pop()) is not None:
                    bodies.append(body)
        assert len(buffer._held) <= len(data)
        found.append(bodies)
    assert found[0] == found[1], "the pieces in which bytes come change what they say"
    for body in (*found[0], data):
        with suppress(DeviceError):
            answer = frames.parse(body, 1)
            if isinstance(answer, frames.Failure):
                assert len(answer.error) <= 40
                continue
            for text in (False, True):
                with suppress(DeviceError):
                    result = frames.result_of(answer, [4], text=text)
                    assert [len(output) for output in result.outputs] == [4]
            frames.hello_of(answer)


def card_lines(data: bytes) -> None:
    """`ReadCardBas` and `ReadSFZ`."""
    for kind, places in lines.PLACES.items():
        for encoding in ("gb18030", "utf-8"):
            with suppress(Refused):
                given = lines.items(kind, data, encoding, "|", places)
                assert all(given.values())
                said = _PARSERS[kind](given)
                assert said[-1] in (True, False)


def transaction_replies(data: bytes) -> None:
    """What `NationEcTrans` answers."""
    text = data.decode("utf-8", "replace")
    with suppress(DeviceError):
        assert isinstance(transactions.parse(text).data, dict)
    assert len(transactions.shown(text)) <= 16


def descriptions(data: bytes) -> None:
    """The TOML that describes a library."""
    try:
        document = tomllib.loads(data.decode("utf-8", "replace"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    with suppress(DeviceError):
        description.parse(document, _NOWHERE)


def _frame_seeds() -> list[bytes]:
    answers = (
        {"id": 1, "protocol": 1, "bitness": 64, "pid": 2},
        {"id": 1, "returned": 0, "outputs": ["AAAAAA=="]},
        {"id": 0, "error": "refused", "note": "x"},
    )
    bodies = [json.dumps(answer).encode() for answer in answers]
    return [*bodies, b"".join(len(body).to_bytes(4, "little") + body for body in bodies)]


def _line_seeds() -> list[bytes]:
    card, person = social_card(0), invented_card(1)
    bas = read_card_bas(card.fields(), terminal="", device="")
    sfz = f"{person.name}|女|汉|{person.birth:%Y-%m-%d}|某路|{person.number}|20200101|长期|某局"
    return [line.encode(encoding) for line in (bas, sfz) for encoding in ("gb18030", "utf-8")]


def _description_seeds() -> list[bytes]:
    return [
        (
            b'library = "a.dll"\non_start = ["I"]\n[functions.I]\narguments = [{ in_file = "i" }]\n'
            b'[functions.R]\nconvention = "stdcall"\narguments = [{ out = 99 }]\nno_card = [-1]\n'
            b'[readings.resident_id]\nfunction = "R"\nfields = { name = 0, number = 1 }\n'
        ),
        (
            b'library = "b"\n[functions.N]\narguments = [{ in = 1 }, { given = "request" }, '
            b'{ out = 9 }]\nreturns = "text"\nsuccess = "0"\n[transaction]\nfunction = "N"\n'
        ),
    ]


TARGETS = [
    Target("vendor.frames", host_frames, _frame_seeds),
    Target("vendor.lines", card_lines, _line_seeds, 256),
    Target(
        "vendor.transactions",
        transaction_replies,
        lambda: [b'{"code": 0, "data": "{}"}', b'{"code": "1", "data": {}, "extra": null}'],
        256,
    ),
    Target("vendor.description", descriptions, _description_seeds),
]
