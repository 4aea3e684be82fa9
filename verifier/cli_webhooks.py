"""Webhooks from the verifier's own machine: the first address, before anybody has an account."""

import typer

from verifier.his import webhooks
from verifier.his.webhooks import WebhookRefused
from verifier.protocol.values import now
from verifier.settings import load
from verifier.store.database import open_database

from .cli import InputRefused, reported


@reported
def add(url: str) -> None:
    """Let an address hear of decisions; a trial is sent to it."""
    settings = load()
    try:
        with open_database(settings) as database, database.app.begin() as conn:
            said = (settings.institution, url, "operator", now())
            webhooks.add(conn, *said, public=settings.webhooks_public)
    except WebhookRefused as refused:
        raise InputRefused(f"this address is not taken: {refused.code}") from None
    typer.echo(f"{url} hears of decisions; a trial is on its way")
