"""PRelu as convolutions, which ONNX Runtime keeps in its blocked layout and runs on every thread.

`PRelu(y) = max(y, 0) + a·min(y, 0)`, with one slope `a` a channel. For `a ≤ 1`

    PRelu(y) = y + relu((a − 1)·y)

is exact: for y ≥ 0 the second term is nought, for y < 0 it is (a − 1)·y. Where `y = W∗x + b` is a
cheap convolution both terms are convolutions of x, the one with W, the other with (a − 1)·W;
elsewhere both are depthwise 1×1 convolutions of y. ONNX Runtime fuses Relu and sum into them, and
adds in place.

A slope above one is turned first. PRelu is positively homogeneous, so with `P` of slope 1/a
`PRelu(y) = −P(−a·y)`: the convolution before is scaled by −a, the one after negated.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx

from ..errors import GraphUnsupported
from .graph import Array, attribute, constants, consumers, producers, prune, put, replace_nodes

CHEAP = 32
"""Multiplications an output value up to which a convolution is computed twice."""


def turn_steep_slopes(model: onnx.ModelProto) -> None:
    """Bring every slope to 1 or less, in place.

    Raises:
        GraphUnsupported: a steep PRelu does not stand between convolutions.
    """
    makers, readers, known = producers(model), consumers(model), constants(model)
    for node in list(model.graph.node):
        if node.op_type != "PRelu" or not (known[node.input[1]] > 1).any():
            continue
        before, after = makers[node.input[0]], readers.get(node.output[0], [])
        alone = len(readers[node.input[0]]) == 1
        if not (alone and after) or {n.op_type for n in (before, *after)} != {"Conv"}:
            raise GraphUnsupported(f"{node.name} has a slope above 1 and no convolutions around it")
        _turn(model, known, node, before, after)
    prune(model)


def _turn(
    model: onnx.ModelProto,
    known: dict[str, Array],
    node: onnx.NodeProto,
    before: onnx.NodeProto,
    after: list[onnx.NodeProto],
) -> None:
    slope = known[node.input[1]].astype(np.float64)
    flat = slope.ravel()
    scale, sign = np.where(flat > 1, -flat, 1.0), np.where(flat > 1, -1.0, 1.0)
    turned = np.divide(1, slope, out=slope.copy(), where=slope > 1)
    node.input[1] = _put(model, known, f"{node.output[0]}_slope", turned)
    _scale_outputs(model, known, before, scale)
    for reader in after:
        weight = known[reader.input[1]].astype(np.float64)
        shape = (-1, 1, 1, 1) if attribute(reader, "group", 1) > 1 else (1, -1, 1, 1)
        name = f"{reader.output[0]}_turned_weight"
        reader.input[1] = _put(model, known, name, weight * sign.reshape(shape))


def _scale_outputs(
    model: onnx.ModelProto, known: dict[str, Array], conv: onnx.NodeProto, scale: Array
) -> None:
    factors = (scale.reshape(-1, 1, 1, 1), scale)
    for index, factor in zip(range(1, len(conv.input)), factors, strict=False):
        value = known[conv.input[index]].astype(np.float64) * factor
        conv.input[index] = _put(model, known, f"{conv.output[0]}_scaled_{index}", value)


def _put(model: onnx.ModelProto, known: dict[str, Array], name: str, value: Array) -> str:
    known[name] = value.astype(np.float32)
    return put(model, name, known[name])


def split(model: onnx.ModelProto) -> None:
    """Replace every PRelu of slopes ≤ 1 by convolutions and a fused sum, in place."""
    makers, readers, known = producers(model), consumers(model), constants(model)
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        if node.op_type != "PRelu":
            nodes.append(node)
            continue
        factor = known[node.input[1]].astype(np.float64).ravel() - 1
        before = makers[node.input[0]]
        if len(readers[node.input[0]]) == 1 and _is_cheap(before, known):
            nodes.remove(before)
            nodes += _twice(model, known, node, before, factor)
        else:
            nodes += _behind(model, known, node, factor)
    replace_nodes(model, nodes)
    prune(model)


def _is_cheap(conv: onnx.NodeProto, known: dict[str, Array]) -> bool:
    """Is computing this convolution twice cheaper than passing over its output once more?"""
    if conv.op_type != "Conv" or max(attribute(conv, "strides", [1, 1])) > 1:
        return False
    return int(np.prod(known[conv.input[1]].shape[1:])) <= CHEAP


def _twice(
    model: onnx.ModelProto,
    known: dict[str, Array],
    node: onnx.NodeProto,
    conv: onnx.NodeProto,
    factor: Array,
) -> Iterator[onnx.NodeProto]:
    """Compute the convolution once bent and once straight."""
    out = node.output[0]
    inputs = [conv.input[0]]
    for index, shape in zip(range(1, len(conv.input)), ((-1, 1, 1, 1), (-1,)), strict=False):
        value = known[conv.input[index]].astype(np.float64) * factor.reshape(shape)
        inputs.append(_put(model, known, f"{out}_bend_{index}", value))
    settings: dict[str, Any] = {
        item.name: onnx.helper.get_attribute_value(item) for item in conv.attribute
    }
    bent = onnx.helper.make_node("Conv", inputs, [f"{out}_bent"], name=f"{out}_bent", **settings)
    return _sum(bent, conv, out)


def _behind(
    model: onnx.ModelProto, known: dict[str, Array], node: onnx.NodeProto, factor: Array
) -> Iterator[onnx.NodeProto]:
    """Two depthwise 1×1 convolutions of the output: one bends it, one carries it into the sum."""
    out = node.output[0]
    parts = []
    for part, value in (("bent", factor), ("straight", np.ones_like(factor))):
        weight = _put(model, known, f"{out}_{part}_weight", value.reshape(-1, 1, 1, 1))
        parts.append(
            onnx.helper.make_node(
                "Conv",
                [node.input[0], weight],
                [f"{out}_{part}"],
                name=f"{out}_{part}",
                kernel_shape=[1, 1],
                group=len(factor),
            )
        )
    return _sum(parts[0], parts[1], out)


def _sum(bent: onnx.NodeProto, straight: onnx.NodeProto, out: str) -> Iterator[onnx.NodeProto]:
    make = onnx.helper.make_node
    yield bent
    yield make("Relu", [bent.output[0]], [f"{out}_part"], name=f"{out}_part")
    yield straight
    yield make("Add", [straight.output[0], f"{out}_part"], [out], name=out)
