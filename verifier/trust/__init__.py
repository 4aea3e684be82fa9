"""Who may speak and what is kept secret: keys, sealed values, terminals, machine clients."""
