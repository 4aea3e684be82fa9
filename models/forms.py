"""Which graphs are made of a published model, and which provider runs which.

ONNX Runtime is fastest on convolutions in its blocked layout; OpenVINO fuses PRelu itself and reads
the dense layer's 8-bit weights as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import onnx

from .rewrite import batchnorm, dense, dequantise, prelu, yunet
from .rewrite.graph import free_dimensions

SFACE_DENSE_WEIGHT: Final = "pre_fc1_weight_dequantized"


@dataclass(frozen=True)
class Form:
    """One rewritten graph: the file's ending, who runs it, and how it is made from the original."""

    ending: str
    providers: tuple[str, ...]
    make: Callable[[onnx.ModelProto], None]

    def file(self, role: str) -> str:
        """The prepared file's name."""
        return f"{role}{self.ending}.onnx"


def folded(model: onnx.ModelProto) -> None:
    """Only what a runtime needs to load the file: the reference that every form is held against."""
    dequantise.fold(model)
    free_dimensions(model, n="batch", h="height", w="width")


def _yunet(model: onnx.ModelProto) -> None:
    dequantise.fold(model)
    yunet.merge_heads(model)


def _sface_blocked(model: onnx.ModelProto) -> None:
    dequantise.fold(model)
    batchnorm.fold(model)
    dense.as_convolution(model, channels=1024, side=7)
    prelu.turn_steep_slopes(model)
    prelu.split(model)
    free_dimensions(model, n="batch")


def _sface_compact(model: onnx.ModelProto) -> None:
    dequantise.fold(model, keep=(SFACE_DENSE_WEIGHT,))
    batchnorm.fold(model)
    free_dimensions(model, n="batch")


FORMS: Final[Mapping[str, tuple[Form, ...]]] = {
    "yunet": (Form("", ("onnxruntime", "openvino"), _yunet),),
    "sface": (
        Form(".blocked", ("onnxruntime",), _sface_blocked),
        Form(".compact", ("openvino",), _sface_compact),
    ),
}

PREFERRED: Final[Mapping[str, tuple[str, ...]]] = {
    "yunet": ("onnxruntime", "openvino"),
    "sface": ("openvino", "onnxruntime"),
}
"""Which provider is faster, best first, as benchmarks/results/pipeline.json shows it."""


def made(source: onnx.ModelProto, form: Form) -> bytes:
    """The form's bytes; the same bytes whenever the source is the same."""
    model = onnx.ModelProto()
    model.CopyFrom(source)
    form.make(model)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))
