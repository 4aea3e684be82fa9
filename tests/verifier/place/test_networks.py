"""An address is on a site's network or not, however it is written."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.place import PlaceRefused, on_network

SITE = ["10.20.0.0/16", "192.0.2.7", "2001:db8:5::/48"]


@pytest.mark.parametrize(
    ("address", "on"),
    [
        ("10.20.255.1", True),
        ("10.21.0.1", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("::ffff:10.20.1.1", True),
        ("::ffff:10.21.1.1", False),
        ("2001:DB8:5:1::9", True),
        ("2001:db8:6::9", False),
        (" 10.20.1.1 ", True),
        ("", False),
        ("testclient", False),
        ("10.20.1.1, 8.8.8.8", False),
        ("010.20.1.1", False),
        ("fe80::1%eth0", False),
    ],
)
def test_an_address_lies_on_the_network_or_not(address: str, on: bool) -> None:
    assert on_network(address, SITE) is on


def test_a_network_written_in_mapped_form_is_the_plain_one() -> None:
    assert on_network("10.20.3.4", ["::ffff:10.20.0.0/112"])
    assert on_network("::ffff:10.20.3.4", ["::ffff:10.20.0.0/112"])


def test_no_network_holds_nobody() -> None:
    assert not on_network("10.20.1.1", [])


@pytest.mark.parametrize(
    "cidr", ["10.20.0.1/16", "10.20.0.0/33", "ward 3", "", "0.0.0.0/0", "::/0", "::ffff:0:0/96"]
)
def test_a_network_that_is_none_or_is_everything_is_refused(cidr: str) -> None:
    with pytest.raises(PlaceRefused) as refused:
        on_network("10.20.1.1", [cidr])
    assert refused.value.code == "place.network_malformed"


@given(st.ip_addresses(v=4), st.integers(1, 32), st.ip_addresses(v=4))
def test_both_forms_of_an_address_get_one_answer(
    base: ipaddress.IPv4Address, bits: int, address: ipaddress.IPv4Address
) -> None:
    network = ipaddress.ip_network((base, bits), strict=False)
    for written in (str(address), f"::ffff:{address}"):
        assert on_network(written, [str(network)]) is (address in network)
