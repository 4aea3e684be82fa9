"""The mark by which a simulated printer is known on the wire."""

SIMULATED_MAKER = b"SHUALIAN SIMULATOR"
"""What it calls its maker when asked (GS I 66). No printer's maker has that name."""
