"""`prepared.json`: what preparation made of a pack, and how it was proved."""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import DigestMismatch, PackNotFetched
from .files import sha256, write

FORMAT = 2
"""Raised when preparation changes, so that an older folder is prepared again."""

FILE = "prepared.json"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Trial(_Model):
    """One provider against the merely folded graph on fixed inputs, on this machine.

    Attributes:
        difference: largest absolute difference by role: of unit embeddings; of the detector's
            confidences and of its boxes and landmarks in cells.
        milliseconds: median time of one run by role, with two threads, when the pack was prepared.
    """

    version: str
    passed: bool
    difference: Mapping[str, float]
    milliseconds: Mapping[str, float]


class Prepared(_Model):
    """The record.

    Attributes:
        digest: base64url SHA-256 (43 characters) over name, layout and the prepared files.
        files: hexadecimal SHA-256 by file name.
        sources: hexadecimal SHA-256 of the files it was made from.
        graphs: prepared file by provider and role.
        trials: by provider.
        choice: the provider that `auto` means, by role.
    """

    format: int
    pack: str
    digest: str = Field(min_length=43, max_length=43)
    files: Mapping[str, str]
    sources: Mapping[str, str]
    graphs: Mapping[str, Mapping[str, str]]
    trials: Mapping[str, Trial]
    choice: Mapping[str, str]


def digest(pack: str, layout: str, files: Mapping[str, str]) -> str:
    """One digest for a prepared pack; embeddings are comparable only between equal ones."""
    canonical = json.dumps([FORMAT, pack, layout, dict(files)], sort_keys=True).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()


def save(folder: Path, prepared: Prepared) -> None:
    """Write the record; it is the last file of a preparation."""
    fields = json.loads(prepared.model_dump_json())
    write(folder / FILE, [(json.dumps(fields, indent=2, sort_keys=True) + "\n").encode()])


def load(folder: Path) -> Prepared:
    """The record of a prepared pack.

    Raises:
        PackNotFetched: there is none, or it is of another version or damaged.
    """
    advice = f"fetch it first: shualian models fetch {folder.name}"
    try:
        prepared = Prepared.model_validate_json((folder / FILE).read_bytes())
    except FileNotFoundError as error:
        raise PackNotFetched(f"the pack {folder.name} is not in the cache; {advice}") from error
    except (ValidationError, OSError) as error:
        raise PackNotFetched(f"the pack {folder.name} is damaged; {advice}") from error
    if prepared.format != FORMAT:
        raise PackNotFetched(f"the pack {folder.name} was prepared by another version; {advice}")
    return prepared


def check(folder: Path, prepared: Prepared) -> None:
    """Raise `DigestMismatch` unless every prepared file is the recorded one."""
    for name, expected in prepared.files.items():
        path = folder / "prepared" / name
        if not path.is_file() or sha256(path) != expected:
            raise DigestMismatch(
                f"{name} is not as it was prepared; run: shualian models fetch {folder.name}"
            )
