"""OpenVINO on the CPU behind `models.runtime.Session`. The package is optional."""

import functools
import queue
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import openvino

from .errors import InferenceFailed
from .types import Floats

VERSION: str = openvino.get_version()

# OpenVINO makes its tables of element types at their first use, holding their guard while it waits
# for the interpreter's lock; a second thread at its own first use holds that lock while it waits
# for the guard, and the whole process stands still for ever. So the first use is here, under the
# lock of the import.
openvino.Type.f32.to_dtype()
openvino.Tensor(np.zeros(1, np.float32)).data.sum()

_BLOCKED: Final = "cpu:jit_avx512_1x1,cpu:jit_avx512_dw,cpu:jit_avx512"
"""Convolutions over the blocked layout: for small maps they are a fifth faster than the
channels-last ones that OpenVINO takes by itself. Processors without AVX-512 pass over the names."""

_PRIORITY: Final = "primitives_priority_0"

_CARRIER: Final = f"""<?xml version="1.0"?>
<net name="carrier" version="11">
<layers>
<layer id="0" name="x" type="Parameter" version="opset1">
<data shape="1" element_type="f32"/>
<rt_info><attribute name="primitives_priority" version="0" value="{_BLOCKED}"/></rt_info>
<output><port id="0" precision="FP32"><dim>1</dim></port></output>
</layer>
<layer id="1" name="r" type="Result" version="opset1">
<input><port id="0" precision="FP32"><dim>1</dim></port></input>
</layer>
</layers>
<edges><edge from-layer="0" from-port="0" to-layer="1" to-port="0"/></edges>
</net>"""
"""A model whose only purpose is its attribute: Python cannot make one, but can hand it on."""


@functools.cache
def _core() -> Any:
    """The process's one core, which stays as long as the process does.

    The first use of a core gives the thread a stack for its signal handlers, and the end of the
    core puts the stack back that was there before. When two cores do not end in the reverse order
    of their beginnings, that one is unmapped by then, and the next signal, say Ctrl-C, kills the
    process before any handler runs.
    """
    return openvino.Core()


class OpenvinoSession:
    """A graph in OpenVINO. A run takes an infer request from a pool, so threads do not meet."""

    def __init__(self, graph: Path | bytes, threads: int) -> None:
        core = _core()
        try:
            model = core.read_model(graph if isinstance(graph, bytes) else str(graph))
            _prefer_blocked(core, model)
            self._compiled = core.compile_model(model, "CPU", _settings(threads))
        except Exception as error:
            raise InferenceFailed(f"OpenVINO refused the graph: {type(error).__name__}") from error
        self._outputs = [output.get_any_name() for output in self._compiled.outputs]
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def run(self, inputs: Mapping[str, Floats]) -> dict[str, Floats]:
        """Outputs by name.

        Raises:
            InferenceFailed: the runtime refused the input.
        """
        request = self._request()
        try:
            found = request.infer(dict(inputs), share_inputs=True)
            return {name: np.array(found[name]) for name in self._outputs}
        except Exception as error:
            raise InferenceFailed(f"OpenVINO failed: {type(error).__name__}") from error
        finally:
            self._idle.put(request)

    def _request(self) -> Any:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return self._compiled.create_infer_request()


def _prefer_blocked(core: Any, model: Any) -> None:
    """Hint at faster convolutions; a version of OpenVINO that takes no hint loses nothing."""
    try:
        carrier = core.read_model(_CARRIER.encode(), b"")
        hint = carrier.get_parameters()[0].get_rt_info()[_PRIORITY]
    except (RuntimeError, KeyError, TypeError):
        return
    for node in model.get_ops():
        if node.get_type_name() in {"Convolution", "GroupConvolution"}:
            node.set_rt_info(hint, _PRIORITY)


def _settings(threads: int) -> dict[str, object]:
    return {
        # Where the processor has bfloat16, OpenVINO would use it; an embedding must not depend on
        # the machine.
        "INFERENCE_PRECISION_HINT": "f32",
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
    }
