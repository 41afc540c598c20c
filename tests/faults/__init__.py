"""Faults with real processes on PostgreSQL: several beats at once, beats killed, a mail server that goes away."""
