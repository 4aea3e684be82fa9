"""The page's server: who may enter, and what it hands out."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from devices.manager import Health, State
from kiosk.server import FORBIDDEN, HEADERS, MALFORMED, SUBPROTOCOL, serving
from tests.kiosk.gallery import SCREENS, Gallery
from tests.kiosk.people import NOW
from tests.waiting import WAIT

Test = Callable[[str, Gallery], Awaitable[None]]


def with_a_page(test: Test, *, demo: bool = False) -> None:
    async def run() -> None:
        gallery = Gallery(demo=demo)
        async with serving(gallery, 0) as address:
            await test(address, gallery)

    asyncio.run(run())


async def token_of(address: str) -> str:
    async with httpx.AsyncClient(timeout=WAIT) as http:
        html = (await http.get(address)).text
    return html.partition('name="shualian-token" content="')[2].partition('"')[0]


async def enter(address: str, token: str, origin: str | None = None) -> ClientConnection:
    url = address.replace("http", "ws") + "ws"
    protocols = [Subprotocol(SUBPROTOCOL), Subprotocol(f"token.{token}")]
    mine = Origin(origin if origin is not None else address.rstrip("/"))
    return await connect(url, subprotocols=protocols, origin=mine)


async def close_code(socket: ClientConnection) -> int | None:
    async with asyncio.timeout(WAIT):
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code


def test_a_page_with_the_token_sees_the_screen_and_every_new_one() -> None:
    async def test(address: str, gallery: Gallery) -> None:
        socket = await enter(address, await token_of(address))
        assert json.loads(await socket.recv())["step"] == "attract"
        gallery.show(SCREENS["doors"])
        assert json.loads(await socket.recv())["step"] == "doors"
        gallery.tell(b"jpeg")
        assert await socket.recv() == b"jpeg"
        await socket.close()

    with_a_page(test)


def test_a_touch_arrives_typed() -> None:
    async def test(address: str, gallery: Gallery) -> None:
        socket = await enter(address, await token_of(address))
        await socket.recv()
        await socket.send('{"type": "door", "serial": 3, "door": "resident_id"}')
        await socket.send("nonsense")
        assert await close_code(socket) == MALFORMED
        (touch,) = gallery.touches
        assert touch.model_dump()["door"] == "resident_id"

    with_a_page(test)


@pytest.mark.parametrize(
    "message",
    [
        "{}",
        '{"type": "accept"}',
        '{"type": "start"}',
        '{"type": "start", "serial": 1, "more": 1}',
        '{"type": "key", "serial": 1, "key": "12"}',
        '{"type": "door", "serial": 1, "door": "back"}',
        "[" * 2000,
    ],
)
def test_a_message_that_is_none_closes_the_connection(message: str) -> None:
    async def test(address: str, gallery: Gallery) -> None:
        socket = await enter(address, await token_of(address))
        await socket.send(message)
        assert await close_code(socket) == MALFORMED
        assert gallery.touches == []

    with_a_page(test)


def test_a_message_that_is_too_large_is_not_read() -> None:
    async def test(address: str, gallery: Gallery) -> None:
        socket = await enter(address, await token_of(address))
        await socket.send('{"type":"start","serial":' + " " * 10_000 + "1}")
        assert await close_code(socket) == 1009
        assert gallery.touches == []

    with_a_page(test)


@pytest.mark.parametrize("token", ["", "wrong", "x" * 43])
def test_a_wrong_token_is_closed_with_4403(token: str) -> None:
    async def test(address: str, gallery: Gallery) -> None:
        assert await close_code(await enter(address, token)) == FORBIDDEN

    with_a_page(test)


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "", "https://127.0.0.1"])
def test_another_origin_is_closed_with_4403_even_with_the_token(origin: str) -> None:
    async def test(address: str, gallery: Gallery) -> None:
        socket = await enter(address, await token_of(address), origin)
        assert await close_code(socket) == FORBIDDEN

    with_a_page(test)


def test_another_host_name_gets_neither_page_nor_connection() -> None:
    async def test(address: str, gallery: Gallery) -> None:
        async with httpx.AsyncClient(timeout=WAIT) as http:
            answer = await http.get(address, headers={"host": "evil.test"})
        assert answer.status_code == 421
        assert "token" not in answer.text
        token = await token_of(address)
        protocols = [Subprotocol(SUBPROTOCOL), Subprotocol(f"token.{token}")]
        port = httpx.URL(address).port
        socket = await connect(
            f"ws://evil.test:{port}/ws",
            host="127.0.0.1",
            port=port,
            subprotocols=protocols,
            origin=Origin(address.rstrip("/")),
        )
        assert await close_code(socket) == FORBIDDEN

    with_a_page(test)


def test_each_boot_has_a_token_of_its_own() -> None:
    tokens = []

    async def test(address: str, gallery: Gallery) -> None:
        tokens.append(await token_of(address))

    with_a_page(test)
    with_a_page(test)
    assert len(set(tokens)) == 2
    assert min(map(len, tokens)) >= 43


def test_every_answer_carries_the_strict_headers_and_is_not_kept() -> None:
    async def test(address: str, gallery: Gallery) -> None:
        async with httpx.AsyncClient(base_url=address, timeout=WAIT) as http:
            for path in ("/", "/page/main.mjs", "/web/catalogue.zh.json", "/page/none.css"):
                answer = await http.get(path)
                for name, value in HEADERS.items():
                    assert answer.headers.get_list(name) == [value], (path, name)
        assert "unsafe" not in HEADERS["content-security-policy"]

    with_a_page(test)


@pytest.mark.parametrize(
    "path",
    [
        "/web/__init__.py",
        "/web/notice.py",
        "/page/../agent.py",
        "/page/%2e%2e/agent.py",
        "/page/%2e%2e/settings.py%00.css",
        "/web/",
        "/page/index.html",
    ],
)
def test_only_what_a_page_loads_is_handed_out(path: str) -> None:
    async def test(address: str, gallery: Gallery) -> None:
        async with httpx.AsyncClient(base_url=address, timeout=WAIT) as http:
            assert (await http.get(path)).status_code in (404, 405)

    with_a_page(test)


def test_this_machine_s_monitoring_reads_how_the_devices_are_and_nothing_that_they_read() -> None:
    async def test(address: str, gallery: Gallery) -> None:
        gallery.health_of_devices = [
            Health(
                "scanner", "scanner", "/dev/x", State.LOST, NOW, False, "device.unplugged", 4, 0, 1
            )
        ]
        async with httpx.AsyncClient(base_url=address, timeout=WAIT) as http:
            text = (await http.get("/metrics")).text
        assert 'shualian_device_ready{device="scanner",kind="scanner"} 0' in text
        assert 'shualian_device_losses_total{device="scanner",kind="scanner"} 1' in text

    with_a_page(test)


def test_the_demo_s_newest_slip_is_a_picture_and_elsewhere_there_is_none() -> None:
    async def test(address: str, gallery: Gallery) -> None:
        async with httpx.AsyncClient(base_url=address, timeout=WAIT) as http:
            assert (await http.get("/demo/slip.png")).status_code == 404
            gallery.slips = [b"older", b"newest"]
            answer = await http.get("/demo/slip.png")
        assert (answer.content, answer.headers["content-type"]) == (b"newest", "image/png")

    with_a_page(test)


def test_a_terminal_without_a_demo_never_speaks_of_one() -> None:
    async def test(address: str, gallery: Gallery) -> None:
        socket = await enter(address, await token_of(address))
        await socket.recv()
        gallery.show(replace(SCREENS["notice"]))
        assert json.loads(await socket.recv())["type"] == "screen"

    with_a_page(test)


def test_a_plain_request_to_the_socket_s_address_is_no_page() -> None:
    async def test(address: str, gallery: Gallery) -> None:
        with pytest.raises(InvalidStatus):
            await connect(address.replace("http", "ws") + "none")

    with_a_page(test)
