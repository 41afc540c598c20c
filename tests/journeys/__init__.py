"""Whole stories through the real screens, in a real browser, on a fast-forward clock."""
