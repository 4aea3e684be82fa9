"""No test reaches another machine: what would is refused, in this process, before it is sent.

An audit hook sees every connection that Python opens, asyncio's too, and cannot be taken out again.
Children (PostgreSQL, the browser, a verifier of its own) are out of its reach; they are given
loopback and UNIX sockets only, and the browser's page has a policy that names no other host.
"""

import ipaddress
import socket
import sys
from typing import Any


class Outgoing(Exception):
    """A test would have reached another machine."""


def block() -> None:
    """From now on and for the life of the process."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        line, address = arguments
        if address is not None and line.family != socket.AF_UNIX and not stays_here(address[0]):
            raise Outgoing(f"{event} to {address[0]}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not stays_here(arguments[0]):
        raise Outgoing(f"asking for the address of {arguments[0]}")


def stays_here(host: object) -> bool:
    """Loopback, or no host at all."""
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        said = host.decode() if isinstance(host, bytes) else str(host)
        address = ipaddress.ip_address(said.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
