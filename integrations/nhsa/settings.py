"""The adapter's settings, in one typed place: environment `SHUALIAN_NHSA_…`, and below it the TOML
file that `SHUALIAN_NHSA_CONFIG` names.

Whatever provinces do differently is here. Values that rest on one public source, or on none, say
so; a hospital takes the true ones from its own platform's documents.
"""

import os
from pathlib import Path
from typing import Literal

import httpx
from pydantic import AliasChoices, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from verifier.identity.resolver import IdKind
from verifier.settings import SettingsRefused, is_private_address, refuse_if_readable_by_others
from verifier.trust.sealing import Secret

from .credential import Desk, TransType
from .envelope import Sender
from .headers import Names, Scheme, Sign
from .wire import Patience

CONFIG = "SHUALIAN_NHSA_CONFIG"

CODE_LENGTH = 12
LEAST_SECRET = 16
"""Characters of a token; less could be guessed."""

BUSINESS = {
    "outpatient_registration": "01101",
    "admission": "01103",
    "settlement": "01301",
    "dispensing": "01302",
}
"""Our purposes to the platform's `businessType` (门诊挂号, 入院登记, 结算, 取药)."""

ID_KINDS: dict[str, IdKind] = {"01": "resident_id", "1": "resident_id"}
"""The platform's document codes that are taken. `01` is a resident's ID in several public sources,
written `1` in weaker code; the others are not confirmed, so a hospital names those that it takes.
"""


class NhsaSettings(BaseSettings):
    """How one institution speaks to the platform. Build it with `load`."""

    model_config = SettingsConfigDict(
        env_prefix="SHUALIAN_NHSA_",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    institution: str = Field(
        "H00000000000",
        pattern=r"^[A-Z0-9]{1,32}$",
        validation_alias=AliasChoices("SHUALIAN_NHSA_INSTITUTION", "SHUALIAN_INSTITUTION"),
        description="Its code at the platform (fixmedins_code, orgId).",
    )
    institution_name: str = Field("", max_length=20)

    code_url: str | None = Field(None, description="Credential channel. None: no 医保码.")
    code_field: str = Field(
        "ecQrCode",
        description="Member of ec.query that carries the code. The reply's own name for it; no "
        "public source shows a request with it.",
    )
    social_url: str | None = Field(
        None, description="The same for 电子社保卡, another ministry's. None: no such door."
    )
    social_trans_type: str = Field(
        TransType.QUERY.value,
        description="What 电子社保卡 is asked with. Its format is not public: this supposes a "
        "service of the hospital's that speaks the credential channel's form.",
    )
    info_url: str | None = Field(
        None, description="Institution channel, for 1101. None: the region is the credential's."
    )

    region: str = Field("990101", pattern=r"^[0-9]{6}$", description="mdtrtarea_admvs.")
    receiver: str = Field("YBXT", max_length=10, description="recer_sys_code; a province gives it.")
    version: str = Field("V1.0", max_length=6, description="infver; differs by province.")
    operator: str = Field("shualian", max_length=20)
    operator_name: str = Field("自助终端", max_length=30)
    operator_type: Literal["1", "2", "3"] = Field("2", description="opter_type: 2 自助终端.")
    office: str = Field("0000", max_length=20)
    office_name: str = Field("自助服务区", max_length=30)
    mac: str = Field("00-00-00-00-00-00", max_length=20, description="Of 9001.")
    address: str = Field("127.0.0.1", max_length=20, description="Of 9001: this machine's.")
    sign_in_lost: tuple[str, ...] = Field(
        ("签到", "sign_no"),
        description="Words of a refusal that ask for a new sign-in. No public source has its code.",
    )

    headers: Scheme = "none"
    header_prefix: str = Field("x-tif", pattern=r"^[a-z0-9-]{1,32}$")
    apikey_header: str = Field("apikey", pattern=r"^[A-Za-z0-9-]{1,64}$")
    account: str = Field("", max_length=64, description="paasid.")
    secret_file: Path | None = Field(None, description="Token or API key, readable by us alone.")

    business: dict[str, str] = Field(BUSINESS, description="Purposes to businessType.")
    id_kinds: dict[str, IdKind] = Field(ID_KINDS, description="idType to document.")
    further_provinces: frozenset[str] = Field(
        frozenset(), description="Of 医保码, beside GB/T 2260 (`codes.qr`)."
    )
    expired: tuple[str, ...] = Field(
        ("500159",), description="Codes for «not one of ours, or not any more»; one public source."
    )
    token_life_s: int = Field(
        600, ge=60, le=86_400, description="For so long a used code is not taken again. Codes are "
        "said to live 60 s, which is not confirmed; longer is the safe side.",
    )  # fmt: skip
    connect_s: float = Field(2.0, gt=0, le=10)
    answer_s: float = Field(4.0, gt=0, le=20)
    total_s: float = Field(6.0, gt=0, le=30)
    sandbox: bool = Field(False, description="The other side is a sandbox: all is simulated.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the TOML file that `SHUALIAN_NHSA_CONFIG` names."""
        sources = (init_settings, env_settings)
        if named := os.environ.get(CONFIG):
            return (*sources, TomlConfigSettingsSource(settings_cls, Path(named)))
        return sources

    @model_validator(mode="after")
    def _whole(self) -> "NhsaSettings":
        for url in filter(None, (self.code_url, self.social_url, self.info_url)):
            _refuse_open_address(url)
        if self.opens_a_door and len(self.institution) != CODE_LENGTH:
            raise ValueError("the platform knows an institution by 12 characters")
        if self.headers != "none" and self.secret_file is None:
            raise ValueError("headers that are signed need secret_file")
        return self

    @property
    def opens_a_door(self) -> bool:
        """Whether any credential is resolved at all."""
        return self.code_url is not None or self.social_url is not None

    @property
    def patience(self) -> Patience:
        """Time-outs, in seconds."""
        return Patience(self.connect_s, self.answer_s, self.total_s)

    def desk(self) -> Desk:
        """Who asks on the credential channel."""
        return Desk(
            org_id=self.institution,
            operator=self.operator,
            operator_name=self.operator_name,
            office=self.office,
            office_name=self.office_name,
        )

    def sender(self) -> Sender:
        """Who asks on the institution channel."""
        return Sender(
            institution=self.institution,
            institution_name=self.institution_name,
            region=self.region,
            receiver=self.receiver,
            operator=self.operator,
            operator_name=self.operator_name,
            operator_type=self.operator_type,
            version=self.version,
        )

    def sign(self) -> Sign:
        """The headers. Raises `SettingsRefused` for a secret that others may read."""
        names = Names(self.header_prefix, self.apikey_header)
        secret = read_secret(self.secret_file) if self.secret_file else None
        return Sign(self.headers, names, self.account, secret)


def load(**overrides: object) -> NhsaSettings:
    """Settings from arguments, environment and file. Raises `SettingsRefused`."""
    if named := os.environ.get(CONFIG):
        refuse_if_readable_by_others(Path(named))
    try:
        return NhsaSettings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        places = "; ".join(
            f"nhsa.{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}"
            for e in error.errors()[:5]
        )
        raise SettingsRefused("settings.invalid", places) from None
    except ValueError as error:
        raise SettingsRefused("settings.file_unreadable", "the file is no TOML") from error


def read_secret(path: Path) -> Secret:
    """A file's token. Raises `SettingsRefused`: `settings.secret_readable`, `.secret_weak` or
    `.file_unreadable`."""
    refuse_if_readable_by_others(path)
    try:
        secret = Secret(path.read_bytes().strip())
    except OSError as error:
        raise SettingsRefused("settings.file_unreadable", f"{path}: {error.strerror}") from error
    if len(secret) < LEAST_SECRET:
        raise SettingsRefused("settings.secret_weak", f"{path} holds too short a token")
    return secret


def _refuse_open_address(url: str) -> None:
    """HTTPS, or plain HTTP inside the hospital's own network, as the platform's line is reached."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise ValueError("an address is no URL") from None
    if parsed.scheme == "https" and parsed.host:
        return
    if parsed.scheme != "http" or not is_private_address(parsed.host):
        raise ValueError("an address begins with https://, or lies in a private network")
