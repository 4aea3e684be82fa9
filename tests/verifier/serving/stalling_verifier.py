"""A verifier of its own process whose embedder never comes back: `python -m … FOLDER [stall]`.

It prints its address, and `stalled` when a claim has spent its challenge and is not yet decided.
"""

import sys
import threading
from pathlib import Path
from typing import Any

from models.types import Crops, Floats
from verifier.api.compose import open_verifier
from verifier.api.serve import address, listen, serve
from verifier.settings import Settings

from ..calibrated import calibration_with_floor
from ..fixtures import INSTITUTION, PACK
from .hospital import NOTICE, PatchEmbedder


class StallingEmbedder(PatchEmbedder):
    """Says where it is, and stays there."""

    def embed(self, crops: Crops, mirror: bool = False) -> Floats:
        print("stalled", flush=True)
        threading.Event().wait()
        return super().embed(crops, mirror)


def settings(folder: Path) -> Settings:
    """A demo hospital's settings on this folder."""
    folder.mkdir(exist_ok=True)
    pia = folder / "pia.txt"
    pia.write_text("assessed")
    said: dict[str, Any] = {"institution": INSTITUTION, "pia": pia, "notice_version": NOTICE}
    return Settings(data=folder, port=0, mode="central", **said)


def main() -> None:
    """Serve until killed."""
    said = settings(Path(sys.argv[1]))
    embedder = StallingEmbedder(PACK) if "stall" in sys.argv else PatchEmbedder(PACK)
    calibration = calibration_with_floor(1e-5, PACK.name)
    bound = listen(said.host, said.port)
    with bound, open_verifier(said, embedder=embedder, calibration=calibration) as verifier:
        print(address(bound), flush=True)
        serve(verifier.app, bound)
        print("stopped", flush=True)


if __name__ == "__main__":
    main()
