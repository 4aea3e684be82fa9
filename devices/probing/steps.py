"""The steps of a probe. Each takes an open line, tells what it did, and says whom it found."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from devices.errors import BadFrame, Timeout
from devices.framing import stx_etx
from devices.gnss.codec import Sentence, SentenceBuffer
from devices.gnss.sentences import TALKERS, Gga, understand
from devices.resident_id import codec, sam_id, simulated_mark
from devices.resident_id.answers import exchange
from devices.resident_id.codec import BaseRead, FrameBuffer, Reply
from devices.resident_id.family_a import READ_ALL, SUCCESS
from devices.serial_line import SerialLine
from devices.smartcard.ccid import frames
from devices.smartcard.ccid.driver import SIMULATED_FIRMWARE
from devices.smartcard.ccid.messages import Kind, Message
from devices.smartcard.naming import device_name

from .found import Found, Step

Tell = Callable[[Step], None]

GNSS_RATES = (9600, 4800, 115_200, 38_400)
PRINTER_RATES = (9600, 19_200, 38_400, 115_200)
PRINTER_STATUS = bytes.fromhex("100401")
"""`DLE EOT 1`, in the ESC/POS family; the answer is one byte `0xx1 xx10`, xx1x if off line."""
_FIXED_BITS, _FIXED_VALUE = 0x93, 0x12
_EPOCH_S = 1.5
"""More than the time from one sentence of a receiver to the same one again."""
_PRINTER_S, _SAM_S, _CCID_S, _FAMILY_A_S = 0.3, 0.3, 1.5, 2.0
_DEFAULT_RATES = {"gnss": 9600, "printer": 9600, "resident_id": 115_200}


def listen(line: SerialLine, tell: Tell, seconds: float) -> Found | None:
    """A GNSS receiver, which speaks unasked. A line that is silent at one rate is so at all."""
    for rate in _rates(line, GNSS_RATES):
        ear = _Ear(time.monotonic() + seconds)
        while ear.listens and (data := line.read(ear.until)):
            ear.hear(data)
        tell(Step("listen for a GNSS receiver", rate, b"", ear.words))
        if ear.receiver:
            return Found("gnss", _rate_setting("gnss", rate), None, ear.simulated)
        if not ear.heard:
            return None
    return None


def printer(line: SerialLine, tell: Tell) -> Found | None:
    """A receipt printer that tells its real-time status, twice: one byte could be noise."""
    for rate in _rates(line, PRINTER_RATES):
        answers = [_answer_of_printer(line) for _ in range(2)]
        found = all(len(a) == 1 and a[0] & _FIXED_BITS == _FIXED_VALUE for a in answers)
        words = "a printer's status" if found else _heard(answers[0])
        tell(Step("ask for a printer's status", rate, PRINTER_STATUS, words))
        if found:
            return Found("printer", _rate_setting("printer", rate))
        line.drop_until_quiet()
    return None


def sam(line: SerialLine, tell: Tell) -> Found | None:
    """A resident-ID reader's security module, at any of its rates."""
    for rate in _rates(line, codec.RATES):
        question = codec.SAM_STATUS.encode()
        status = _of_sam(line, question)
        words = "nothing" if status is None else f"status {status.sw3:02X}"
        tell(Step("ask for a security module's status", rate, question, words))
        if status is not None:
            named = _of_sam(line, codec.SAM_ID.encode())
            return Found("resident_id", _rate_setting("resident_id", rate), *_named(named))
        line.drop_until_quiet()
    return None


def ccid(line: SerialLine, tell: Tell) -> Found | None:
    """A serial CCID reader, by its firmware's name; whether it echoes is seen beside."""
    command = Message(Kind.ESCAPE, b"\x02")
    line.drop_until_quiet()
    line.write(frames.encode_frame(command))
    heard, echoed, firmware = frames.FrameBuffer(), False, None
    until = time.monotonic() + _CCID_S
    while firmware is None and (data := line.read(until)):
        heard.feed(data)
        for event in _events(heard):
            if event == command:
                echoed = True
            elif isinstance(event, Message) and event.kind == Kind.ESCAPE_ANSWER:
                firmware = event.data
    rate = None if line.rate_is_fixed else line.baudrate
    words = "nothing" if firmware is None else "a firmware's name"
    tell(Step("ask for a card reader's firmware", rate, frames.encode_frame(command), words))
    if firmware is None:
        return None
    simulated = firmware == SIMULATED_FIRMWARE
    settings: dict[str, Any] = {} if echoed else {"echo": False}
    return Found("social_security_card", settings, device_name("ccid", firmware), simulated)


def family_a(line: SerialLine, tell: Tell) -> Found | None:
    """A resident-ID reader of family A, whole bytes or halves. A card's text and photo may be the
    answer; they are dropped.
    """
    rate = None if line.rate_is_fixed else line.baudrate
    for halved in (False, True):
        question = stx_etx.encode(READ_ALL, split=halved)
        try:
            answer = exchange(line, question, stx_etx.FrameBuffer(split=halved), _FAMILY_A_S)
        except (BadFrame, Timeout) as error:
            tell(Step("ask a reader of family A to read", rate, question, error.code))
            line.drop_until_quiet()
            continue
        tell(Step("ask a reader of family A to read", rate, question, "a frame of family A"))
        settings = {"dialect": "family_a"} | ({"halved": True} if halved else {})
        return Found("resident_id", settings, None, _simulated_photo(answer))
    return None


def _rates(line: SerialLine, rates: tuple[int, ...]) -> Iterator[int | None]:
    """The line at one rate after another; once, and None, where a serial server has its own."""
    if line.rate_is_fixed:
        yield None
        return
    for rate in rates:
        line.set_rate(rate)
        line.drop_waiting()
        yield rate


def _rate_setting(kind: str, rate: int | None) -> Mapping[str, Any]:
    return {} if rate in (None, _DEFAULT_RATES[kind]) else {"baudrate": rate}


class _Ear:
    """What one rate has brought. From a receiver's first sentence on it waits for a GGA, in which a
    simulator says so.
    """

    def __init__(self, until: float) -> None:
        self.until, self.heard = until, 0
        self.receiver = False
        self.simulated: bool | None = None
        self._sentences = SentenceBuffer()

    @property
    def listens(self) -> bool:
        return self.simulated is None and time.monotonic() < self.until

    @property
    def words(self) -> str:
        if self.receiver:
            return "NMEA 0183"
        return f"{self.heard} bytes, no sentence" if self.heard else "silence"

    def hear(self, data: bytes) -> None:
        self.heard += len(data)
        for sentence in self._sentences.feed(data):
            if not self.receiver and sentence.address[:2] in TALKERS:
                self.receiver, self.until = True, time.monotonic() + _EPOCH_S
            if self.simulated is None:
                self.simulated = _mark(sentence)


def _mark(sentence: Sentence) -> bool | None:
    try:
        said = understand(sentence)
    except BadFrame:
        return None
    return said.simulated if isinstance(said, Gga) else None


def _answer_of_printer(line: SerialLine) -> bytes:
    line.drop_waiting()
    line.write(PRINTER_STATUS)
    first = line.read(time.monotonic() + _PRINTER_S + line.wire_time(len(PRINTER_STATUS) + 1))
    return first + (line.read(time.monotonic() + line.wire_time(2)) if first else b"")


def _heard(answer: bytes) -> str:
    return f"{len(answer)} bytes, no status" if answer else "nothing"


def _of_sam(line: SerialLine, question: bytes) -> Reply | None:
    try:
        return Reply.decode(exchange(line, question, FrameBuffer(), _SAM_S, codec.CLONE_TIMEOUT))
    except (BadFrame, Timeout):
        return None


def _named(reply: Reply | None) -> tuple[str | None, bool | None]:
    if reply is None or len(reply.data) != 16:
        return None, None
    return f"sam:{sam_id.text_of(reply.data)}", sam_id.is_simulated(reply.data)


def _events(heard: frames.FrameBuffer) -> Iterator[frames.Event]:
    while True:
        try:
            event = heard.pop()
        except BadFrame:
            continue
        if event is None:
            return
        yield event


def _simulated_photo(answer: bytes) -> bool | None:
    try:
        body = BaseRead.decode(answer[2:]) if answer[:2] == SUCCESS else None
    except BadFrame:
        return None
    return None if body is None else simulated_mark.is_simulated(body.photo)
