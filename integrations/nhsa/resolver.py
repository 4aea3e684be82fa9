"""The verifier's port `CredentialResolver`, by the platform's two channels."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx
import structlog

from codes.qr import QrKind, QrPatterns, classify
from verifier.identity.resolver import (
    Asked,
    DocumentUnknown,
    ForeignCode,
    PlatformConfused,
    ResolvedIdentity,
    Unresolved,
)
from verifier.protocol.values import now

from .client import Clock, CredentialChannel, Heard, InstitutionChannel
from .credential import IdentitySet
from .envelope import MessageIds
from .headers import Headers
from .settings import NhsaSettings
from .wire import Wire

log = structlog.get_logger("nhsa")

INSURANCE_CODE, SOCIAL_CARD = "nhsa_qr", "e_social_card"


class NhsaResolver:
    """医保码 and face authorisations by one channel, 电子社保卡 by another, each if configured."""

    def __init__(
        self,
        settings: NhsaSettings,
        codes: CredentialChannel | None,
        social: CredentialChannel | None,
        institution: InstitutionChannel | None,
    ) -> None:
        self._settings = settings
        self._channels = {INSURANCE_CODE: codes, SOCIAL_CARD: social}
        self._institution = institution

    def takes(self, kind: str) -> bool:
        """Whether a channel for it is configured."""
        return self.channel(kind) is not None

    def channel(self, kind: str) -> CredentialChannel | None:
        """The channel of a kind of credential, if it is configured."""
        return self._channels.get(kind)

    def resolve(self, kind: str, token: str, asked: Asked) -> ResolvedIdentity:
        """Whom the token stands for. Raises `Unresolved`."""
        simulated = self._settings.sandbox or classify(token).invented
        try:
            return self._identity(self._heard(kind, token, asked), simulated)
        except Unresolved as why:
            why.simulated |= simulated
            raise

    def _heard(self, kind: str, token: str, asked: Asked) -> Heard:
        channel = self.channel(kind)
        if channel is None:
            raise ForeignCode(f"no channel for {kind}")
        business = self._settings.business.get(asked.purpose)
        if business is None:
            raise PlatformConfused(f"no businessType is set for {asked.purpose}")
        if kind == SOCIAL_CARD:
            return channel.query(token, business, self._settings.social_trans_type)
        return self._insurance_code(channel, token, business)

    def _insurance_code(self, channel: CredentialChannel, token: str, business: str) -> Heard:
        """A code of another kind is sent nowhere: it may be somebody's means of payment."""
        code = classify(token, QrPatterns(further_provinces=self._settings.further_provinces))
        if code.kind is QrKind.NHSA_QR:
            return channel.query(token, business)
        if code.kind is QrKind.FACE_AUTHORISATION:
            return channel.face_check(token, business)
        raise ForeignCode(f"the shape is {code.kind.value}")

    def _identity(self, heard: Heard, simulated: bool) -> ResolvedIdentity:
        settings, found = self._settings, heard.identity
        simulated = simulated or heard.sandbox
        id_kind = settings.id_kinds.get(found.id_type)
        if id_kind is None:
            raise DocumentUnknown("its idType is not configured", simulated=simulated)
        return ResolvedIdentity(
            name=found.name,
            number=found.number,
            id_kind=id_kind,
            token_life=timedelta(seconds=settings.token_life_s),
            region=self._region(found, simulated),
            token_ref=found.ec_token,
            simulated=simulated,
        )

    def _region(self, found: IdentitySet, simulated: bool) -> str:
        """By 1101 where it answers; an identity is not held up for want of a region."""
        if self._institution is None or not found.ec_token:
            return found.region
        try:
            person = self._institution.person(found.ec_token)
        except Unresolved as why:
            log.warning("region.unknown", code=why.code, note=why.note)
            return found.region
        if person.number and person.number.upper() != found.number.upper():
            raise PlatformConfused("1101 names another number", simulated=simulated)
        return person.region or found.region


@contextmanager
def open_resolver(settings: NhsaSettings, clock: Clock = now) -> Iterator[NhsaResolver | None]:
    """A resolver on these settings; None where they open no door. Raises `SettingsRefused`."""
    if not settings.opens_a_door:
        yield None
        return
    sign, ids = settings.sign(), MessageIds(settings.institution)
    with httpx.Client(trust_env=False, follow_redirects=False) as http:
        lines = _Lines(settings, http, sign, ids, clock)
        yield NhsaResolver(
            settings,
            lines.credential("nhsa.code", settings.code_url),
            lines.credential("nhsa.social", settings.social_url),
            lines.institution("nhsa.info", settings.info_url),
        )


@dataclass(frozen=True)
class _Lines:
    """What every channel is made of. One count of message ids serves them all."""

    settings: NhsaSettings
    http: httpx.Client
    sign: Headers
    ids: MessageIds
    clock: Clock

    def credential(self, name: str, url: str | None) -> CredentialChannel | None:
        """The credential channel at an address."""
        if url is None:
            return None
        return CredentialChannel(
            self._wire(name, url),
            self.settings.desk(),
            self.ids,
            self.clock,
            expired=self.settings.expired,
            code_field=self.settings.code_field,
        )

    def institution(self, name: str, url: str | None) -> InstitutionChannel | None:
        """The institution channel at an address."""
        if url is None:
            return None
        return InstitutionChannel(
            self._wire(name, url),
            self.settings.sender(),
            self.ids,
            self.clock,
            mac=self.settings.mac,
            address=self.settings.address,
            sign_in_lost=self.settings.sign_in_lost,
        )

    def _wire(self, name: str, url: str) -> Wire:
        return Wire(name, url, self.http, self.sign, self.clock, self.settings.patience)
