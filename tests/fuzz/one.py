"""One target under atheris: `python -m tests.fuzz.one NAME FLAGS…`. Started by `tests.fuzz.run`."""

import sys

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["devices", "codes"]):
    from .targets import TARGETS


def main() -> None:
    """Fuzz until libFuzzer's flags say that it is enough; it ends the process itself."""
    name, *flags = sys.argv[1:]
    atheris.Setup([sys.argv[0], *flags], TARGETS[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
