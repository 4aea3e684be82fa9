"""Targets for scanners, GNSS receivers, the list of devices, and the texts that cards hold."""

import json
import math
import tomllib
from datetime import UTC, datetime, timedelta

from codes import gb18030, id_number, names, qr
from codes.errors import InvalidCode
from codes.qr import QrKind, QrPatterns
from devices.errors import BadFrame, DeviceError
from devices.gnss import Doubtful, Fix, GnssSettings, NoFix, gate
from devices.gnss import codec as nmea
from devices.gnss.assembler import Assembler, Moment
from devices.gnss.codec import Sentence, SentenceBuffer
from devices.gnss.sentences import Dtm, Gga, Gst, Rmc, understand
from devices.gnss.virtual import NOWHERE, Epoch, burst
from devices.manager.config import ConfigError, parse
from devices.manager.lists import written
from devices.scanner import codec as scans
from devices.scanner.codec import Scan, ScanBuffer
from devices.scanner.invented import invented_code
from devices.scanner.virtual import Ending, message

from .target import Target, pieces

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_PATTERNS = QrPatterns(("MZ(?P<number>[0-9]{6})", "[0-9]{8}"), ("SSC[A-Z0-9]{10}",))


def scanned(data: bytes) -> None:
    """Messages of a scanner, whole and in pieces, with silences between them or none."""
    found = []
    for cut in (iter((data,)), pieces(data)):
        buffer, said, at = ScanBuffer(), [], 0.0
        for piece in cut:
            at += 0.01
            buffer.feed(piece, at)
            said += _scans(buffer)
            assert len(buffer._open) <= scans.MAX_MESSAGE + len(data)
        buffer.quiet(at + 1)
        assert not buffer.open
        found.append(said + _scans(buffer))
    assert found[0] == found[1], "the pieces in which bytes come change what they say"
    with_silences = ScanBuffer(gap_ends=False)
    for place, piece in enumerate(pieces(data)):
        with_silences.feed(piece, place)
        with_silences.quiet(place + 0.5)
        _scans(with_silences)
        assert not with_silences.open


def codes_of(data: bytes) -> None:
    """What kind a code is, by its text."""
    text = data.decode("utf-8", "replace")
    for patterns in (None, _PATTERNS):
        code = qr.classify(text, patterns)
        insurance = (QrKind.NHSA_QR, QrKind.FACE_AUTHORISATION, QrKind.MINI_PROGRAM)
        assert (code.province is not None) == (code.kind in insurance)
        assert (code.number is not None) == (code.kind is QrKind.HOSPITAL_NUMBER)
        assert not code.invented or code.province == "99"
        assert code.number is None or code.number in text
        assert code.number is None or repr(code).find(code.number) < 0


def sentences_on_a_line(data: bytes) -> None:
    """NMEA 0183 between any bytes."""
    whole, split = SentenceBuffer(), SentenceBuffer()
    found = whole.feed(data)
    again = []
    for piece in pieces(data):
        again += split.feed(piece)
        assert len(split._held) <= nmea.MAX_SENTENCE
    assert found == again, "the pieces in which bytes come change what they say"
    assert all(b"$%b*" % sentence.text.encode("ascii") in data for sentence in found)


def sentences_understood(data: bytes) -> None:
    """The fields of sentences whose checksum holds."""
    for body in _bodies(data):
        found = SentenceBuffer().feed(nmea.encode(body))
        assert [one.text for one in found] == [body]
        try:
            said = understand(found[0])
        except BadFrame:
            continue
        assert said is None or isinstance(said, Gga | Rmc | Gst | Dtm)
        if isinstance(said, Gga | Rmc) and said.position is not None:
            assert abs(said.position.latitude) <= 90
            assert abs(said.position.longitude) <= 180
        if isinstance(said, Gga) and said.hdop is not None:
            assert math.isfinite(said.hdop)


def fixes(data: bytes) -> None:
    """Sentences to fixes."""
    assembler, at = Assembler(GnssSettings()), 0.0
    for place, body in enumerate(_bodies(data)):
        at += 0.2
        moment = Moment(at, _BEGAN + timedelta(seconds=at))
        outcomes = assembler.take(Sentence(body), moment)
        outcomes += assembler.quiet(moment) if place % 3 == 2 else []
        for outcome in outcomes:
            assert isinstance(outcome, Fix | NoFix | Doubtful)
            if isinstance(outcome, Fix):
                json.dumps(outcome.plain(), allow_nan=False)
                assert outcome.quality in (1, 2, 3, 4, 5, 9)
                assert isinstance(gate(outcome, moment.utc), list)


def lists_of_devices(data: bytes) -> None:
    """A TOML, and any document: devices or one typed error."""
    try:
        document = tomllib.loads(data.decode("utf-8", "replace"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    try:
        devices = parse(document)
    except ConfigError:
        return
    try:
        text = written(devices)
    except TypeError:
        return
    assert parse(tomllib.loads(text)) == devices


def gb18030_texts(data: bytes) -> None:
    """GB 18030-2022, both ways."""
    try:
        text = gb18030.decode(data)
    except InvalidCode:
        pass
    else:
        assert gb18030.decode(gb18030.encode(text)) == text
    plain = data.decode("utf-8", "replace")
    assert gb18030.decode(gb18030.encode(plain)) == plain
    gb18030.assigned(plain)


def names_of_people(data: bytes) -> None:
    """Masked and normalised."""
    name = data.decode("utf-8", "replace")
    key = names.normalise(name)
    assert names.normalise(key) == key
    shown = names.masked(name)
    assert len(shown) <= len(name)


def id_numbers(data: bytes) -> None:
    """Citizens' numbers."""
    text = data.decode("utf-8", "replace")
    try:
        number = id_number.parse(text)
    except InvalidCode:
        return
    assert number.number.upper() == text.upper()
    assert id_number.check_digit(number.number[:17]) == number.number[17]
    assert f"{number.birth:%m%d}" == number.number[10:14]


def _scans(buffer: ScanBuffer) -> list[object]:
    said: list[object] = []
    while True:
        try:
            scan = buffer.pop()
        except DeviceError as error:
            said.append(error.code)
            continue
        if scan is None:
            return said
        _check(scan)
        said.append(scan)


def _check(scan: Scan) -> None:
    assert 0 < len(scan.payload) <= scans.MAX_MESSAGE
    assert scan.text.encode("utf-8") == scan.payload or gb18030.decode(scan.payload) == scan.text
    assert scan.text not in repr(scan) or len(scan.text) < 12
    qr.classify(scan.text)


def _bodies(data: bytes) -> list[str]:
    """Lines as bodies of sentences, with what none can hold left out."""
    kept = bytes(byte for byte in data if byte == 10 or (0x20 <= byte < 0x7F and byte not in b"$*"))
    return [line[: nmea.MAX_SENTENCE - 4].decode("ascii") for line in kept.split(b"\n") if line]


def _nmea_seeds() -> list[bytes]:
    begun = Epoch(_BEGAN, NOWHERE)
    second = Epoch(_BEGAN + timedelta(seconds=1), NOWHERE, 3.0, 90.0)
    return [burst(begun) + burst(second), burst(begun, talker="BD", gst=False)]


def _body_seeds() -> list[bytes]:
    return [
        b"\n".join(line[1:-3] for line in seed.split(b"\r\n") if line) for seed in _nmea_seeds()
    ]


def _toml_seeds() -> list[bytes]:
    entry = '[[device]]\nname = "a"\nkind = "{}"\nport = "COM3"\nsettings = {{ {} }}\n'
    return [
        entry.format(*one).encode()
        for one in (
            ("resident_id", 'dialect = "family_a", no_card_status = "0080", switch_to = 9600'),
            ("social_security_card", 'transport = "family_a", transmit = "0023", power_off = "01"'),
            ("scanner", "idle_gap = 0.1, patterns = { hospital_number = ['[0-9]{8}'] }"),
            ("gnss", "baudrate = 4800, agreement_m = 1.5"),
        )
    ]


TARGETS = [
    Target(
        "scanner.codec",
        scanned,
        lambda: [message(invented_code(i).encode(), ending) for i, ending in enumerate(Ending)],
    ),
    Target("codes.qr", codes_of, lambda: [invented_code(0).encode(), b"MZ123456", b"0" * 64], 160),
    Target("gnss.codec", sentences_on_a_line, _nmea_seeds, 640),
    Target("gnss.sentences", sentences_understood, _body_seeds, 640),
    Target("gnss.assembler", fixes, _body_seeds, 640),
    Target("manager.config", lists_of_devices, _toml_seeds),
    Target("codes.gb18030", gb18030_texts, lambda: ["欧阳䶮".encode("gb18030"), b"\x81\x30"], 64),
    Target("codes.names", names_of_people, lambda: ["欧阳·娜娜".encode(), b"JOHN SMITH"], 64),
    Target("codes.id_number", id_numbers, lambda: [b"99010119900228001X"], 32),
]
