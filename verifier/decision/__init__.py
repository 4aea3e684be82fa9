"""From a signed claim to a stored decision: the order of judging, and the pure rule."""
