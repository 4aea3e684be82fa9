"""Where a webhook may go: into the hospital's own network, and nowhere by a detour.

A name is looked up when a message is sent, every address that it has must be private, and the
connection goes to the very address that was looked at: a name that changes in between changes
nothing. Redirects are not followed.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from verifier.settings import is_private_address

MOST_URL = 500


class AddressRefused(Exception):
    """No message goes there. Codes: `webhook.address_malformed`, `webhook.address_public`,
    `webhook.address_unknown`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Target:
    """One address to connect to, and what to say there.

    Attributes:
        url: with the address in the place of the name.
        host: the name (and port) for the `Host` header.
        name: for the certificate.
    """

    url: str
    host: str
    name: str


def checked(url: str, *, public: bool = False) -> str:
    """The URL, if its form and, where it names one, its address will do. Raises `AddressRefused`.

    `public` lets other than private addresses pass.
    """
    parts = _parsed(url)
    host = parts.hostname or ""
    if _is_literal(host) and not (public or is_private_address(host)):
        raise AddressRefused("webhook.address_public")
    return url


def target(url: str, *, public: bool = False) -> Target:
    """Where to connect now. Asks the name service. Raises `AddressRefused`."""
    parts = _parsed(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused("webhook.address_unknown") from None
    addresses = [str(each[4][0]) for each in found]
    if not addresses:
        raise AddressRefused("webhook.address_unknown")
    if not public and not all(is_private_address(each) for each in addresses):
        raise AddressRefused("webhook.address_public")
    first = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
    return Target(parts._replace(netloc=f"{first}:{port}").geturl(), parts.netloc, host)


def _parsed(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("webhook.address_malformed") from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= MOST_URL
    if not plain or parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise AddressRefused("webhook.address_malformed")
    if parts.username is not None or parts.fragment or parts.query:
        raise AddressRefused("webhook.address_malformed")  # nothing personal, no secret in it
    return parts


def _is_literal(host: str) -> bool:
    """An address, in an old spelling (`134744072`) too, that says where it leads."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        try:
            socket.inet_aton(host)
        except OSError:
            return False
    return True
