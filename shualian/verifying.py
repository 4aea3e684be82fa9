"""`shualian verifier`: the verifier's own commands, with this house's adapters at its ports and
the staff's pages on its app."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

import console.app
from integrations.nhsa import settings
from integrations.nhsa.resolver import open_resolver
from verifier.cli import Adapters, app
from verifier.identity.resolver import CredentialResolver

__all__ = ["app"]


@app.callback()
def _with_adapters(context: typer.Context) -> None:
    context.obj = Adapters(resolver=_resolver, extend=console.app.mount)


@contextmanager
def _resolver() -> Iterator[CredentialResolver | None]:
    with open_resolver(settings.load()) as resolver:
        yield resolver
