"""How the weights that recognise covered faces are made: paint covers, train, set the limit, try.

`train` makes `models/packs/quality/covers.json`; `trial` measures the gate on other people.
"""
