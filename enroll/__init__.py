"""Identities come in: one person at a desk, or thousands from a table and a folder of photos."""
