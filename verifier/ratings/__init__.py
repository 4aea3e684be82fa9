"""好差评 and 受理: how a visit went by whoever chose to say so, and matters that somebody brought.

A service and a place are rated, never a worker. A poor rating has an owner, a deadline, and is
closed only with what was changed.
"""
