"""What the suite itself stands on: a throw-away PostgreSQL, a browser, the stages of `make test`."""
