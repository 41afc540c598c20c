"""What programs may read, at /api/v1/: for who may see figures, and nothing can be changed."""
