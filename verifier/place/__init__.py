"""Where a check-in (签到) happens: positions, fences, and what counts as proof of place."""
