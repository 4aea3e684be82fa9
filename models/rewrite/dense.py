"""The dense layer over a flattened map as one convolution as large as the map.

A `Gemm` of `Flatten(map)` is a convolution with a kernel of the map's size. In that form ONNX
Runtime reads the blocked map as it is, and a BatchNormalization before it, `s·v + t` a channel,
goes into its weights exactly: no padding is involved.
"""

import numpy as np
import onnx

from ..errors import GraphUnsupported
from .batchnorm import affine
from .graph import Array, attribute, constants, producers, prune, put, replace_nodes


def as_convolution(model: onnx.ModelProto, channels: int, side: int) -> None:
    """Replace `(BatchNormalization →) (Dropout →) Flatten → Gemm`, in place.

    Args:
        channels, side: the map before the Flatten is (N, channels, side, side).

    Raises:
        GraphUnsupported: the graph has no such tail, or a map of another size.
    """
    makers, known = producers(model), constants(model)
    gemm = next((node for node in model.graph.node if node.op_type == "Gemm"), None)
    if gemm is None or not attribute(gemm, "transB", 0):
        raise GraphUnsupported("the embedder has no dense layer of the expected form")
    weight, bias = (known[name].astype(np.float64) for name in gemm.input[1:3])
    if weight.shape[1] != channels * side * side:
        raise GraphUnsupported("the embedder's dense layer has another size")
    kernel = weight.reshape(-1, channels, side, side)
    source, dropped = gemm.input[0], {gemm.output[0]}
    while makers[source].op_type in {"Flatten", "Dropout", "BatchNormalization"}:
        node = makers[source]
        dropped.add(source)
        if node.op_type == "BatchNormalization":
            scale, shift = affine(node, known)
            bias = bias + np.einsum("ochw,c->o", kernel, shift)
            kernel = kernel * scale[:, None, None]
        source = node.input[0]
    kept = [node for node in model.graph.node if not dropped.intersection(node.output)]
    replace_nodes(model, kept + _nodes(model, source, gemm.output[0], kernel, bias))
    prune(model)


def _nodes(
    model: onnx.ModelProto, source: str, output: str, kernel: Array, bias: Array
) -> list[onnx.NodeProto]:
    weights = [
        put(model, f"{output}_{name}", value.astype(np.float32))
        for name, value in (("kernel", kernel), ("shift", bias))
    ]
    convolution = onnx.helper.make_node(
        "Conv",
        [source, *weights],
        [f"{output}_map"],
        name=f"{output}_map",
        kernel_shape=list(kernel.shape[2:]),
    )
    flat = onnx.helper.make_node("Flatten", [f"{output}_map"], [output], name=f"{output}_flat")
    return [convolution, flat]
