"""The command line: words in, a clip's path on stdout, everything for people on stderr."""

from cli.app import main

__all__ = ["main"]
