"""The whole run stands without another machine; here that the block blocks."""

import asyncio
import socket

import httpx
import pytest

from tests.outgoing import Outgoing, stays_here


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.invalid"])
def test_another_machine_is_out_of_reach(host: str) -> None:
    with pytest.raises(Outgoing):
        socket.create_connection((host, 443), timeout=1)
    with pytest.raises(Outgoing):
        httpx.get(f"http://[{host}]/" if ":" in host else f"http://{host}/")


def test_datagrams_stay_here_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line, pytest.raises(Outgoing):
        line.sendto(b"x", ("192.0.2.1", 514))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line, pytest.raises(Outgoing):
        line.sendmsg([b"x"], [], 0, ("192.0.2.1", 514))
    with pytest.raises(Outgoing):
        socket.gethostbyname("example.invalid")


def test_an_event_loop_gets_no_further() -> None:
    with pytest.raises(Outgoing):
        asyncio.run(asyncio.open_connection("192.0.2.1", 443))


def test_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    assert stays_here("::1")
    assert stays_here(b"localhost")
    assert not stays_here("10.0.0.1")
