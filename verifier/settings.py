"""The verifier's settings, in one typed place.

Read from the environment (`SHUALIAN_…`) and, below it, from the TOML file that `SHUALIAN_CONFIG`
names. What the law asks for is checked here, so that a verifier that may not run does not start.
"""

import ipaddress
import os
import stat
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

LEAST_REGION_KEY = 32


class SettingsRefused(Exception):
    """The verifier does not start with these settings. `str()` says which and why, never a value.

    Codes: `settings.invalid`, `settings.mode_missing`, `settings.pia_missing`,
    `settings.notice_missing`, `settings.public_address`, `settings.secret_readable`,
    `settings.file_unreadable`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Settings(BaseSettings):
    """How one verifier runs. Build it with `load`, which gives typed refusals."""

    model_config = SettingsConfigDict(
        env_prefix="SHUALIAN_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    data: Path = Field(
        Path(".data"), description="Folder of everything that is kept: database, keys."
    )
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL 15 or later, for a login that owns (or may make) the tables. "
        "None: the embedded server, under `data`.",
    )
    database_app_url: SecretStr | None = Field(
        None, description="The same database for a login that is a member of `shualian_app` only."
    )
    institution: str = Field("H00000000000", pattern=r"^[A-Z0-9]{1,32}$", description="Its code.")
    host: str = "127.0.0.1"
    port: int = Field(8370, ge=0, le=65535)
    mode: Literal["central", "on_device"] | None = Field(
        None, description="No default: face data over the hospital's network, or only scores."
    )
    pia: Path | None = Field(
        None, description="The personal information protection impact assessment (PIPL Art. 55)."
    )
    notice_version: str | None = Field(None, min_length=1, max_length=32)
    pack: str = Field("opencv-zoo", description="The model pack.")
    threads: int = Field(2, ge=1, le=64)
    tls_cert: Path | None = Field(None, description="The verifier's certificate, PEM.")
    tls_key: Path | None = Field(None, description="Its key (0600).")
    tls_client_ca: Path | None = Field(
        None, description="Only terminals with a certificate of this authority may connect."
    )
    syslog: str | None = Field(
        None,
        pattern=r"^(udp|tcp|tls)://[^/?#@]+$",
        description="The hospital's log collector (RFC 5424), on a private address.",
    )
    syslog_ca: Path | None = Field(None, description="Who signed its certificate, for tls://.")
    webhooks_public: bool = Field(
        False, description="Let webhooks go to addresses outside private networks too."
    )
    region_key: Path | None = Field(
        None, description="File (0600) with the region's key for a supervisor's pseudonyms."
    )
    policy: Path | None = Field(None, description="A policy TOML; None: the one that ships.")
    shift_codes: Path | None = Field(
        None, description="The hospital's own table of shift codes; None: the one that ships."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the TOML file that `SHUALIAN_CONFIG` names."""
        sources = (init_settings, env_settings)
        if named := os.environ.get("SHUALIAN_CONFIG"):
            return (*sources, TomlConfigSettingsSource(settings_cls, Path(named)))
        return sources

    @model_validator(mode="after")
    def _both_urls(self) -> "Settings":
        if (self.database_url is None) != (self.database_app_url is None):
            raise ValueError("database_url and database_app_url go together")
        return self

    @model_validator(mode="after")
    def _whole_tls(self) -> "Settings":
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together")
        if self.tls_client_ca is not None and self.tls_cert is None:
            raise ValueError("tls_client_ca needs tls_cert and tls_key")
        return self

    @property
    def keys(self) -> Path:
        """Folder of the key ring."""
        return self.data / "keys"

    def check(self) -> None:
        """Raise `SettingsRefused` unless a verifier may serve with these settings."""
        if self.mode is None:
            raise SettingsRefused(
                "settings.mode_missing", "SHUALIAN_MODE must be said: central or on_device"
            )
        if self.mode == "central":
            self._check_central()
        self._check_syslog()
        if self.region_key is not None:
            refuse_if_readable_by_others(self.region_key)
            if len(self.region_key.read_bytes()) < LEAST_REGION_KEY:
                raise SettingsRefused(
                    "settings.invalid", f"the region's key has at least {LEAST_REGION_KEY} bytes"
                )
        if self.tls_key is not None:
            refuse_if_readable_by_others(self.tls_key)

    def _check_central(self) -> None:
        if self.pia is None or not self.pia.is_file() or self.pia.stat().st_size == 0:
            raise SettingsRefused(
                "settings.pia_missing",
                "central mode needs the impact assessment: SHUALIAN_PIA must name its file",
            )
        if self.notice_version is None:
            raise SettingsRefused(
                "settings.notice_missing",
                "central mode needs the notice in force: SHUALIAN_NOTICE_VERSION",
            )
        if not is_private_address(self.host):
            raise SettingsRefused(
                "settings.public_address",
                "central mode listens on a private address only: SHUALIAN_HOST",
            )

    def _check_syslog(self) -> None:
        host = urlsplit(self.syslog or "").hostname
        if self.syslog and not is_private_address(host or ""):
            raise SettingsRefused(
                "settings.public_address",
                "logs stay in the hospital: SHUALIAN_SYSLOG must name a private address",
            )


def load(**overrides: object) -> Settings:
    """Settings from arguments, environment and file. Raises `SettingsRefused`; `check` is apart."""
    if named := os.environ.get("SHUALIAN_CONFIG"):
        refuse_if_readable_by_others(Path(named))
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors()[:5]
        )
        raise SettingsRefused("settings.invalid", places) from None
    except ValueError as error:
        raise SettingsRefused("settings.file_unreadable", "the file is no TOML") from error


def refuse_if_readable_by_others(path: Path) -> None:
    """A file that may hold secrets must be readable by its owner alone."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise SettingsRefused("settings.file_unreadable", f"{path}: {error.strerror}") from error
    if mode & 0o077:
        raise SettingsRefused(
            "settings.secret_readable", f"{path} can be read by others: chmod 600 {path}"
        )


def is_private_address(host: str) -> bool:
    """True for loopback, RFC 1918 and unique local addresses; a name but localhost is not known."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped  # leads where that one does
    return address.is_loopback or (
        address.is_private and not address.is_unspecified and not address.is_link_local
    )
