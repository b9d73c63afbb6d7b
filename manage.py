#!/usr/bin/env python3
"""Django's command line for Stepdown."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one management command; configuration comes from the environment (see .env.example)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
