"""What is: people, cases, their lifecycle over the milestones, what was said, and the event log."""
