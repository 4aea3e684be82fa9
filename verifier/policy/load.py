"""A policy from TOML: the one that ships, and a hospital's own file laid over it."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from verifier.protocol.values import b64url

from .models import Policy


class PolicyRefused(Exception):
    """The verifier does not start with this policy. Codes: `policy.unreadable`, `policy.invalid`,
    `policy.notice_unknown`, `policy.below_floor`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class LoadedPolicy:
    """A policy with the digest (base64url SHA-256) that every ledger entry cites."""

    policy: Policy
    digest: str


def shipped(name: str = "default") -> Path:
    """Path of a policy in this package: `default`, or the overlay `demo`."""
    return Path(str(resources.files(__package__))) / f"{name}.toml"


def load_policy(overlay: Path | None = None) -> LoadedPolicy:
    """The shipped policy, with a hospital's own file over it (tables merge, values replace).

    Raises:
        PolicyRefused: a file is no TOML, or the whole is not a complete policy.
    """
    table = _read(shipped())
    if overlay is not None:
        table = _laid_over(table, _read(overlay))
    return parse(table)


def parse(table: Mapping[str, Any]) -> LoadedPolicy:
    """A policy from plain data. Raises `PolicyRefused` with the places that are wrong."""
    try:
        policy = Policy.model_validate(table)
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'policy'}: {e['msg']}" for e in error.errors()[:5]
        )
        raise PolicyRefused("policy.invalid", f"the policy is not complete: {places}") from None
    digest = hashlib.sha256(policy.model_dump_json().encode()).digest()
    return LoadedPolicy(policy, b64url(digest))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyRefused("policy.unreadable", f"{path} cannot be read") from error
    except tomllib.TOMLDecodeError as error:
        raise PolicyRefused("policy.unreadable", f"{path} is no TOML: {error}") from error


def _laid_over(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = _laid_over(below, value) if both else value  # type: ignore[arg-type]
    return merged
