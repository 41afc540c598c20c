"""The managers' pages: the figures, the cases behind each of them, and what each figure means."""
