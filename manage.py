#!/usr/bin/env python
"""Milepost's command line: `manage.py help` lists what there is."""

import os
import sys


def main() -> None:
    os.umask(0o077)  # letters, the log's anchors and the SQLite file are nobody else's to read
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not here: run `make setup`, then use .venv/bin/python.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
