"""The verifier's own keys: made on first start, kept in one file that only its owner can read.

One file, so that the ring is whole or absent: it is written beside its place and linked there, and
of two processes that start at once the second reads what the first made. Everything symmetric is
derived from one master secret (HKDF, RFC 5869) by a label and a context, so that no two uses share
a key.
"""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from verifier.protocol.values import b64url, from_b64url

from .key_store import DerivedKeyStore, KeyStore
from .sealing import KEY_BYTES, Secret, new_key

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve's group (FIPS 186-4 D.1.2.3)."""

FILE_NAME = "keyring.json"
_VERSION = 1


class KeysRefused(Exception):
    """The key ring cannot be used.

    Codes: `keys.readable_by_others`, `keys.not_ours`, `keys.broken`, `keys.unwritable`,
    `keys.missing`, `keys.present`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class KeyRing:
    """The master secret and what follows from it, the receipt key and the seal key."""

    def __init__(self, master: Secret, receipt_key: ECKey, seal_key: OKPKey) -> None:
        self._derived: dict[tuple[str, str], Secret] = {}
        self.master = master
        self.receipt_key = receipt_key
        """P-256, signs receipts (ES256); its `kid` is the RFC 7638 thumbprint."""
        self.seal_key = seal_key
        """X25519, to which terminals seal evidence."""
        self.folder: Path | None = None
        """Where the ring lies; None for one in memory."""
        self.store: KeyStore = DerivedKeyStore(self._wrapping)
        """What wraps galleries' keys: this ring, or a hospital's own module in its place."""

    def __repr__(self) -> str:
        return f"KeyRing(receipt={self.receipt_key.kid}, seal={self.seal_key.kid})"

    @classmethod
    def new(cls) -> Self:
        """A fresh ring in memory."""
        return cls(new_key(), _with_kid(ECKey.generate_key("P-256")), _with_kid(_x25519()))

    @classmethod
    def load_or_create(cls, folder: Path) -> Self:
        """The ring of this folder, made (0600 in 0700) if there is none. Raises `KeysRefused`."""
        path = folder / FILE_NAME
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _only_ours(folder)
            if not path.exists():
                _write_once(path, cls.new().document())
            _only_ours(path)
            text = path.read_text("utf-8")
        except OSError as error:
            raise KeysRefused("keys.unwritable", f"{path}: {error.strerror}") from error
        ring = cls.parse(text, str(path))
        ring.folder = folder
        return ring

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The ring of this folder; never makes one. Raises `KeysRefused`."""
        if not (folder / FILE_NAME).is_file():
            raise KeysRefused("keys.missing", f"there is no key ring in {folder}")
        return cls.load_or_create(folder)

    def restore(self, folder: Path) -> None:
        """Write the ring into a folder that has none. Raises `KeysRefused`."""
        if (folder / FILE_NAME).exists():
            raise KeysRefused("keys.present", f"{folder} has a key ring already: it stays")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _only_ours(folder)
            _write_once(folder / FILE_NAME, self.document())
        except OSError as error:
            raise KeysRefused("keys.unwritable", f"{folder}: {error.strerror}") from error

    @classmethod
    def parse(cls, text: str, path: str) -> Self:
        """The ring of a document; `path` says in an error where it stood. Raises `KeysRefused`."""
        try:
            document = json.loads(text)
            if document["version"] != _VERSION:
                raise KeysRefused("keys.broken", f"{path}: unknown version")
            master = Secret(from_b64url(document["master"]))
            receipt = ECKey.import_key(document["receipt"])
            sealing = OKPKey.import_key(document["seal"])
        except (ValueError, KeyError, TypeError, JoseError) as error:
            raise KeysRefused("keys.broken", f"{path} is no key ring; restore it") from error
        if len(master) != KEY_BYTES or not (receipt.is_private and sealing.is_private):
            raise KeysRefused("keys.broken", f"{path} is no key ring; restore it")
        return cls(master, _with_kid(receipt), _with_kid(sealing))

    def document(self) -> str:
        """All of it, in the clear: for its 0600 file, and for sealing."""
        return json.dumps(
            {
                "version": _VERSION,
                "master": b64url(self.master),
                "receipt": self.receipt_key.as_dict(private=True),
                "seal": self.seal_key.as_dict(private=True),
            }
        )

    def jwks(self) -> dict[str, Any]:
        """Public receipt keys (RFC 7517), newest first."""
        public = self.receipt_key.as_dict(private=False)
        return {"keys": [{**public, "use": "sig", "alg": "ES256"}]}

    def derive(self, label: str, context: str = "") -> Secret:
        """32 bytes for one use: HKDF-SHA256 over the master with `label` and `context` as info.

        Remembered: there are few uses, and a claim asks for several.
        """
        known = self._derived.get((label, context))
        if known is None:
            info = b"\0".join((b"shualian/1", label.encode(), context.encode()))
            known = Secret(HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(self.master))
            self._derived[label, context] = known
        return known

    def signing_key(self, label: str, context: str = "") -> OKPKey:
        """An Ed25519 key of one use, with its RFC 7638 thumbprint as `kid`."""
        seed = self.derive(label, context)
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        members: dict[str, str | list[str]] = {
            "kty": "OKP", "crv": "Ed25519", "x": b64url(public), "d": b64url(seed),
        }  # fmt: skip
        return _with_kid(OKPKey.import_key(members))

    @cached_property
    def phone_seal_key(self) -> ECKey:
        """P-256, to which practitioners' phones seal their captures: no browser lacks the curve."""
        return self._p256("phone-seal")

    @cached_property
    def downtime_seal_key(self) -> ECKey:
        """P-256, to which the offline page (停机登记页) seals its lines."""
        return self._p256("downtime-seal")

    def _p256(self, label: str) -> ECKey:
        number = int.from_bytes(self.derive(label), "big") % (_P256_ORDER - 1) + 1
        private = ec.derive_private_key(number, ec.SECP256R1())
        return _with_kid(ECKey.import_key(private))

    @cached_property
    def checkpoint_key(self) -> OKPKey:
        """Ed25519, signs the ledger's checkpoints and nothing else."""
        return self.signing_key("checkpoint")

    def checkpoint_jwks(self) -> dict[str, Any]:
        """Its public half (RFC 7517), in a set of its own: who checks receipts never meets it."""
        public = self.checkpoint_key.as_dict(private=False)
        return {"keys": [{**public, "use": "sig", "alg": "Ed25519"}]}

    def identifier_key(self, institution: str) -> Secret:
        """Under which one institution's numbers are hashed; others' hashes never compare."""
        return self.derive("identifier", institution)

    def last_four_key(self, institution: str) -> Secret:
        """Under which the last four characters of a number are hashed, for narrowing."""
        return self.derive("last-four", institution)

    def crop_key(self) -> Secret:
        """Under which judged crops are hashed, to know one that comes twice."""
        return self.derive("crop")

    def token_key(self, institution: str) -> Secret:
        """Under which one institution's used tokens are hashed, to know one that comes twice."""
        return self.derive("token", institution)

    def pairwise_key(self, institution: str) -> Secret:
        """Under which a receipt's subject is made, another for each institution."""
        return self.derive("pairwise", institution)

    def gallery_wrap_key(self, gallery: str) -> Secret:
        """Which wraps one gallery's key."""
        return self.derive("gallery-wrap", gallery)

    def _wrapping(self, place: str) -> Secret:
        return self.gallery_wrap_key(place.partition("/")[2])


def _x25519() -> OKPKey:
    return OKPKey.generate_key("X25519")


Key = TypeVar("Key", ECKey, OKPKey)


def _with_kid(key: Key) -> Key:
    key.ensure_kid()
    return key


def _only_ours(path: Path) -> None:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode) or status.st_uid != os.geteuid():
        raise KeysRefused("keys.not_ours", f"{path} belongs to somebody else")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise KeysRefused(
            "keys.readable_by_others",
            f"{path} can be read by others: chmod {'700' if path.is_dir() else '600'} {path}",
        )


def _write_once(path: Path, text: str) -> None:
    """Whole or not at all; a ring that another process made meanwhile stays."""
    with _beside(path) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
