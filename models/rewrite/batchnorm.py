"""Fold every BatchNormalization into the Conv or Gemm before it.

At inference `BN(v) = s·v + t` with `s = γ/√(σ² + ε)` and `t = β − s·μ`, per channel: exact in real
numbers, and computed here in float64. Where the weights stay quantised, `s` goes into their scales.
"""

import numpy as np
import onnx

from .graph import Array, attribute, constants, consumers, producers, prune, put, replace_nodes


def fold(model: onnx.ModelProto) -> None:
    """Fold where the producer is a Conv or a Gemm that feeds nothing else, in place."""
    makers, readers, known = producers(model), consumers(model), constants(model)
    dropped = []
    for node in model.graph.node:
        maker = makers.get(node.input[0]) if node.op_type == "BatchNormalization" else None
        if maker is None or maker.op_type not in {"Conv", "Gemm"}:
            continue
        holder = _holder(maker, makers, known)
        if len(readers[node.input[0]]) != 1 or holder is None:
            continue
        _absorb(model, maker, holder, known, *affine(node, known))
        maker.output[0] = node.output[0]
        dropped.append(node.output[0])
        makers[node.output[0]] = maker
    kept = [
        node
        for node in model.graph.node
        if not (node.op_type == "BatchNormalization" and node.output[0] in dropped)
    ]
    replace_nodes(model, kept)
    prune(model)


def affine(node: onnx.NodeProto, known: dict[str, Array]) -> tuple[Array, Array]:
    """Scale and shift per channel of a BatchNormalization, float64."""
    gamma, beta, mean, variance = (known[name].astype(np.float64) for name in node.input[1:5])
    scale = gamma / np.sqrt(variance + attribute(node, "epsilon", 1e-5))
    return scale, beta - scale * mean


def _holder(
    maker: onnx.NodeProto, makers: dict[str, onnx.NodeProto], known: dict[str, Array]
) -> onnx.NodeProto | None:
    """The node whose second input is to be scaled: the maker, or what dequantises its weights."""
    if maker.input[1] in known:
        return maker
    source = makers.get(maker.input[1])
    if source is None or source.op_type != "DequantizeLinear" or attribute(source, "axis", 1) != 1:
        return None
    return source if known[source.input[1]].ndim == 2 and attribute(maker, "transB", 0) else None


def _absorb(
    model: onnx.ModelProto,
    maker: onnx.NodeProto,
    holder: onnx.NodeProto,
    known: dict[str, Array],
    s: Array,
    t: Array,
) -> None:
    weight = known[holder.input[1]].astype(np.float64)
    rows = weight.ndim == 4 or attribute(maker, "transB", 0)
    weight = weight * (s.reshape(-1, *[1] * (weight.ndim - 1)) if rows else s)
    bias = known[maker.input[2]].astype(np.float64) if len(maker.input) > 2 else 0.0
    names = [f"{maker.output[0]}_folded_weight", f"{maker.output[0]}_folded_bias"]
    for name, value in zip(names, (weight, bias * s + t), strict=True):
        known[name] = value.astype(np.float32)
        put(model, name, known[name])
    holder.input[1] = names[0]
    del maker.input[2:]
    maker.input.append(names[1])
