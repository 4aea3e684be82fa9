"""What can go wrong with a device: one type a kind, one stable code a cause, a sentence for people.

A code's sentences stand in `devices.messages`.
"""

from .messages import MESSAGES, Message

__all__ = [
    "MESSAGES",
    "BadFrame",
    "CardRemoved",
    "DeviceError",
    "Message",
    "NoCard",
    "Refused",
    "Timeout",
    "Unplugged",
]


class DeviceError(Exception):
    """A device's failure. `note` is for the log and holds nothing personal.

    Raised with a code other than its type's own where the type has several causes.
    """

    default_code = "device.timeout"

    def __init__(self, code: str | None = None, note: str = "") -> None:
        self.code = code or self.default_code
        self.note = note
        super().__init__(f"{self.code}: {note or self.title}")

    @property
    def title(self) -> str:
        """English, one sentence."""
        return MESSAGES[self.code].title

    @property
    def detail(self) -> str:
        """Chinese, fit for the screen: what to do next."""
        return MESSAGES[self.code].detail


class NoCard(DeviceError):
    """Nothing was on the reader in the time allowed."""

    default_code = "device.no_card"


class CardRemoved(NoCard):
    """A card was found and taken away before it was read: ask for it again."""

    default_code = "device.card_removed"


class Timeout(DeviceError):
    """The device is connected and says nothing."""

    default_code = "device.timeout"


class BadFrame(DeviceError):
    """The device's answer is truncated, garbled, out of step or fails its checksum."""

    default_code = "device.bad_frame"


class Unplugged(DeviceError):
    """The device is not there, or went away. Open it again when it is back."""

    default_code = "device.unplugged"


class Refused(DeviceError):
    """The device, the card or the port says no; the code says why."""

    default_code = "resident_id.reader_error"
