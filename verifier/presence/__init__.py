"""Ward presence (在院核验): that the person in the bed is the person who was admitted.

It proves a stay for insurance. It is no watch over patients: one look a day at most, by day, never
where it would disturb care, and what it does not find is a hint to be read beside the hospital's
own record, never a finding.
"""
