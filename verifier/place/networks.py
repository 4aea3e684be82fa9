"""Whether a request came from a site's own network, by its address."""

import ipaddress
from collections.abc import Iterable

from .errors import PlaceRefused

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


def on_network(address: str, cidrs: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks, IPv4 in its mapped form (::ffff:…) included.

    The address must be the connection's own, or one that a trusted proxy vouches for: a header is
    the sender's word. What is no address lies in none.

    Raises:
        PlaceRefused: `place.network_malformed`, where a network is not written as one.
    """
    ranges = [_network(cidr) for cidr in cidrs]
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return False
    plain = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return any((plain or parsed) in one for one in ranges)


def _network(cidr: str) -> Network:
    try:
        network = ipaddress.ip_network(cidr.strip())
    except ValueError as error:
        raise _refused(f"{cidr!r} is no network: {error}") from None
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        mapped = int(network.network_address) & 0xFFFFFFFF
        network = ipaddress.IPv4Network((mapped, network.prefixlen - 96))
    if network.prefixlen == 0:
        raise _refused(f"{cidr!r} is the whole internet: name the site's own network")
    return network


def _refused(message: str) -> PlaceRefused:
    return PlaceRefused("place.network_malformed", message)
