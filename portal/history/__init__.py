"""Reads what another help desk kept, by a declared mapping, and hands it to `escalation.history`."""
