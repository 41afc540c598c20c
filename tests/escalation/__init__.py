"""What is promised, and what happens when a promise breaks."""
