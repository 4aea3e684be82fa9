"""Training mode (练习): invented people in a store of their own, of which nothing is counted."""
