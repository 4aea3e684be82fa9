"""The adapter and the sandbox, over real HTTP on this machine."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from integrations.nhsa.client import CredentialChannel
from integrations.nhsa.resolver import NhsaResolver
from integrations.nhsa.sandbox.app import Sandbox
from integrations.nhsa.sandbox.serve import SandboxServer
from tests.verifier.serving.hospital import invent
from verifier.identity.resolver import (
    Asked,
    CodeExpired,
    DocumentUnknown,
    ForeignCode,
    PlatformConfused,
    PlatformDown,
    PlatformRefused,
    PlatformTimeout,
    Unresolved,
)
from verifier.trust.sealing import Secret

from .conftest import IMPATIENT, Platform, SandboxClock, opened

ZHANG, LI = invent(1), invent(2, "李四")
ASKED = Asked("settlement", "terminal", "visit")
QR, SOCIAL = "nhsa_qr", "e_social_card"


def test_a_fresh_code_names_its_holder(platform: Platform, resolver: NhsaResolver) -> None:
    found = resolver.resolve(QR, platform.code(ZHANG), ASKED)
    assert (found.name, found.number, found.id_kind) == (ZHANG.name, ZHANG.number, "resident_id")
    assert found.region == "990101"
    assert len(found.token_ref) == 38
    assert found.simulated
    assert ZHANG.number not in repr(found)


def test_a_code_lives_sixty_seconds(platform: Platform, resolver: NhsaResolver) -> None:
    code = platform.code(ZHANG)
    platform.clock.ahead = timedelta(seconds=59)
    assert resolver.resolve(QR, code, ASKED).number == ZHANG.number
    platform.clock.ahead = timedelta(seconds=61)
    with pytest.raises(CodeExpired) as expired:
        resolver.resolve(QR, code, ASKED)
    assert expired.value.simulated
    assert expired.value.note == "code 500159"


def test_a_code_that_the_platform_never_gave_is_expired(resolver: NhsaResolver) -> None:
    with pytest.raises(CodeExpired):
        resolver.resolve(QR, "424" + "1" * 19 + "130000", ASKED)


@pytest.mark.parametrize(
    "code", ["281234567890123456", "opc" + "1" * 19 + "130000", "A1" * 32 + ":1"]
)
def test_a_code_of_another_kind_is_sent_nowhere(
    platform: Platform, resolver: NhsaResolver, code: str
) -> None:
    with pytest.raises(ForeignCode):
        resolver.resolve(QR, code, ASKED)
    assert platform.asked("ec.query") == 0


def test_a_face_authorisation_names_who_stood_before_the_platforms_terminal(
    platform: Platform, resolver: NhsaResolver
) -> None:
    platform.stand_before(LI)
    auth_no = credential_channel(resolver).face_authorise("01301")
    assert auth_no.startswith("ano")
    assert len(auth_no) == 28
    assert resolver.resolve(QR, auth_no, ASKED).number == LI.number
    assert platform.asked("cn.nhsa.auth.check") == 1


def test_the_platforms_own_scanner_reads_and_resolves(
    platform: Platform, resolver: NhsaResolver
) -> None:
    platform.stand_before(LI)
    heard = credential_channel(resolver).read_and_query("01301")
    assert heard.identity.number == LI.number
    assert heard.sandbox


def test_a_social_card_is_opaque_and_asked_for_at_its_own_address(
    platform: Platform, resolver: NhsaResolver
) -> None:
    code = platform.code(ZHANG, SOCIAL)
    assert resolver.resolve(SOCIAL, code, ASKED).number == ZHANG.number
    with pytest.raises(CodeExpired):
        resolver.resolve(SOCIAL, platform.code(ZHANG, QR), ASKED)


def test_an_address_that_is_not_configured_opens_no_door(platform: Platform) -> None:
    with opened(platform.settings(social_url=None)) as resolver:
        assert resolver.takes(QR)
        assert not resolver.takes(SOCIAL)


def test_sign_in_comes_before_the_first_transaction_and_serves_the_next(
    platform: Platform, resolver: NhsaResolver
) -> None:
    for _ in range(3):
        resolver.resolve(QR, platform.code(ZHANG), ASKED)
    assert (platform.asked("9001"), platform.asked("1101")) == (1, 3)


def test_a_lost_sign_in_is_renewed_once(platform: Platform, resolver: NhsaResolver) -> None:
    resolver.resolve(QR, platform.code(ZHANG), ASKED)
    platform.knob("sign_in_lost", on="1101")
    assert resolver.resolve(QR, platform.code(ZHANG), ASKED).region == "990101"
    assert (platform.asked("9001"), platform.asked("1101")) == (2, 3)


def test_a_region_that_cannot_be_asked_for_holds_no_identity_up(
    platform: Platform, resolver: NhsaResolver
) -> None:
    platform.knob("wrong_message", on="1101")
    found = resolver.resolve(QR, platform.code(ZHANG), ASKED)
    assert (found.number, found.region) == (ZHANG.number, "990101")


def test_two_channels_that_name_two_people_are_not_believed(
    platform: Platform, resolver: NhsaResolver
) -> None:
    platform.knob("other_person", on="1101")
    with pytest.raises(PlatformConfused):
        resolver.resolve(QR, platform.code(ZHANG), ASKED)


@pytest.mark.parametrize("fault", ["numbers_as_strings", "gb18030", "slow"])
def test_what_platforms_do_is_lived_with(
    platform: Platform, resolver: NhsaResolver, fault: str
) -> None:
    platform.knob(fault, times=None)
    assert resolver.resolve(QR, platform.code(ZHANG), ASKED).number == ZHANG.number


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("data_not_json", PlatformConfused),
        ("not_json", PlatformConfused),
        ("huge", PlatformConfused),
        ("wrong_message", PlatformRefused),
        ("busy", PlatformDown),
        ("down", PlatformDown),
    ],
)
def test_what_is_no_answer_is_a_typed_error(
    platform: Platform, resolver: NhsaResolver, fault: str, kind: type[Unresolved]
) -> None:
    code = platform.code(ZHANG)
    platform.knob(fault)
    with pytest.raises(kind) as error:
        resolver.resolve(QR, code, ASKED)
    assert type(error.value) is kind
    assert resolver.resolve(QR, code, ASKED).number == ZHANG.number


def test_a_platform_that_says_nothing_is_a_timeout(platform: Platform) -> None:
    platform.knob("timeout")
    with opened(platform.settings(**IMPATIENT)) as resolver, pytest.raises(PlatformTimeout):
        resolver.resolve(QR, platform.code(ZHANG), ASKED)


def test_a_platform_that_is_not_there_is_down() -> None:
    with SandboxServer(Sandbox()) as server:
        settings = Platform(server, SandboxClock()).settings()
    with opened(settings) as resolver, pytest.raises(PlatformDown):
        resolver.resolve(QR, "424" + "1" * 19 + "130000", ASKED)


def test_a_question_that_may_have_arrived_is_not_asked_twice(
    platform: Platform, resolver: NhsaResolver
) -> None:
    platform.knob("down", on="ec.query")
    with pytest.raises(PlatformDown):
        resolver.resolve(QR, platform.code(ZHANG), ASKED)
    assert platform.asked("ec.query") == 1


def test_a_transaction_that_only_reads_is_asked_once_more(
    platform: Platform, resolver: NhsaResolver
) -> None:
    platform.knob("down", on="1101")
    resolver.resolve(QR, platform.code(ZHANG), ASKED)
    assert platform.asked("1101") == 2


def test_a_platform_that_is_away_is_left_alone_for_a_while(
    platform: Platform, resolver: NhsaResolver
) -> None:
    platform.knob("busy", times=None)
    code = platform.code(ZHANG)
    for _ in range(5):
        with pytest.raises(PlatformDown):
            resolver.resolve(QR, code, ASKED)
    assert platform.asked("ec.query") == 3


def test_a_document_that_is_not_configured_is_not_guessed_at(platform: Platform) -> None:
    settings = platform.settings(id_kinds={"08": "passport"})
    with opened(settings) as resolver, pytest.raises(DocumentUnknown) as unknown:
        resolver.resolve(QR, platform.code(ZHANG), ASKED)
    assert unknown.value.simulated


def test_signed_headers_open_a_gateway_that_asks_for_them(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("sixteen-letters-or-more\n")
    file.chmod(0o600)
    token = Secret(b"sixteen-letters-or-more")
    with SandboxServer(Sandbox(token=token)) as server:
        platform = Platform(server, SandboxClock())
        code = platform.code(ZHANG)
        with opened(platform.settings()) as unsigned, pytest.raises(PlatformRefused):
            unsigned.resolve(QR, code, ASKED)
        signed = platform.settings(headers="tif", account="demo", secret_file=file)
        with opened(signed) as resolver:
            assert resolver.resolve(QR, code, ASKED).number == ZHANG.number
        file.write_text("another-token-of-enough-letters")
        with opened(signed) as wrong, pytest.raises(PlatformRefused):
            wrong.resolve(QR, code, ASKED)


@pytest.mark.parametrize("fault", [None, "wrong_message", "data_not_json", "not_json", "busy"])
def test_neither_code_nor_person_is_in_logs_addresses_or_errors(
    platform: Platform, resolver: NhsaResolver, caplog: pytest.LogCaptureFixture, fault: str | None
) -> None:
    code = platform.code(ZHANG)
    if fault:
        platform.knob(fault, times=None)
    said = ""
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as logs:
        for _ in range(4):
            try:
                said += repr(resolver.resolve(QR, code, ASKED))
            except Unresolved as error:
                said += f"{error!r} {error} {error.__cause__!r} {error.note}"
    said += caplog.text + json.dumps(logs)
    assert said
    for secret in (code, ZHANG.number, ZHANG.name):
        assert secret not in said


@contextmanager
def a_server_that_drips() -> Iterator[str]:
    """Answers at once, and then one byte after another without end."""
    import asyncio

    from starlette.applications import Starlette
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    async def endless() -> Any:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    async def answer(_: Any) -> StreamingResponse:
        return StreamingResponse(endless())

    sandbox = Sandbox()
    sandbox.app = Starlette(routes=[Route("/ec", answer, methods=["POST"])])
    with SandboxServer(sandbox) as server:
        yield server.code_url


def test_an_answer_that_never_ends_is_left() -> None:
    with SandboxServer(Sandbox()) as server, a_server_that_drips() as url:
        settings = Platform(server, SandboxClock()).settings(code_url=url, **IMPATIENT)
        with opened(settings) as resolver, pytest.raises(PlatformTimeout):
            resolver.resolve(QR, "424" + "1" * 19 + "130000", ASKED)


def test_a_redirect_is_not_followed(platform: Platform) -> None:
    with httpx.Client() as http:
        answer = http.get(platform.server.code_url)
    assert answer.status_code == 405
    settings = platform.settings(code_url=platform.server.code_url + "/")
    with opened(settings) as resolver, pytest.raises(PlatformConfused):
        resolver.resolve(QR, platform.code(ZHANG), ASKED)


def credential_channel(resolver: NhsaResolver) -> CredentialChannel:
    channel = resolver.channel(QR)
    assert channel is not None
    return channel
