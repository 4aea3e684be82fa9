"""ONNX Runtime on the CPU behind `models.runtime.Session`."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from .errors import InferenceFailed
from .types import Floats

VERSION: str = onnxruntime.__version__

_ERRORS_ONLY = 3


class OnnxSession:
    """A graph in ONNX Runtime; `InferenceSession.run` may be called from several threads."""

    def __init__(self, graph: Path | bytes, threads: int) -> None:
        source = graph if isinstance(graph, bytes) else str(graph)
        try:
            self._session = onnxruntime.InferenceSession(
                source, _options(threads), providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise InferenceFailed(f"ONNX Runtime refused the graph: {_name(error)}") from error
        self._outputs = [output.name for output in self._session.get_outputs()]

    def run(self, inputs: Mapping[str, Floats]) -> dict[str, Floats]:
        """Outputs by name.

        Raises:
            InferenceFailed: the runtime refused the input.
        """
        try:
            values = self._session.run(self._outputs, dict(inputs))
        except Exception as error:
            raise InferenceFailed(f"ONNX Runtime failed: {_name(error)}") from error
        return dict(zip(self._outputs, (np.asarray(value) for value in values), strict=True))


def _options(threads: int) -> "onnxruntime.SessionOptions":
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # To wake a thread for each of a graph's fifty nodes takes longer than many a node does. Between
    # runs threads rest: the cores belong to the browser, the camera, the other model.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return options


def _name(error: Exception) -> str:
    return type(error).__name__
