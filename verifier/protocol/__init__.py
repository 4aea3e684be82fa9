"""What a terminal, a verifier and a hospital's own system say to each other.

A leaf: pydantic and joserfc, nothing else.
"""
