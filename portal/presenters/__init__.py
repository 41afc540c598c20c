"""Presenters: what a page says of a case, as plain data in the templates' words; they know no request."""
