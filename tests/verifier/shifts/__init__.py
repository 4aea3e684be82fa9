"""Shifts: codes, plan, conflicts, grid, changes of shift, holidays."""
