"""Small helpers over an ONNX graph."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Array = NDArray[Any]


def constants(model: onnx.ModelProto) -> dict[str, Array]:
    """Every constant of the graph by name: initializers and Constant nodes."""
    found = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            found[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    return found


def attribute(node: onnx.NodeProto, name: str, default: Any = None) -> Any:
    """An attribute's value, or the default."""
    for item in node.attribute:
        if item.name == name:
            return onnx.helper.get_attribute_value(item)
    return default


def put(model: onnx.ModelProto, name: str, value: Array) -> str:
    """Add or replace an initializer; answer its name."""
    tensor = numpy_helper.from_array(np.ascontiguousarray(value), name)
    for item in model.graph.initializer:
        if item.name == name:
            item.CopyFrom(tensor)
            return name
    model.graph.initializer.append(tensor)
    return name


def replace_nodes(model: onnx.ModelProto, nodes: list[onnx.NodeProto]) -> None:
    """Give the graph these nodes instead of its own."""
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def consumers(model: onnx.ModelProto) -> dict[str, list[onnx.NodeProto]]:
    """Who reads each tensor."""
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    return readers


def free_dimensions(model: onnx.ModelProto, **axes: str) -> None:
    """Give the first input's axes (`n`, `h`, `w` of NCHW) free sizes, and the outputs likewise."""
    shape = model.graph.input[0].type.tensor_type.shape
    for letter, name in axes.items():
        shape.dim["nchw".index(letter)].dim_param = name
    for output in model.graph.output:
        for index, size in enumerate(output.type.tensor_type.shape.dim):
            if index == 0 or len(axes) > 1:
                size.dim_param = axes["n"] if index == 0 else f"{output.name}_{index}"
    del model.graph.value_info[:]


def producers(model: onnx.ModelProto) -> dict[str, onnx.NodeProto]:
    """Who makes each tensor."""
    return {name: node for node in model.graph.node for name in node.output}


def prune(model: onnx.ModelProto) -> None:
    """Drop initializers that no node reads, and weights from the graph's inputs."""
    used = {name for node in model.graph.node for name in node.input}
    used |= {output.name for output in model.graph.output}
    kept = [item for item in model.graph.initializer if item.name in used]
    names = {item.name for item in model.graph.initializer}
    inputs = [item for item in model.graph.input if item.name in used - names]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    del model.graph.value_info[:]
