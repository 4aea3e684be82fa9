"""YuNet's twelve small heads as one convolution pair a level, and a free input size.

Every head is a 1×1 convolution, a depthwise 3×3 one and a reshape. Stacked along the channels they
are one pair with 16 channels a level: class, objectness, box (4), landmarks (10). The output is
NCHW and before the sigmoid, so that only the candidates need one.
"""

import numpy as np
import onnx

from ..detection import CHANNELS, HEADS, STRIDES
from ..errors import GraphUnsupported
from .graph import constants, free_dimensions, producers, prune, put, replace_nodes


def merge_heads(model: onnx.ModelProto) -> None:
    """Replace outputs `cls_8` … `kps_32` by `level_8`, `level_16`, `level_32`, (1, 16, H/s, W/s).

    Raises:
        GraphUnsupported: the graph is not YuNet 2023-03.
    """
    makers, dropped, added = producers(model), set[str](), list[onnx.NodeProto]()
    for stride in STRIDES:
        heads = [_head(makers, f"{head}_{stride}", dropped) for head in HEADS]
        added += _merged(model, stride, heads)
    kept = [node for node in model.graph.node if not dropped.issuperset(node.output)]
    replace_nodes(model, kept + added)
    del model.graph.output[:]
    model.graph.output.extend(
        onnx.helper.make_tensor_value_info(
            f"level_{stride}", onnx.TensorProto.FLOAT, ["batch", CHANNELS, "rows", "columns"]
        )
        for stride in STRIDES
    )
    free_dimensions(model, n="batch", h="height", w="width")
    prune(model)


def _head(
    makers: dict[str, onnx.NodeProto], output: str, dropped: set[str]
) -> tuple[onnx.NodeProto, onnx.NodeProto]:
    """The pointwise and the depthwise convolution behind an output."""
    convolutions: list[onnx.NodeProto] = []
    name = output
    while len(convolutions) < 2:
        node = makers.get(name)
        if node is None or node.op_type not in {"Sigmoid", "Reshape", "Transpose", "Conv"}:
            raise GraphUnsupported(f"output {output} is not one of YuNet's heads")
        dropped.update(node.output)
        convolutions += [node] if node.op_type == "Conv" else []
        name = node.input[0]
    return convolutions[1], convolutions[0]


def _merged(
    model: onnx.ModelProto, stride: int, heads: list[tuple[onnx.NodeProto, onnx.NodeProto]]
) -> list[onnx.NodeProto]:
    known = constants(model)
    weights = {}
    for place, part in enumerate(("point", "depth")):
        for which, kind in ((1, "weight"), (2, "bias")):
            stacked = np.concatenate([known[head[place].input[which]] for head in heads])
            weights[part, kind] = put(model, f"level_{stride}_{part}_{kind}", stacked)
    source, middle = heads[0][0].input[0], f"level_{stride}_point"
    if any(head[0].input[0] != source for head in heads):
        raise GraphUnsupported(f"YuNet's heads of stride {stride} do not share their input")
    make = onnx.helper.make_node
    return [
        make(
            "Conv",
            [source, weights["point", "weight"], weights["point", "bias"]],
            [middle],
            name=middle,
            kernel_shape=[1, 1],
        ),
        make(
            "Conv",
            [middle, weights["depth", "weight"], weights["depth", "bias"]],
            [f"level_{stride}"],
            name=f"level_{stride}_depth",
            kernel_shape=[3, 3],
            pads=[1, 1, 1, 1],
            group=CHANNELS,
        ),
    ]
