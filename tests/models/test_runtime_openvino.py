"""OpenVINO behind the session: many threads at its very first run."""

import subprocess
import sys

CHILD = """
import os, sys, threading
import numpy as np
from onnx import TensorProto, helper
from models.runtime_openvino import OpenvinoSession

sys.setswitchinterval(1e-5)  # so that each thread meets the others inside the first call
shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "xy"]
graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", shapes[:1], shapes[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
session = OpenvinoSession(model.SerializeToString(), 1)
together, found = threading.Barrier(8), []

def run():
    together.wait()
    found.append(session.run({"x": np.ones((1, 4), np.float32)})["y"].sum())

threads = [threading.Thread(target=run) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
os._exit(found != [4.0] * 8)
"""


def test_threads_that_meet_in_the_first_run_of_a_process_all_get_their_answer() -> None:
    """A process of its own: what could stand still does so once in its life, and for ever."""
    done = subprocess.run([sys.executable, "-c", CHILD], timeout=60, check=False)
    assert done.returncode == 0
