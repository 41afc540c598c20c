"""How dates and times are spelled in Arabic."""
