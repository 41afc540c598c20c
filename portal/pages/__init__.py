"""Customer pages: each checks access, calls one verb or query, renders."""
