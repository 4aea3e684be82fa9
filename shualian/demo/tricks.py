"""The claims that must have no effect, or no second one: (e) to (g) and (k).

What a thief on the line would do is done to a terminal's own claims. Every function gives its rows,
each with what it should have shown.
"""

from dataclasses import replace

from kiosk import claims
from kiosk.agent import Agent
from kiosk.desk import Desk
from kiosk.errors import KioskError
from kiosk.states import Exchange
from kiosk.verifier_client import VerifierClient
from verifier.protocol.claim import Claim
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.values import b64url, from_b64url, now

from .acts import agreed, by_card, failed, name, played, refused_claim, with_card
from .results import Played, Seen, seen_in
from .sample import SamplePerson
from .world import World

FORGED = "claim.signature_invalid"


async def same_claim_again(world: World, person: SamplePerson) -> list[Played]:
    """(e): the same bytes; the same claim and another one from another terminal; another claim."""
    result = await with_card(world, person, person)
    if result.exchange is None:
        return [played("e", name(person), by_card(person), result, case="首次 first")]
    exchange = result.exchange
    who, neighbour, client = name(person), world.neighbour.desk.client, world.agent.desk.client
    return [
        _first(person, exchange),
        await _same_bytes(world, person, exchange),
        await _sent(
            client, _signed_by(world.neighbour, exchange), who, FORGED, "另一终端重签 re-signed"
        ),
        await _sent(
            neighbour,
            _another_claim(world.neighbour, exchange),
            who,
            "challenge.unknown",
            "另一终端 another",
        ),
        await _sent(
            client,
            _another_claim(world.agent, exchange),
            who,
            "challenge.spent",
            "另一声明 new claim",
        ),
    ]


def _first(person: SamplePerson, exchange: Exchange) -> Played:
    answer = exchange.answer
    seen = seen_in(answer.decision)
    return Played("e", name(person), by_card(person), seen, {}, answer, 1, "首次 first")


async def _same_bytes(world: World, person: SamplePerson, exchange: Exchange) -> Played:
    first, expected = exchange.answer, by_card(person)
    try:
        again = await world.agent.desk.client.send(exchange.compact)
    except KioskError as error:
        return Played("e", name(person), expected, failed(error), case="同字节 same bytes")
    checks = {
        "same_receipt": again.receipt == first.receipt,
        "same_decision": again.decision == first.decision,
        "one_row": world.decisions_on(first.decision.claim_digest) == 1,
    }
    seen = seen_in(again.decision)
    return Played("e", name(person), expected, seen, checks, again, 0, "同字节 same bytes")


def _claim_in(exchange: Exchange) -> Claim:
    return Claim.parse(from_b64url(exchange.compact.split(".")[1]))


def _signed_by(agent: Agent, exchange: Exchange) -> str:
    """The very claim, under this terminal's key."""
    return _claim_in(exchange).signed(agent.desk.client.identity.key)


def _another_claim(agent: Agent, exchange: Exchange) -> str:
    """This terminal's own claim of the same evidence, over the challenge that was answered."""
    sent, chain, identity = _claim_in(exchange), agent.desk.chain, agent.desk.client.identity
    claim = claims.build_claim(
        identity,
        exchange.challenge,
        sent.evidence,
        sent.legal_basis,
        counter=chain.next_counter(),
        previous=chain.link.previous,
        at=now(),
    )
    return claim.signed(identity.key)


async def _sent(client: VerifierClient, compact: str, who: str, code: str, case: str) -> Played:
    expected = Seen("refused", code)
    try:
        answer = await client.send(compact)
    except KioskError as error:
        return Played("e", who, expected, failed(error), case=case)
    return Played("e", who, expected, seen_in(answer.decision), {}, answer, case=case)


class AlteringClient(VerifierClient):
    """Somebody on the line who changes one byte of every claim, in its `part` (0, 1 or 2)."""

    part = 0

    async def send(self, compact: str) -> ClaimAnswer:
        """Send it altered."""
        parts = compact.split(".")
        text, middle = parts[self.part], len(parts[self.part]) // 2
        other = "A" if text[middle] != "A" else "B"
        parts[self.part] = text[:middle] + other + text[middle + 1 :]
        return await super().send(".".join(parts))


async def one_byte_altered(world: World, person: SamplePerson) -> list[Played]:
    """(f): own card and own face, altered in the claim's header, payload and signature."""
    evidence = (await world.sight(person)).evidence
    agent, rows = world.agent, []
    async with AlteringClient(agent.desk.client.identity) as client:
        desk = Desk(client, agent.desk.chain, agent.settings.purpose)
        for client.part, case in enumerate(("头部 header", "正文 payload", "签名 signature")):
            rows.append(
                await refused_claim("f", name(person), FORGED, desk, evidence, agreed(), case=case)
            )
    return rows


async def foreign_embedding(world: World, card: SamplePerson, face: SamplePerson) -> list[Played]:
    """(g): another's crop under an embedding of the card's own person."""
    own, other = await world.sight(card), await world.sight(face)
    swapped = other.crop.model_copy(update={"embedding": own.crop.embedding})
    evidence = replace(other.with_crop(swapped), reading=own.reading).evidence
    who, code = f"{name(face)}照片 {name(card)}特征", "capture.embedding_mismatch"
    desk = world.agent.desk
    return [await refused_claim("g", who, code, desk, evidence, agreed(), recorded=1)]


async def no_legal_basis(world: World, person: SamplePerson) -> list[Played]:
    """(k): a picture that is none is not even looked at without a legal basis; with one it is."""
    sight = await world.sight(person)
    no_picture = sight.crop.model_copy(update={"png": b64url(b"no picture")})
    whole, bad = sight.evidence, sight.with_crop(no_picture).evidence
    none, unread = "legal_basis.missing", "capture.undecodable"
    tried = (
        ("无依据 no basis", none, whole, None),
        ("坏图无依据 bad, none", none, bad, None),
        ("坏图有依据 bad, basis", unread, bad, agreed()),
    )
    who, desk = name(person), world.agent.desk
    return [
        await refused_claim("k", who, code, desk, evidence, basis, recorded=1, case=case)
        for case, code, evidence, basis in tried
    ]
