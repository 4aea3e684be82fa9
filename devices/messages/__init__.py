"""A sentence in two languages for every code that a device can fail with.

An English title for logs and engineers, a Chinese detail for the person at the screen that says
what to do next. Neither ever holds what a card says. One module a device; a code stands in one.
"""

from . import (
    camera,
    common,
    gnss,
    printer,
    resident_id,
    scanner,
    smartcard,
    social_security_card,
    vendor,
)
from .message import Message

__all__ = ["MESSAGES", "Message"]

MESSAGES: dict[str, Message] = {
    **common.MESSAGES,
    **camera.MESSAGES,
    **gnss.MESSAGES,
    **printer.MESSAGES,
    **resident_id.MESSAGES,
    **scanner.MESSAGES,
    **smartcard.MESSAGES,
    **social_security_card.MESSAGES,
    **vendor.MESSAGES,
}
