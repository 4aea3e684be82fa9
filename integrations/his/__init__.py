"""The hospital's own system (HIS): a watched folder of files, and a simulator that plays a day.

Both speak to a verifier as a machine client over HTTP, as a HIS does: they run where the HIS's
files are, which is seldom the verifier's machine, and hold one key and no door to its database.
"""
