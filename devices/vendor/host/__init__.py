"""The program in which a vendor's library runs: `host.c`, and the same in Python, `__main__.py`.

It runs on its own, as a file, and is never imported by the rest of the package.
"""
