"""The phone's page in the DMZ: a process without a database, which keeps nothing.

It serves the page and what that loads, and passes on the phone's own requests, as they came, to the
verifier. Captures are sealed to the verifier's key, so that nothing here can open them.
"""
