"""What staff do to webhooks and their dead letters, each in one transaction with its entry."""

from dataclasses import dataclass

from verifier.his import webhooks
from verifier.his.webhooks import Dead, State, Webhook, WebhookRefused
from verifier.protocol.errors import refusal
from verifier.trust.accounts.sessions import SignedIn

from .site import Site


@dataclass(frozen=True)
class Shown:
    """Addresses, and messages that nobody took."""

    webhooks: list[Webhook]
    dead: list[Dead]


def listed(site: Site) -> Shown:
    """Of this institution."""
    mine = site.parts.institution
    with site.parts.engine.connect() as conn:
        return Shown(webhooks.listed(conn, mine), webhooks.dead(conn, mine))


def add(site: Site, url: str, by: SignedIn) -> str:
    """Let an address hear of decisions; its id. Raises `Refused`."""
    parts = site.parts
    said = (parts.institution, url, by.account, parts.clock())
    try:
        with parts.engine.begin() as conn:
            return webhooks.add(conn, *said, public=parts.webhooks_public)
    except WebhookRefused as refused:
        raise refusal(refused.code) from None


def change(site: Site, webhook: str, state: State, by: SignedIn) -> None:
    """Pause an address, let it go on, or remove it. Raises `Refused`."""
    parts = site.parts
    try:
        with parts.engine.begin() as conn:
            webhooks.change(conn, parts.institution, webhook, state, by.account, parts.clock())
    except WebhookRefused as refused:
        raise refusal(refused.code) from None


def send_again(site: Site, delivery: str | None, by: SignedIn) -> int:
    """Send a dead letter again, or all; how many. Raises `Refused`."""
    parts = site.parts
    try:
        with parts.engine.begin() as conn:
            said = (parts.institution, delivery, by.account, parts.clock())
            return webhooks.send_again(conn, *said)
    except WebhookRefused as refused:
        raise refusal(refused.code) from None
