"""How long a test waits for an answer that comes."""

WAIT = 60.0
"""Seconds. No test waits them out: they end one whose other side hangs, on a busy machine too."""
