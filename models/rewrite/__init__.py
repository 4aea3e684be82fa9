"""Exact rewrites of ONNX graphs; each module is one of them and a pure function of a model."""
