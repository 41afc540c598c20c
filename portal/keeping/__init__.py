"""What is kept of people and for how long: copies to take away, erasure, and the dated clearing out."""
