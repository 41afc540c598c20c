"""What is promised to a customer, and what happens when a promise breaks."""
