"""Accounts of staff: roles, passwords, second factors, sessions."""
