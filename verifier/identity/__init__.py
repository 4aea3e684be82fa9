"""People, their numbers, their consents and their templates; each institution sees only its own."""
