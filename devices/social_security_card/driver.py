"""Reads social-security cards over any card connection; tries again where that can help."""

import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from devices.base import Reading
from devices.closing import Closing
from devices.errors import BadFrame, CardRemoved, DeviceError, NoCard, Refused, Timeout
from devices.smartcard import atr
from devices.smartcard.connection import CardConnection

from . import commands, layout, simulated
from .authentication import CardAuthenticator, CardFacts, Proof
from .commands import Dialect
from .layout import LENGTHS, SocialSecurityCard, Tag

_log = logging.getLogger(__name__)

_BEFORE_PROOF = (Tag.CARD_ID, Tag.VERSION)
_AFTER_PROOF = tuple(tag for tag in LENGTHS if tag not in _BEFORE_PROOF)
_TRANSIENT = frozenset(
    {"smartcard.card_mute", "smartcard.reader_error", "social_security_card.card_error"}
)


@dataclass(frozen=True)
class ReaderSettings:
    """Times in seconds."""

    tries: int = 3
    """How often a whole read is tried."""
    find_interval: float = 0.1
    """Between two questions whether a card is there."""
    dialect: Dialect = field(default_factory=Dialect)


@dataclass(frozen=True)
class _Read:
    card: SocialSecurityCard
    history: bytes
    proof: Proof | None


class SocialSecurityCardReader(Closing):
    """A card reader that is open. Used by one thread at a time."""

    def __init__(
        self,
        connection: CardConnection,
        settings: ReaderSettings | None = None,
        authenticator: CardAuthenticator | None = None,
    ) -> None:
        """Without an authenticator every reading is unauthenticated (未鉴权读取)."""
        self._connection = connection
        self._settings = settings or ReaderSettings()
        self._authenticator = authenticator

    def read(self, timeout: float) -> Reading:
        """Wait up to `timeout` seconds for a card, then read it, which may take longer.

        Raises `NoCard` (none came), `CardRemoved` (it came and went), `Timeout`, `BadFrame`,
        `Unplugged`, or `Refused` with the reader's or the card's reason.
        """
        self._wait_for_card(time.monotonic() + timeout)
        read = self._read_card()
        fields = read.card.fields() | {"atr_history": read.history.hex().upper()}
        if read.proof is not None:
            fields["authenticated_by"] = read.proof.method
        return Reading(
            kind="social_security_card",
            fields=fields,
            device=self._connection.device,
            read_at=datetime.now(UTC),
            authenticated=read.proof is not None,
            simulated=self.simulated or simulated.is_simulated(read.card.card_id, read.history),
        )

    @property
    def simulated(self) -> bool:
        """Whether the reader says so of itself; a simulator's card says it in any reader."""
        return self._connection.simulated

    def rest(self, seconds: float) -> None:
        """Let time pass without a question. Raises `Unplugged` when the reader goes away."""
        self._connection.rest(seconds)

    def close(self) -> None:
        """Give the reader back."""
        self._connection.close()

    def _wait_for_card(self, until: float) -> None:
        while not self._connection.is_card_present():
            pause = min(self._settings.find_interval, until - time.monotonic())
            if pause <= 0:
                raise NoCard("smartcard.no_card")
            time.sleep(pause)

    def _read_card(self) -> _Read:
        for remaining in reversed(range(self._settings.tries)):
            try:
                return self._read_powered()
            except DeviceError as error:
                _log.info("social-security card: %s", error)
                if not remaining or not _worth_another_try(error):
                    if isinstance(error, NoCard):  # some readers notice late that a card is gone
                        raise CardRemoved("smartcard.card_removed") from error
                    raise
            if not self._connection.is_card_present():
                raise CardRemoved("smartcard.card_removed")
        raise AssertionError("unreachable: the last try returns or raises")

    def _read_powered(self) -> _Read:
        answer = atr.parse(self._connection.power_on())
        try:
            read = self._read_application(answer)
        except Refused:  # the card is well and is let go; after other errors the reader may not be
            self._connection.power_off()
            raise
        self._connection.power_off()
        return read

    def _read_application(self, answer: atr.Atr) -> _Read:
        transmit, dialect = self._connection.transmit, self._settings.dialect
        control_information = commands.select(transmit)
        first = commands.read(transmit, _BEFORE_PROOF, dialect)
        proof = self._proof(first, answer, commands.algorithm_of(control_information))
        rest = commands.read(transmit, _AFTER_PROOF, dialect)
        return _Read(layout.parse(first | rest), answer.history, proof)

    def _proof(self, records: dict[Tag, bytes], answer: atr.Atr, algorithm: int) -> Proof | None:
        if self._authenticator is None:
            return None
        card_id = layout.card_id_of(records[Tag.CARD_ID])
        version = layout.version_of(records.get(Tag.VERSION, b"")) or ""
        facts = CardFacts(card_id[:6], version, card_id, answer.raw, algorithm)
        try:
            return self._authenticator.authenticate(self._connection, facts)
        except Refused as refused:
            if refused.code != "social_security_card.authenticator_unable":
                raise
            _log.warning("social-security card: read without authentication: %s", refused)
            return None


def _worth_another_try(error: DeviceError) -> bool:
    """Whether the same card, tried again, may answer otherwise: contacts are dirty, lines hum."""
    return isinstance(error, BadFrame | Timeout | NoCard) or error.code in _TRANSIENT
