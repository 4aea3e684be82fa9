"""Where packs stand on disk: `<cache>/packs/<name>/`."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """`SHUALIAN_CACHE`, else `$XDG_CACHE_HOME/shualian`, else `~/.cache/shualian`."""
    if own := os.environ.get("SHUALIAN_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "shualian"


def pack_folder(name: str, cache: Path | None = None) -> Path:
    """The folder of one pack; it need not exist."""
    return (cache or cache_folder()) / "packs" / name
