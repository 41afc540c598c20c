"""Template words, times and icons of the customer pages."""
