"""OpenVINO behind the session: what it does to a whole process, so each in one of its own."""

import subprocess
import sys

GRAPH = """
import os, signal, sys, threading
import numpy as np
from onnx import TensorProto, helper
from models.runtime_openvino import OpenvinoSession

shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "xy"]
graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", shapes[:1], shapes[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
"""

FIRST_RUN = """
sys.setswitchinterval(1e-5)  # so that each thread meets the others inside the first call
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

SIGNAL_AFTERWARDS = """
heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append(True))
first, second = (OpenvinoSession(model.SerializeToString(), 1) for _ in range(2))
del first
del second
signal.raise_signal(signal.SIGINT)
os._exit(heard != [True])
"""


def ended(story: str) -> int:
    """With what a process of its own ends."""
    return subprocess.run([sys.executable, "-c", GRAPH + story], timeout=60, check=False).returncode


def test_threads_that_meet_in_the_first_run_of_a_process_all_get_their_answer() -> None:
    """What could stand still does so once in a process's life, and for ever."""
    assert ended(FIRST_RUN) == 0


def test_a_process_whose_sessions_ended_in_any_order_still_hears_signals() -> None:
    assert ended(SIGNAL_AFTERWARDS) == 0
