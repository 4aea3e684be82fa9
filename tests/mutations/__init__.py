"""Recorded mutations: a rule is broken on purpose, and the test that holds it must fail."""
