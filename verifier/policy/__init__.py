"""What this hospital's rules say: notices, purposes, error rates, assurances, next steps."""
