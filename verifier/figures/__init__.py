"""监管概览: a hospital's own figures of a range of days, counted from what stands already.

Nothing here names a person, a physician or a clerk, and nothing counts by who did it.
"""
