from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.platform.standard_streams import open_missing_streams

ROOT = Path(__file__).parents[3]
# What the first file that is opened gets as its number, and whether each stream takes a word.
CODE = f"""
import os, sys
from {open_missing_streams.__module__} import open_missing_streams
open_missing_streams()
sys.stdin.read()
sys.stdout.write("out")
sys.stderr.write("err")
sys.stdout.flush()
first = open(sys.argv[1], "w")
first.write(f"{{first.fileno()}} {{[os.get_inheritable(n) for n in range(3)]}}")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams with a POSIX shell")
@pytest.mark.parametrize(
    ("closing", "out", "err"),
    [
        ("", "out", "err"),
        ("2>&-", "out", ""),
        (">&-", "", "err"),
        ("<&-", "out", "err"),
        ("<&- >&-", "", "err"),
        ("<&- >&- 2>&-", "", ""),
        (">&- 2>&-", "", ""),
    ],
)
def test_no_file_gets_the_number_of_a_stream_that_was_closed(
    tmp_path: Path, closing: str, out: str, err: str
) -> None:
    first = tmp_path / "first"
    ended = subprocess.run(
        ["sh", "-c", f'exec "$@" {closing}', "sh", sys.executable, "-c", CODE, str(first)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, out, err)
    number, inheritable = first.read_text().split(maxsplit=1)
    assert int(number) > 2
    assert inheritable == "[True, True, True]"
