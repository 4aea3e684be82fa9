"""The verifier's HTTP interface, version 1."""
