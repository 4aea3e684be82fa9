"""`shualian verifier`: the verifier's own commands, with this house's adapters at its ports."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from integrations.nhsa import settings
from integrations.nhsa.resolver import open_resolver
from verifier.cli import Adapters, app
from verifier.identity.resolver import CredentialResolver

__all__ = ["app"]


@app.callback()
def _with_adapters(context: typer.Context) -> None:
    context.obj = Adapters(resolver=_resolver)


@contextmanager
def _resolver() -> Iterator[CredentialResolver | None]:
    with open_resolver(settings.load()) as resolver:
        yield resolver
