"""The port to whoever can say whom a code on a phone stands for (医保码, 电子社保卡).

A code is opaque: the terminal carries it, the platform that issued it turns it into an identity,
and no table of ours maps one to the other. Adapters stand in `integrations`; an institution without
one has no such door (暂不可用).
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Literal, Protocol

IdKind = Literal[
    "resident_id", "passport", "permit", "birth_certificate", "household_register", "temporary_id"
]
"""The document that a platform names a person by: credential kinds under which people are known."""

TOKEN_KINDS = frozenset({"nhsa_qr", "e_social_card"})
"""Credentials that are a token and nothing else until a platform resolved them."""


@dataclass(frozen=True)
class Asked:
    """For what and where a code is resolved. Ids and codes only."""

    purpose: str
    terminal: str
    visit: str


@dataclass(frozen=True)
class ResolvedIdentity:
    """Whom a platform says that a token stands for, authenticated by that platform.

    Held in memory while a claim is judged, and stored nowhere. Its `repr` shows nothing personal.

    Attributes:
        number: of the document `id_kind`, as the platform writes it.
        region: where the person is insured (参保地医保区划), six digits, or empty.
        token_ref: the platform's own token for the same credential (ecToken, 电子凭证令牌), which
            its later transactions take in place of the code; opaque, as secret as the code.
        token_life: for how long from now the platform might take the same token again.
        simulated: a sandbox said so.
    """

    name: str = field(repr=False)
    number: str = field(repr=False)
    id_kind: IdKind
    token_life: timedelta
    region: str = field(default="", repr=False)
    token_ref: str = field(default="", repr=False)
    simulated: bool = False


class Unresolved(Exception):
    """No identity came back. `note` is for the log and holds nothing personal.

    `simulated` says that it was a sandbox that answered so.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    detail: ClassVar[str]

    def __init__(self, note: str = "", *, simulated: bool = False) -> None:
        super().__init__(f"{self.code}: {note or self.title}")
        self.note = note
        self.simulated = simulated


class CodeExpired(Unresolved):
    """The platform does not know the code, or not any more: it does not say which."""

    code = "credential.code_expired"
    title = "The platform does not know this code, or not any more."
    detail = "二维码已过期或不能识别，请刷新医保电子凭证后再出示。"


class ForeignCode(Unresolved):
    """Not a code of this platform's at all; nobody was asked."""

    code = "credential.foreign_code"
    title = "This is not a code of the platform's."
    detail = "请使用医保电子凭证二维码；也可以用卡或到人工窗口办理。"


class DocumentUnknown(Unresolved):
    """The platform names the person by a document that this house does not take."""

    code = "credential.document_unknown"
    title = "The platform names a kind of document that is not taken here."
    detail = "此证件类型请到人工窗口办理，不影响就诊。"


class PlatformTimeout(Unresolved):
    """The platform is there and did not answer in time."""

    code = "platform.timeout"
    title = "The platform did not answer in time."
    detail = "医保平台响应超时，请用卡或到人工窗口办理，不影响就诊。"


class PlatformDown(Unresolved):
    """The platform cannot be reached, or hung up."""

    code = "platform.down"
    title = "The platform cannot be reached."
    detail = "暂时连不上医保平台，请用卡或到人工窗口办理，不影响就诊。"


class PlatformRefused(Unresolved):
    """The platform answered, and refused the hospital rather than the code."""

    code = "platform.refused"
    title = "The platform refused the hospital's question."
    detail = "医保平台未受理，请用卡或到人工窗口办理，不影响就诊。"


class PlatformConfused(Unresolved):
    """What came back is no answer of the platform's."""

    code = "platform.confused"
    title = "The platform's answer cannot be understood."
    detail = "医保平台返回异常，请用卡或到人工窗口办理，不影响就诊。"


class CredentialResolver(Protocol):
    """Asks a platform. Called from several threads at once; may wait, for seconds at most."""

    def takes(self, kind: str) -> bool:
        """Whether this institution resolves such credentials at all. Does not wait."""

    def resolve(self, kind: str, token: str, asked: Asked) -> ResolvedIdentity:
        """Whom the token stands for. Raises `Unresolved`, and nothing else."""
