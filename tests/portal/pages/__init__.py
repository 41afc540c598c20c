"""The customer's doors: what each page says, who gets it, and what it costs."""
