"""Truth: PostgreSQL 15 or later, one engine everywhere."""
