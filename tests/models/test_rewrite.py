"""Every rewrite answers what the graph answered before, on small graphs made here."""

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from models.errors import GraphUnsupported
from models.rewrite import batchnorm, dense, dequantise, prelu, yunet
from models.rewrite.graph import free_dimensions

FLOAT = onnx.TensorProto.FLOAT


def _model(
    nodes: list[onnx.NodeProto],
    weights: dict[str, np.ndarray],
    shape: tuple[int, ...],
    outputs: tuple[str, ...] = ("y",),
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", FLOAT, shape)],
        [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def _run(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return np.asarray(session.run(None, {"x": x})[0])


def _kinds(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize(
    ("scale", "settings_"),
    [((), {}), ((4,), {"axis": 0}), ((6,), {"axis": 1}), ((4, 2), {"axis": 1, "block_size": 3})],
)
@pytest.mark.parametrize("zero", [False, True])
def test_dequantising_ahead_gives_the_weights_that_the_runtime_computes(
    scale: tuple[int, ...], settings_: dict[str, int], zero: bool
) -> None:
    random = np.random.default_rng(1)
    weights = {
        "q": random.integers(-128, 128, (4, 6), dtype=np.int8),
        "s": np.asarray(random.uniform(0.01, 0.1, scale), np.float32),
        "shape": np.array([0, 2, -1]),
    }
    inputs = ["q", "s"]
    if zero:
        weights["z"] = np.asarray(random.integers(-20, 20, scale), np.int8)
        inputs.append("z")
    nodes = [
        helper.make_node("DequantizeLinear", inputs, ["w"], **settings_),
        helper.make_node("Reshape", ["w", "shape"], ["r"]),
        helper.make_node("Add", ["r", "x"], ["y"]),
    ]
    model = _model(nodes, weights, (4, 2, 3))
    x = np.zeros((4, 2, 3), np.float32)
    before = _run(model, x)
    dequantise.fold(model)
    assert _kinds(model) == ["Add"]
    np.testing.assert_allclose(_run(model, x), before, atol=1e-6)


def test_weights_that_were_listed_as_inputs_no_longer_are() -> None:
    weights = {"q": np.ones((1, 1), np.int8), "s": np.ones((), np.float32)}
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s"], ["w"]),
        helper.make_node("Mul", ["x", "w"], ["y"]),
    ]
    model = _model(nodes, weights, (1, 1))
    model.graph.input.append(helper.make_tensor_value_info("q", onnx.TensorProto.INT8, (1, 1)))
    dequantise.fold(model)
    assert [item.name for item in model.graph.input] == ["x"]


def _convolution(
    random: np.random.Generator, channels: int, outputs: int, group: int, kernel: int
) -> tuple[np.ndarray, dict[str, object]]:
    weight = random.normal(0, 0.5, (outputs, channels // group, kernel, kernel))
    pads = [kernel // 2] * 4
    return weight.astype(np.float32), {"group": group, "pads": pads, "kernel_shape": [kernel] * 2}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.booleans(), st.booleans())
def test_batch_normalisation_folds_into_a_convolution(
    seed: int, depthwise: bool, bias: bool
) -> None:
    random = np.random.default_rng(seed)
    weight, how = _convolution(random, 4, 4, 4 if depthwise else 1, 3)
    weights = {"w": weight, "b": random.normal(0, 1, 4).astype(np.float32)}
    weights |= {name: random.normal(0, 1, 4).astype(np.float32) for name in ("beta", "mean")}
    weights |= {name: random.uniform(0.1, 3, 4).astype(np.float32) for name in ("gamma", "var")}
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"] if bias else ["x", "w"], ["c"], **how),
        helper.make_node("BatchNormalization", ["c", "gamma", "beta", "mean", "var"], ["y"]),
    ]
    model = _model(nodes, weights, (1, 4, 6, 6))
    x = random.normal(0, 1, (1, 4, 6, 6)).astype(np.float32)
    before = _run(model, x)
    batchnorm.fold(model)
    assert _kinds(model) == ["Conv"]
    np.testing.assert_allclose(_run(model, x), before, atol=1e-4, rtol=1e-4)


def test_batch_normalisation_stays_where_its_input_is_needed_elsewhere() -> None:
    random = np.random.default_rng(2)
    weight, how = _convolution(random, 2, 2, 1, 1)
    ones = {name: np.ones(2, np.float32) for name in ("gamma", "beta", "mean", "var")}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], **how),
        helper.make_node("BatchNormalization", ["c", "gamma", "beta", "mean", "var"], ["n"]),
        helper.make_node("Add", ["c", "n"], ["y"]),
    ]
    model = _model(nodes, {"w": weight} | ones, (1, 2, 4, 4))
    batchnorm.fold(model)
    assert _kinds(model) == ["Conv", "BatchNormalization", "Add"]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**31),
    st.sampled_from([(1, 3), (1, 1), (8, 3)]),
    st.sampled_from([1, 8]),
    st.sampled_from([1, 2]),
    st.floats(-1.5, 2.5),
)
def test_prelu_becomes_convolutions_whatever_its_slopes(
    seed: int, first: tuple[int, int], last: int, stride: int, centre: float
) -> None:
    """Depthwise or not, strided or not, with slopes below, at and above one."""
    random = np.random.default_rng(seed)
    slopes = random.normal(centre, 0.5, (8, 1, 1)).astype(np.float32)
    slopes[:2, 0, 0] = [1, 0]
    w1, how1 = _convolution(random, 8, 8, first[0], first[1])
    w2, how2 = _convolution(random, 8, 8, last, 3)
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], strides=[stride] * 2, **how1),
        helper.make_node("PRelu", ["c1", "a"], ["p"]),
        helper.make_node("Conv", ["p", "w2"], ["y"], **how2),
    ]
    bias = random.normal(0, 1, 8).astype(np.float32)
    model = _model(nodes, {"w1": w1, "b1": bias, "a": slopes, "w2": w2}, (1, 8, 8, 8))
    x = random.normal(0, 1, (1, 8, 8, 8)).astype(np.float32)
    before = _run(model, x)
    prelu.turn_steep_slopes(model)
    turned = [w for w in model.graph.initializer if w.name == "p_slope"]
    assert all((numpy_helper.to_array(w) <= 1).all() for w in turned)
    prelu.split(model)
    assert "PRelu" not in _kinds(model)
    scale = np.abs(before).max() + 1
    np.testing.assert_allclose(_run(model, x) / scale, before / scale, atol=2e-6)


def test_a_steep_slope_with_no_convolution_behind_it_is_not_guessed_at() -> None:
    weights = {"w": np.ones((1, 1, 1, 1), np.float32), "a": np.full((1, 1, 1), 2, np.float32)}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"]),
        helper.make_node("PRelu", ["c", "a"], ["y"], name="steep"),
    ]
    with pytest.raises(GraphUnsupported, match="steep"):
        prelu.turn_steep_slopes(_model(nodes, weights, (1, 1, 2, 2)))


@pytest.mark.parametrize("batch", [1, 3])
def test_the_dense_layer_becomes_a_convolution_with_the_normalisation_in_it(batch: int) -> None:
    random = np.random.default_rng(4)
    weights = {
        "w": random.normal(0, 1, (5, 4 * 9)).astype(np.float32),
        "b": random.normal(0, 1, 5).astype(np.float32),
        "gamma": random.uniform(0.5, 2, 4).astype(np.float32),
        "beta": random.normal(0, 1, 4).astype(np.float32),
        "mean": random.normal(0, 1, 4).astype(np.float32),
        "var": random.uniform(0.5, 2, 4).astype(np.float32),
    }
    nodes = [
        helper.make_node("Relu", ["x"], ["r"]),
        helper.make_node("BatchNormalization", ["r", "gamma", "beta", "mean", "var"], ["n"]),
        helper.make_node("Flatten", ["n"], ["f"]),
        helper.make_node("Gemm", ["f", "w", "b"], ["y"], transB=1),
    ]
    model = _model(nodes, weights, (1, 4, 3, 3))
    free_dimensions(model, n="batch")
    x = random.normal(0, 1, (batch, 4, 3, 3)).astype(np.float32)
    before = _run(model, x)
    dense.as_convolution(model, channels=4, side=3)
    assert _kinds(model) == ["Relu", "Conv", "Flatten"]
    np.testing.assert_allclose(_run(model, x), before, atol=1e-4)


def test_a_graph_of_another_kind_is_refused_by_every_rewrite_that_needs_a_form() -> None:
    model = _model([helper.make_node("Relu", ["x"], ["y"])], {}, (1, 3, 8, 8))
    with pytest.raises(GraphUnsupported):
        yunet.merge_heads(model)
    with pytest.raises(GraphUnsupported):
        dense.as_convolution(model, channels=3, side=8)
