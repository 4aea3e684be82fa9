"""疑点: what the insurance office should look at, and how it is looked at fairly.

A rule points at facts that do not fit together. It decides nothing, gates nobody's care, and a case
is closed as lawful as readily as it is confirmed: which share was is measured for each rule.
"""
