"""Progress reports: what the log says of one case or of many, to take to a meeting or to give to a customer."""
