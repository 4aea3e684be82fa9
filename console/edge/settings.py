"""The edge's settings: from the environment (`SHUALIAN_EDGE_…`) alone."""

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class EdgeRefused(Exception):
    """The edge does not start. Code: `edge.settings`."""

    code = "edge.settings"


class EdgeSettings(BaseSettings):
    """How one edge runs. Build it with `load`, which gives typed refusals."""

    model_config = SettingsConfigDict(
        env_prefix="SHUALIAN_EDGE_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    verifier: str = Field(description="The verifier's address, HTTPS unless on this machine.")
    hospital: str = Field(min_length=1, max_length=100, description="The name on the page.")
    host: str = "127.0.0.1"
    port: int = Field(8380, ge=0, le=65535)
    certificate: Path | None = Field(None, description="PEM that phones trust.")
    certificate_key: Path | None = Field(None, description="Its private key, PEM.")
    verifier_ca: Path | None = Field(None, description="PEM of the authority of the verifier.")
    client_certificate: Path | None = Field(None, description="Shown to the verifier, PEM.")
    client_key: Path | None = Field(None, description="Its private key, PEM.")
    timeout_s: float = Field(20.0, ge=1, le=60)
    per_minute: int = Field(60, ge=1, le=6000, description="Requests of one address.")

    @field_validator("verifier")
    @classmethod
    def _sealed_unless_here(cls, value: str) -> str:
        parts = urlsplit(value)
        plain = parts.scheme == "http" and _is_here(parts.hostname or "")
        if not (parts.hostname and (parts.scheme == "https" or plain)):
            raise ValueError("HTTPS, or an address of this machine")
        return value.rstrip("/")

    @classmethod
    def load(cls) -> "EdgeSettings":
        """Raises `EdgeRefused`, naming the setting and never its value."""
        try:
            found = cls()
        except ValidationError as error:
            said = "; ".join(f"{each['loc'][0]}: {each['type']}" for each in error.errors())
            raise EdgeRefused(said) from None
        if found.certificate is None and not _is_here(found.host):
            raise EdgeRefused("certificate: needed on an address that others reach")
        return found


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
