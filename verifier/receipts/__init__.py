"""The signed form of a decision: made once, kept as it was sent, read by those it concerns."""
