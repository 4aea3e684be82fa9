"""Who it could be: exact search over templates in memory, and the rates of searching."""
