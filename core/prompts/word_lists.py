"""Lists of words that a person keeps as text files, a line for each; wildcards draw from them."""

from __future__ import annotations

import os
from pathlib import Path

from core.platform.text_files import read_text_file

SUFFIX = ".txt"
MOST_LISTS = 5_000
_COMMENT = "#"


class WordLists:
    """The lists in a folder, read as long as this object lives; the folder need not exist.

    A list in a folder of that folder is named with a slash, `animals/birds`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._paths: dict[str, Path] | None = None
        self._lines: dict[str, tuple[tuple[int, str], ...]] = {}

    def names(self) -> tuple[str, ...]:
        """Their names, in order of the alphabet; the first 5,000 of a folder full of texts."""
        return tuple(self._found())

    def path(self, name: str) -> Path:
        """The file of a list that there is."""
        return self._found()[name]

    def lines(self, name: str) -> tuple[tuple[int, str], ...]:
        """The words of a list, each with the number of its line.

        Empty lines and those that begin with # are left out.

        Raises:
            UnreadableText: it is gone, huge or no text.
        """
        if name not in self._lines:
            text = read_text_file(self.path(name), "list of words").text
            lines = ((number, line.strip()) for number, line in enumerate(text.split("\n"), 1))
            self._lines[name] = tuple(
                (number, line) for number, line in lines if line and not line.startswith(_COMMENT)
            )
        return self._lines[name]

    def _found(self) -> dict[str, Path]:
        if self._paths is None:
            found: dict[str, Path] = {}
            for folder, folders, files in os.walk(self.folder):
                folders.sort()
                for file in sorted(files):
                    if file.lower().endswith(SUFFIX) and len(found) < MOST_LISTS:
                        path = Path(folder, file)
                        name = path.relative_to(self.folder).as_posix()[: -len(SUFFIX)]
                        found[name] = path
            self._paths = dict(sorted(found.items()))
        return self._paths
