"""A fuzz target for every codec: any bytes give a value or a typed error, in bounded time and
memory, and what was understood reads the same again.

`make fuzz` runs all with atheris; the tests run each on its seeds and a few hundred inputs.
"""
