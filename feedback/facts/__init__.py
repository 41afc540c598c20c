"""The facts of a case: read off its log, its promises and its survey, and kept in one row each."""
