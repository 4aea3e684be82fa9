"""`shualian tls`: the hospital's certificates between terminals and verifier."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from . import certificates
from .certificates import CertificateRefused, Pair

app = typer.Typer(no_args_is_help=True, help="Certificates between terminals and verifier.")

Folder = Annotated[Path, typer.Option(help="Folder of the certificates.")]
CaCert = Annotated[Path | None, typer.Option(help="The hospital's own CA certificate.")]
CaKey = Annotated[Path | None, typer.Option(help="And its key.")]
TLS = Path(".data/tls")
_P = ParamSpec("_P")


def reported(command: Callable[_P, None]) -> Callable[_P, None]:
    """A command whose errors are one sentence and a code."""

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except CertificateRefused as refused:
            typer.echo(f"{refused} [{refused.code}]", err=True)
            raise typer.Exit(1) from None

    return run


@app.command()
@reported
def ca(name: str, folder: Folder = TLS) -> None:
    """Make the hospital's certificate authority, 10 years. Keep ca.key off the network."""
    _write(certificates.make_authority(name), folder, "ca")


@app.command()
@reported
def server(
    names: Annotated[list[str], typer.Argument(help="Host names and addresses of the verifier.")],
    folder: Folder = TLS,
    ca_cert: CaCert = None,
    ca_key: CaKey = None,
) -> None:
    """Make the verifier's certificate."""
    made = certificates.issue(
        _authority(folder, ca_cert, ca_key), names[0], certificates.SERVER, names
    )
    _write(made, folder, "server")


@app.command()
@reported
def terminal(
    name: Annotated[str, typer.Argument(help="The terminal's id or label, letters and digits.")],
    folder: Folder = TLS,
    ca_cert: CaCert = None,
    ca_key: CaKey = None,
) -> None:
    """Make one terminal's certificate, for mutual TLS."""
    authority = _authority(folder, ca_cert, ca_key)
    if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
        raise CertificateRefused("tls.unreadable", "a terminal's name is letters, digits, - and _")
    made = certificates.issue(authority, name, certificates.TERMINAL, [name])
    _write(made, folder, f"terminal-{name}")


@app.command()
@reported
def show(file: Path) -> None:
    """Print what a certificate says."""
    found = certificates.read(file)
    typer.echo(f"subject     {found.subject.rfc4514_string()}")
    typer.echo(f"issuer      {found.issuer.rfc4514_string()}")
    typer.echo(
        f"valid       {found.not_valid_before_utc:%Y-%m-%d} – {found.not_valid_after_utc:%F}"
    )
    typer.echo(f"names       {', '.join(_names(found)) or '–'}")
    typer.echo(f"SHA-256     {found.fingerprint(hashes.SHA256()).hex(':')}")


def _authority(folder: Path, certificate: Path | None, key: Path | None) -> Pair:
    return certificates.load_authority(certificate or folder / "ca.crt", key or folder / "ca.key")


def _write(pair: Pair, folder: Path, name: str) -> None:
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    pair.write(certificate, key)
    typer.echo(f"{certificate}\n{key}")


def _names(found: x509.Certificate) -> list[str]:
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in extension.value]
