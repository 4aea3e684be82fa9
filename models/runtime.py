"""What runs a graph: one small Protocol. Runtimes know sessions; models know meaning."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Protocol

from .errors import ProviderUnavailable
from .types import Floats

AUTO: Final = "auto"

PROVIDERS: Final = ("onnxruntime", "openvino")
"""Every runtime that we have an adapter for; the first is always installed."""


class Session(Protocol):
    """A loaded graph. Safe to call from several threads at once."""

    def run(self, inputs: Mapping[str, Floats]) -> dict[str, Floats]:
        """Outputs by name for inputs by name.

        Raises:
            InferenceFailed: the runtime refused the input.
        """
        ...


def installed() -> tuple[str, ...]:
    """The providers whose package is here."""
    return tuple(name for name in PROVIDERS if find_spec(name) is not None)


def version(provider: str) -> str:
    """The installed version of a provider.

    Raises:
        ProviderUnavailable: see `require`.
    """
    require(provider)
    if provider == "openvino":
        from . import runtime_openvino

        return runtime_openvino.VERSION
    from . import runtime_onnx

    return runtime_onnx.VERSION


def open_session(graph: Path | bytes, provider: str, threads: int) -> Session:
    """Load a graph.

    Args:
        graph: an ONNX file, or its bytes.
        threads: how many threads one run may use.

    Raises:
        ProviderUnavailable: there is no such provider, or its package is not installed.
        InferenceFailed: the runtime refused the graph.
    """
    require(provider)
    if provider == "openvino":
        from .runtime_openvino import OpenvinoSession

        return OpenvinoSession(graph, threads)
    from .runtime_onnx import OnnxSession

    return OnnxSession(graph, threads)


def require(provider: str) -> None:
    """Raise `ProviderUnavailable` unless this provider can be used here."""
    if provider not in PROVIDERS:
        known = ", ".join((AUTO, *PROVIDERS))
        raise ProviderUnavailable(f"there is no provider {provider!r}; known: {known}")
    if provider not in installed():
        raise ProviderUnavailable(
            f"the provider {provider} is not installed: pip install {provider}"
        )
