"""A sandbox of the platform (沙箱): it checks what the platform checks, and knows invented people.

Everything that it says is marked, in the header `x-shualian-sandbox` and in the member `sandbox` of
every JSON object, and begins its messages with 【沙箱】. The adapter takes either mark, so that
whatever rests on a sandbox is `simulated` up to the receipt, and a real institution refuses it.
"""
