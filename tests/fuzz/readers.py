"""Targets for the readers of cards: frames, commands, what cards say."""

from contextlib import suppress

from devices.errors import BadFrame, DeviceError, Refused
from devices.framing import stx_etx
from devices.resident_id import codec, invented, layout, sam_id, simulated_mark, status
from devices.resident_id.layout import Certificate
from devices.resident_id.virtual import VirtualCard, VirtualSam
from devices.smartcard import apdu, atr
from devices.smartcard.apdu import CommandApdu, ResponseApdu
from devices.smartcard.ccid import frames, messages
from devices.smartcard.naming import MAX_CHARACTERS, device_name
from devices.social_security_card import commands
from devices.social_security_card import invented as invented_social
from devices.social_security_card import layout as social_layout
from devices.social_security_card import virtual as social_virtual
from devices.social_security_card.commands import Addressing, Dialect
from devices.social_security_card.layout import LENGTHS, Tag

from .target import Target, frames_of

_SAM_MOST = 7 + codec.MAX_LENGTH
_STX_MOST = 2 * (stx_etx.MAX_DATA + 3) + 2
_CCID_MOST = 2 + messages.MAX_BYTES + 1
_LAID = VirtualCard.of(invented.invented_card(0))
_INSERTED = social_virtual.VirtualCard.of(invented_social.invented_card(0))
_WRITTEN = social_layout.encode(invented_social.invented_card(1))


def sam_frames(data: bytes) -> None:
    """Frames of a security module, both directions."""
    for payload in frames_of(codec.FrameBuffer, data, _SAM_MOST):
        if not isinstance(payload, bytes):
            continue
        assert codec.encode_frame(payload) in data
        with suppress(BadFrame):
            assert codec.Command.decode(payload).encode() == codec.encode_frame(payload)
            reply = codec.Reply.decode(payload)
            assert reply.encode() == codec.encode_frame(payload)
            assert isinstance(status.failure(reply), DeviceError)
            assert codec.BaseRead.decode(reply.data).encode() == reply.data


def sam_answers(data: bytes) -> None:
    """A module's number, a simulator's mark; a module has an answer to any command."""
    try:
        assert sam_id.text_of(data).isascii()
        assert sam_id.is_simulated(data) in (True, False)
    except BadFrame:
        assert len(data) != 16
    photo = simulated_mark.padded(data[: simulated_mark.ROOM])
    assert simulated_mark.content_of(photo) == data[: simulated_mark.ROOM]
    assert len(simulated_mark.content_of(simulated_mark.MARK + data) or b"") <= len(data)
    module = VirtualSam()
    module.present(_LAID)
    for offset in range(0, min(len(data), 8) - 1, 2):
        reply = module.answer(codec.Command(data[offset], data[offset + 1]))
        assert codec.Reply.decode(reply.encode()[7:-1]) == reply


def card_layout(data: bytes) -> None:
    """The 256 bytes of text of all four layouts, and the appended address."""
    space = layout.encode_appended("")[:2]
    text = (data + space * codec.BASE_TEXT_BYTES)[: codec.BASE_TEXT_BYTES]
    for one in (text, data):
        try:
            card = layout.parse(one)
        except Refused:
            continue
        assert layout.parse(layout.encode(card)) == card
        assert all(card.fields().values())
    try:
        address = layout.parse_appended(data)
    except Refused:
        return
    if address is not None:
        assert layout.parse_appended(layout.encode_appended(address)) == address


def stx_etx_frames(data: bytes) -> None:
    """Frames of family A, whole bytes and halves."""
    for split in (False, True):
        for found in frames_of(lambda s=split: stx_etx.FrameBuffer(split=s), data, _STX_MOST):
            if isinstance(found, bytes):
                assert stx_etx.encode(found, split=split) in data
        again = stx_etx.FrameBuffer(split=split)
        again.feed(stx_etx.encode(data, split=split))
        assert (again.pop() == data) if 0 < len(data) <= stx_etx.MAX_DATA else True


def ccid_frames(data: bytes) -> None:
    """CCID on a serial line."""
    for event in frames_of(frames.FrameBuffer, data, _CCID_MOST):
        if isinstance(event, messages.Message):
            assert frames.encode_frame(event) in data
            assert messages.Message.decode(event.encode()) == event
            assert isinstance(messages.failure(event), DeviceError)
            name = device_name("ccid", event.data)
            assert name.isascii()
            assert len(name) <= MAX_CHARACTERS
    with suppress(BadFrame):
        assert messages.Message.decode(data).encode() == data


def apdus(data: bytes) -> None:
    """Commands and answers of ISO 7816-4, and T=0's detours, which end."""
    with suppress(BadFrame):
        assert CommandApdu.decode(data).encode() == data
        assert 5 <= len(CommandApdu.decode(data).tpdu()) <= len(data) + 1
    with suppress(BadFrame):
        assert ResponseApdu.decode(data).encode() == data
    card = _Scripted(data)
    with suppress(BadFrame):
        apdu.exchange(card.transmit, CommandApdu(0, 0xB2, 1, 0x28, le=256))
    assert card.asked <= 8


def answers_to_reset(data: bytes) -> None:
    """A card's answer to reset."""
    try:
        answer = atr.parse(data)
    except BadFrame:
        return
    assert answer.raw == data
    assert answer.protocols
    assert len(answer.history) <= 15
    assert atr.parse(atr.with_history(answer.history)).history == answer.history


def social_security_records(data: bytes) -> None:
    """The records of a social-security card, from cards that answer anything."""
    records = _records(data)
    try:
        card = social_layout.parse(records)
    except Refused:
        pass
    else:
        once = social_layout.parse(social_layout.encode(card))
        assert social_layout.parse(social_layout.encode(once)) == once
        assert (once.name, once.number, once.card_id) == (card.name, card.number, card.card_id)
        assert all(card.fields().values())
    assert 0 <= commands.algorithm_of(data) <= 255
    for addressing in Addressing:
        scripted = _Scripted(data)
        with suppress(DeviceError):
            commands.select(scripted.transmit)
            read = commands.read(scripted.transmit, LENGTHS, Dialect(addressing))
            assert all(len(value) <= 255 for value in read.values())
        assert scripted.asked <= 8 * (len(LENGTHS) + 3)


def social_security_commands(data: bytes) -> None:
    """A simulated card has an answer to any command, and none of its own breaks the reader."""
    card, offset = _INSERTED, 0
    card.reset()
    while offset < len(data):
        end = offset + 1 + data[offset] % 32
        ResponseApdu.decode(card.answer(data[offset + 1 : end]))
        offset = end


class _Scripted:
    """A card that answers with pieces of an input, each as long as its first byte says."""

    def __init__(self, data: bytes) -> None:
        self._left, self.asked = data, 0

    def transmit(self, command: bytes) -> bytes:
        assert 5 <= len(command) <= 261
        self.asked += 1
        length = self._left[0] if self._left else 0
        answer, self._left = self._left[1 : 1 + length], self._left[1 + length :]
        return answer


def _records(data: bytes) -> dict[Tag, bytes]:
    """An invented card's records, some of them replaced by `tag | length | value`."""
    values = dict(_WRITTEN)
    tags = list(values)
    offset = 0
    while offset + 2 <= len(data):
        tag, length = tags[data[offset] % len(tags)], data[offset + 1] % 40
        values[tag] = data[offset + 2 : offset + 2 + length]
        offset += 2 + length
    return values


def _sam_seeds() -> list[bytes]:
    base = codec.BaseRead(layout.encode(invented.invented_card(0)), simulated_mark.BLANK)
    return [
        codec.SAM_STATUS.encode() + codec.FIND.encode() + codec.set_rate(9600).encode(),
        codec.Reply(0, 0, 0x9F, bytes(4)).encode() + codec.Reply(0, 0, 0x80).encode(),
        codec.CLONE_TIMEOUT + codec.Reply(0, 0, 0x90, sam_id.simulated(7)).encode(),
        codec.Reply(0, 0, 0x90, base.encode()).encode(),
    ]


def _layout_seeds() -> list[bytes]:
    cards = [invented.invented_card(index, kind) for index, kind in enumerate(Certificate)]
    return [layout.encode(card) for card in cards] + [layout.encode_appended("演示省虚构市")]


def _stx_seeds() -> list[bytes]:
    said = (bytes.fromhex("CA0100"), bytes.fromhex("0080"), bytes.fromhex("9000") + bytes(40))
    return [stx_etx.encode(one, split=split) for one in said for split in (False, True)]


def _ccid_seeds() -> list[bytes]:
    command = messages.Message(messages.Kind.ESCAPE, b"\x02")
    answer = messages.Message(messages.Kind.DATA_BLOCK, b"\x3b\x00", own=b"\x00\x00\x00")
    away = messages.Message(messages.Kind.SLOT_STATUS, own=b"\x42\xfe\x00")
    return [
        frames.encode_frame(command) + frames.encode_frame(answer),
        frames.CardMoved(True).encode() + b"\xff" + frames.encode_frame(away) + frames.REFUSAL,
    ]


def _apdu_seeds() -> list[bytes]:
    return [
        commands.select_application().encode(),
        commands.read_record(Tag.NAME, Dialect()).encode(),
        bytes.fromhex("02611E 03016C12 0400009000".replace(" ", "")),
    ]


def _social_seeds() -> list[bytes]:
    tags = list(LENGTHS)
    values = social_layout.encode(invented_social.invented_card(0))
    records = [bytes((tags.index(tag), len(v))) + v for tag, v in values.items()]
    answers = [bytes((tag, len(v))) + v + b"\x90\x00" for tag, v in values.items()]
    scripted = b"".join(bytes((len(one),)) + one for one in [b"\x90\x00", *answers])
    return [b"".join(records[:5]), b"".join(records[5:]), scripted]


TARGETS = [
    Target("resident_id.codec", sam_frames, _sam_seeds, 1500),
    Target("resident_id.answers", sam_answers, lambda: [sam_id.simulated(1), b"\x20\x01\x20\x02"]),
    Target("resident_id.layout", card_layout, _layout_seeds, 256),
    Target("framing.stx_etx", stx_etx_frames, _stx_seeds),
    Target("smartcard.ccid", ccid_frames, _ccid_seeds),
    Target("smartcard.apdu", apdus, _apdu_seeds),
    Target("smartcard.atr", answers_to_reset, lambda: [atr.with_history(b"SIM"), b"\x3b\x00"], 40),
    Target("social_security_card.layout", social_security_records, _social_seeds),
    Target("social_security_card.virtual", social_security_commands, _apdu_seeds),
]
