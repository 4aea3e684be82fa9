"""The verifier under load, as a process of its own: `python -m benchmarks.claims_server FOLDER`."""

import argparse
import pickle
from pathlib import Path

from verifier.api.compose import open_verifier
from verifier.api.logs import configure
from verifier.api.serve import address, listen, serve

from .claims_world import RecordedEmbedder, settings

TABLE = "table.pickle"


def main() -> None:
    """Serve; with `--recorded` embeddings come from the folder's table, else from the models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--recorded", action="store_true")
    arguments = parser.parse_args()
    configure()
    embedder = None
    if arguments.recorded:
        # Written by the parent, which started this process.
        embedder = RecordedEmbedder(*pickle.loads((arguments.folder / TABLE).read_bytes()))
    said = settings(arguments.folder)
    bound = listen(said.host, said.port)
    with bound, open_verifier(said, embedder=embedder) as verifier:
        print(address(bound), flush=True)
        serve(verifier.app, bound)


if __name__ == "__main__":
    main()
