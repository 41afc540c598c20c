"""What was learned: surveys, lessons and the figures managers read."""
