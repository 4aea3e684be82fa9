"""Decisions out: a feed without gaps, and webhooks that fail, recover, die and are sent again."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from verifier.decision.records import REFUSED
from verifier.his import addresses, decisions, webhooks
from verifier.his.addresses import AddressRefused
from verifier.his.dispatcher import Dispatcher, Turn
from verifier.his.sending import Sender
from verifier.protocol.his import DecidedNow
from verifier.store.feeds import Cursor

from ..fixtures import INSTITUTION
from .his_feed import Feeder, Receiver, item, receiving
from .hospital import Hospital, Terminal, faceless, invent, visit_of

ZHANG, LI = invent(1), invent(2, "李四")
DELAYS = (timedelta(seconds=5), timedelta(seconds=30))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def dispatcher(hospital: Hospital) -> Dispatcher:
    """One whose turns the test takes: the verifier's own is stopped."""
    hospital.site.dispatcher.close()
    parts = hospital.site.parts
    return Dispatcher(parts.engine, parts.keyring, INSTITUTION, hospital.clock, delays=DELAYS)


def subscribe(hospital: Hospital, url: str) -> str:
    with hospital.database.app.begin() as conn:
        return webhooks.add(conn, INSTITUTION, url, "operator", hospital.clock())


def dead(hospital: Hospital) -> list[webhooks.Dead]:
    with hospital.database.app.connect() as conn:
        return webhooks.dead(conn, INSTITUTION)


# The feed


def test_the_feed_holds_each_decision_once_and_goes_on_from_its_cursor(
    hospital: Hospital, terminal: Terminal
) -> None:
    feeder, known = Feeder(hospital), hospital.enrol(ZHANG)
    feeder.put("appointments", item(ZHANG, "A-7"), item(ZHANG, "A-8", state="cancelled"))
    first = terminal.decide(visit_of(ZHANG))
    terminal.refused("nonsense")
    second = terminal.decide(faceless(LI))
    page = feeder.get("decisions").json()
    told = [DecidedNow.model_validate(each) for each in page["decisions"]]
    assert [each.decision for each in told] == [first.decision.id, second.decision.id]
    assert [each.external_id for each in told[0].expected] == ["A-7"]
    assert (told[0].receipt, told[1].sub, told[1].expected) == (first.receipt_id, None, [])
    assert known not in str(page), "the pairwise name alone"
    assert feeder.get(f"decisions?cursor={page['cursor']}").json()["decisions"] == []
    half = feeder.get("decisions?limit=1").json()
    rest = feeder.get(f"decisions?cursor={half['cursor']}").json()
    assert half["decisions"] + rest["decisions"] == page["decisions"]
    assert hospital.count("decisions", f"outcome = '{REFUSED}'") == 1


@pytest.mark.parametrize("cursor", ["x", "1", "1.2.3", "-1.0", "9" * 19 + ".0", "٣.٣"])
def test_what_is_no_cursor_is_refused(hospital: Hospital, cursor: str) -> None:
    answer = Feeder(hospital).get(f"decisions?cursor={cursor}")
    assert answer.json()["code"] == "his.cursor_malformed"


def test_nothing_appears_behind_a_cursor_that_was_given_out(
    hospital: Hospital, terminal: Terminal
) -> None:
    """A transaction that began earlier and commits later is waited for."""
    terminal.decide(faceless(LI))
    with hospital.database.app.connect() as slow:
        _copy_a_decision(hospital, slow, "A" * 22)
        terminal.decide(faceless(ZHANG))
        before = _read(hospital, Cursor())
        assert len(before.decisions) == 1, "the second one waits for the first writer"
        slow.commit()
    after = _read(hospital, before.cursor)
    assert len(after.decisions) == 2


def test_the_feed_is_whole_under_writers_side_by_side(hospital: Hospital) -> None:
    """A reader that follows all the while has in the end what there is, each once."""
    terminals = [hospital.terminal() for _ in range(4)]
    made: list[str] = []

    def visits(terminal: Terminal) -> None:
        made.extend(terminal.decide(faceless(LI)).decision.id for _ in range(12))

    threads = [threading.Thread(target=visits, args=(each,)) for each in terminals]
    for thread in threads:
        thread.start()
    seen: list[str] = []
    cursor = Cursor()
    while any(thread.is_alive() for thread in threads):
        page = _read(hospital, cursor, limit=3)
        cursor = page.cursor
        seen += [each.decision for each in page.decisions]
    while (page := _read(hospital, cursor, limit=3)).decisions:
        cursor = page.cursor
        seen += [each.decision for each in page.decisions]
    assert len(seen) == len(set(seen))
    assert sorted(seen) == sorted(made)


def _read(hospital: Hospital, cursor: Cursor, limit: int = 100) -> decisions.Page:
    with hospital.database.app.connect() as conn:
        return decisions.after(conn, hospital.keyring, INSTITUTION, cursor, limit)


def _copy_a_decision(hospital: Hospital, conn, new: str) -> None:  # type: ignore[no-untyped-def]
    """Another writer's row over a challenge of its own, not committed yet."""
    conn.execute(
        text(
            "INSERT INTO challenges (id, terminal, purpose, visit, state, issued_at, expires_at) "
            "SELECT CAST(:new AS text), terminal, purpose, visit, 'spent', issued_at, expires_at "
            "FROM challenges LIMIT 1"
        ),
        {"new": new},
    )
    conn.execute(
        text(
            "INSERT INTO decisions (id, institution, terminal, challenge, claim_digest, visit, "
            "purpose, outcome, body, decided_at) SELECT CAST(:new AS text), institution, terminal, "
            "CAST(:new AS text), "
            "claim_digest, visit, purpose, outcome, body || jsonb_build_object('id', "
            "CAST(:new AS text)), decided_at FROM decisions LIMIT 1"
        ),
        {"new": new},
    )


# Webhooks


def test_a_decision_is_told_signed_and_once(
    hospital: Hospital, terminal: Terminal, dispatcher: Dispatcher, receiver: Receiver
) -> None:
    terminal.decide(faceless(LI))
    subscribe(hospital, receiver.url)
    answer = terminal.decide(faceless(ZHANG))
    assert dispatcher.turn() == Turn(made=1, delivered=2)
    assert dispatcher.turn() == Turn()
    tried, made = sorted(receiver.told(hospital.keyring), key=lambda told: told.data is not None)
    assert (tried.event, made.event) == ("webhook.tried", "decision.made")
    assert made.data is not None
    assert made.data.decision == answer.decision.id
    assert (made.aud, made.jti) in [(INSTITUTION, name) for name, _ in receiver.got]


def test_a_receiver_that_fails_gets_the_same_message_later_once_it_recovers(
    hospital: Hospital, dispatcher: Dispatcher, receiver: Receiver
) -> None:
    receiver.answers = [503, 500]
    subscribe(hospital, receiver.url)
    assert dispatcher.turn() == Turn(later=1)
    assert dispatcher.turn() == Turn(), "not before its time"
    hospital.clock.ahead += DELAYS[0]
    assert dispatcher.turn() == Turn(later=1)
    hospital.clock.ahead += DELAYS[1]
    assert dispatcher.turn() == Turn(delivered=1)
    assert len({name for name, _ in receiver.got}) == 1, "one delivery's number"
    assert len(receiver.got) == 3


def test_a_message_that_nobody_takes_is_a_dead_letter_and_can_be_sent_again(
    hospital: Hospital, dispatcher: Dispatcher, receiver: Receiver
) -> None:
    receiver.answers = [500] * 3
    subscribe(hospital, receiver.url)
    for delay in (*DELAYS, timedelta()):
        dispatcher.turn()
        hospital.clock.ahead += delay
    (letter,) = dead(hospital)
    assert (letter.attempts, letter.answer, letter.url) == (3, "500", receiver.url)
    with hospital.database.app.begin() as conn:
        assert webhooks.send_again(conn, INSTITUTION, letter.id, "it.1", hospital.clock()) == 1
    assert hospital.count("ledger", "kind = 'webhook.resent'") == 1
    assert dispatcher.turn() == Turn(delivered=1)
    assert dead(hospital) == []
    with hospital.database.app.begin() as conn, pytest.raises(webhooks.WebhookRefused):
        webhooks.send_again(conn, INSTITUTION, letter.id, "it.1", hospital.clock())


def test_a_receiver_that_redirects_is_not_followed(
    hospital: Hospital, dispatcher: Dispatcher, receiver: Receiver
) -> None:
    with receiving() as elsewhere:
        receiver.answers, receiver.location = [307] * 3, elsewhere.url
        subscribe(hospital, receiver.url)
        for delay in (*DELAYS, timedelta()):
            dispatcher.turn()
            hospital.clock.ahead += delay
        assert elsewhere.got == []
    assert [letter.answer for letter in dead(hospital)] == ["webhook.redirected"]


def test_a_receiver_that_hangs_is_given_up_in_time(hospital: Hospital, receiver: Receiver) -> None:
    held = threading.Event()
    taken, answer = True, ""
    with receiving() as slow:
        slow.got = _Waiting(held)
        try:
            taken, answer = Sender(patience_s=0.2).send(slow.url, "A" * 22, "x")
        finally:
            held.set()
    assert (taken, answer) == (False, "webhook.timeout")
    assert Sender().send("http://127.0.0.1:9/", "A" * 22, "x") == (False, "webhook.unreachable")


class _Waiting(list):  # type: ignore[type-arg]
    """A receiver's list that takes nothing until it may."""

    def __init__(self, held: threading.Event) -> None:
        super().__init__()
        self._held = held

    def append(self, _: object) -> None:
        self._held.wait(30)


def test_a_paused_address_hears_later_what_it_missed_and_a_removed_one_nothing(
    hospital: Hospital, terminal: Terminal, dispatcher: Dispatcher, receiver: Receiver
) -> None:
    hook = subscribe(hospital, receiver.url)
    dispatcher.turn()
    _change(hospital, hook, "paused")
    terminal.decide(faceless(LI))
    assert dispatcher.turn() == Turn()
    _change(hospital, hook, "active")
    assert dispatcher.turn() == Turn(made=1, delivered=1)
    _change(hospital, hook, "removed")
    terminal.decide(faceless(ZHANG))
    assert dispatcher.turn() == Turn()
    with pytest.raises(webhooks.WebhookRefused):
        _change(hospital, hook, "active")
    assert hospital.count("ledger", "kind = 'webhook.changed'") == 4


def _change(hospital: Hospital, hook: str, state: webhooks.State) -> None:
    with hospital.database.app.begin() as conn:
        webhooks.change(conn, INSTITUTION, hook, state, "it.1", hospital.clock())


def test_two_dispatchers_send_each_message_once(
    hospital: Hospital, terminal: Terminal, dispatcher: Dispatcher, receiver: Receiver
) -> None:
    subscribe(hospital, receiver.url)
    for _ in range(5):
        terminal.decide(faceless(LI))
    parts = hospital.site.parts
    second = Dispatcher(parts.engine, parts.keyring, INSTITUTION, hospital.clock, delays=DELAYS)
    both = [threading.Thread(target=each.turn) for each in (dispatcher, second)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    dispatcher.turn()
    assert len(receiver.got) == len({name for name, _ in receiver.got}) == 6


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://10.0.0.1/x", "webhook.address_malformed"),
        ("http://", "webhook.address_malformed"),
        ("http://u:p@10.0.0.1/", "webhook.address_malformed"),
        ("http://10.0.0.1/?token=1", "webhook.address_malformed"),
        ("http://10.0.0.1:99999/", "webhook.address_malformed"),
        ("http://[::1/", "webhook.address_malformed"),
        ("http://8.8.8.8/", "webhook.address_public"),
        ("http://169.254.169.254/latest", "webhook.address_public"),
        ("http://0.0.0.0/", "webhook.address_public"),
        ("http://134744072/", "webhook.address_public"),
        ("http://[2a00::1]/", "webhook.address_public"),
        ("http://[::ffff:8.8.8.8]/", "webhook.address_public"),
    ],
)
def test_only_plain_private_addresses_are_taken(hospital: Hospital, url: str, code: str) -> None:
    with pytest.raises(webhooks.WebhookRefused) as refused:
        subscribe(hospital, url)
    assert refused.value.code == code


def test_a_name_is_looked_at_when_a_message_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*addresses_: str) -> None:
        answer = [(2, 1, 6, "", (address, 80)) for address in addresses_]
        monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: answer)

    found("10.0.0.7")
    assert addresses.target("http://his.local/a").url == "http://10.0.0.7:80/a"
    found("10.0.0.7", "8.8.8.8")
    with pytest.raises(AddressRefused, match="public"):
        addresses.target("http://his.local/a")
    assert addresses.target("http://his.local/a", public=True).host == "his.local"
