"""What differs between resident-ID readers, and what a hospital may choose."""

from dataclasses import dataclass

from .codec import RATES


@dataclass(frozen=True)
class ReaderSettings:
    """Times in seconds, beside the time that the bytes need on the wire.

    Raises `ValueError` for a rate to switch to that no reader knows.
    """

    baudrate: int = 115_200
    """The rate that the reader has when it starts."""
    switch_to: int | None = None
    """The rate to go over to once it answers, and again whenever it has started anew.

    A reader that stays at its own rate is read at that.
    """
    detect_rate: bool = False
    """Look for the reader at every rate, where it does not answer at the one that is expected."""
    tries: int = 3
    """How often a command, and a whole read, is tried."""
    find_interval: float = 0.1
    """Between two questions whether a card is there."""
    find_timeout: float = 0.1
    select_timeout: float = 0.1
    status_timeout: float = 0.3
    appended_timeout: float = 1.5
    base_timeout: float = 2.0
    """These five as one production driver has them (one public source)."""
    reset_timeout: float = 1.0
    reset_code: int = 0x10
    """The command that resets the module: 10 in one public source, 01 in another."""
    select_unfound: bool = False
    """Take a card that can be selected for one that is there, though find says no.

    For readers on which find fails while a card that was read stays in the field (a hypothesis).
    """
    appended_address: bool = False
    """Read the newest appended address (追加地址) too, as the field `appended_address`.

    Off unless a hospital needs it: no decision on identity uses an address, and what is not read
    cannot be lost (data minimisation, PIPL Art. 6). It also costs another question.
    """
    halved: bool = False
    """Family A: whether every byte is sent in halves (A′)."""
    has_module: bool = False
    """Family A: whether the hospital knows that the reader holds a security module, which then has
    authenticated every card that it reads. The line itself does not tell.
    """
    no_card_status: bytes | None = None
    """Family A: what the reader answers while no card is there, two bytes.

    No public source says it. None takes every answer but success for it.
    """

    def __post_init__(self) -> None:
        if self.switch_to is not None and self.switch_to not in RATES:
            raise ValueError(f"no reader knows the rate {self.switch_to}")
