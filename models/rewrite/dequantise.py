"""Fold constant DequantizeLinear (plain, per axis or block-wise) and Reshape into FP32 weights.

ONNX Runtime refuses OpenCV Zoo's block-quantised files as they are; folding gives the same numbers.
"""

from collections.abc import Collection

import numpy as np
import onnx

from .graph import Array, attribute, constants, prune, put, replace_nodes


def fold(model: onnx.ModelProto, keep: Collection[str] = ()) -> None:
    """Compute every DequantizeLinear and Reshape whose inputs are constants, in place.

    Args:
        keep: outputs that stay as they are; OpenVINO reads 8-bit weights of a dense layer itself.
    """
    known = constants(model)
    kept = []
    for node in model.graph.node:
        values = [known.get(name) for name in node.input]
        if node.output[0] in keep:
            kept.append(node)
            continue
        if node.op_type == "DequantizeLinear" and all(value is not None for value in values):
            result = _dequantised(node, [value for value in values if value is not None])
        elif node.op_type == "Reshape" and all(value is not None for value in values):
            result = _reshaped(*[value for value in values if value is not None])
        else:
            kept.append(node)
            continue
        known[node.output[0]] = result
        put(model, node.output[0], result)
    replace_nodes(model, kept)
    prune(model)


def _dequantised(node: onnx.NodeProto, values: list[Array]) -> Array:
    quantised, scale = values[0], values[1]
    zero = values[2] if len(values) > 2 else np.zeros_like(scale, dtype=quantised.dtype)
    axis, block = attribute(node, "axis", 1), attribute(node, "block_size", 0)
    spread = [_spread(part, quantised, axis, block) for part in (scale, zero)]
    whole = quantised.astype(np.int32) - spread[1].astype(np.int32)
    return (whole.astype(np.float32) * spread[0]).astype(np.float32)


def _spread(part: Array, like: Array, axis: int, block: int) -> Array:
    """Repeat a scalar, per-axis or per-block parameter until it fits the tensor."""
    if part.size == 1:
        return part.reshape(())
    if block:
        repeated = np.repeat(part, block, axis=axis)
        return np.take(repeated, np.arange(like.shape[axis]), axis=axis)
    shape = [1] * like.ndim
    shape[axis] = -1
    return part.reshape(shape)


def _reshaped(value: Array, shape: Array) -> Array:
    sizes = [value.shape[i] if size == 0 else int(size) for i, size in enumerate(shape)]
    return value.reshape(sizes)
