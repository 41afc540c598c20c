"""A believable fortnight, made by the real verbs on a moving clock."""
