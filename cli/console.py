"""What the program says: results and events on stdout, everything meant for people on stderr."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from typing import TYPE_CHECKING, TextIO

from core.errors import num_shown, shortened
from core.platform.standard_streams import ForgivingStream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.errors import Problem
    from core.jobs.job import ErrorReport

PROGRAM = "main.py"
WIDTH = 80
_QUOTED = re.compile(r"(?<!\w)'[^'\n]{1,72}'(?!\w)")
_GLUE = "\x00"


class Console:
    """The two streams of a command; a reader that has gone away is no error.

    Attributes:
        is_json: events go to stdout, one a line, and nothing is written for people.
        is_quiet: people see errors only.
        unwritten: why the answer is not whole where it was to go; None where it is, or where nobody
            reads it to its end.
    """

    def __init__(self, *, is_json: bool = False, is_quiet: bool = False) -> None:
        self.is_json = is_json
        self.is_quiet = is_quiet
        self.unwritten: OSError | None = None
        for stream in (sys.stdout, sys.stderr):
            _never_fail_to_encode(stream)

    def answer(self, text: str) -> None:
        """Write the result of a command on stdout."""
        lost = _write(sys.stdout, f"{text}\n")
        self.unwritten = self.unwritten or lost

    def answer_in_words(self, text: str) -> None:
        """Write the result of a command on stdout, where events do not say it already."""
        if not self.is_json:
            self.answer(text)

    def event(self, name: str, /, **fields: object) -> None:
        """Write one event on stdout, when events are asked for."""
        if self.is_json:
            self.answer(json.dumps({"event": name, **fields}))

    def tell(self, text: str) -> None:
        """Tell people something on stderr."""
        if not self.is_json and not self.is_quiet:
            _write(sys.stderr, f"{text}\n")

    def note(self, message: str) -> None:
        """Tell what the user did not ask for but should know."""
        self.event("noted", message=message)
        self.tell(wrapped(f"Note: {message}"))

    def fail(
        self, report: ErrorReport, problems: Sequence[Problem] = (), *, job: str | None = None
    ) -> None:
        """Tell why nothing came of it."""
        shown = problems[: num_shown(len(problems))]
        more = len(problems) - len(shown)
        listed = [{"field": item.field, "message": shortened(item.message)} for item in shown]
        fields: Mapping[str, object] = {**report.model_dump(mode="json"), "problems": listed}
        left_out = {"left_out": more} if more else {}
        self.event("failed", **({"job": job} if job else {}), **fields, **left_out)
        if self.is_json:
            return
        if len(problems) > 1:
            lines = [f"{len(problems)} things are wrong, and nothing was started:"]
            lines += [
                wrapped(shortened(problem.message), first="  - ", rest="    ") for problem in shown
            ]
            lines += [f"  and {more:,} more of the kind."] if more else []
            _write(sys.stderr, "\n".join(lines) + "\n")
        else:
            _write(sys.stderr, wrapped(f"Error: {report}") + "\n")

    def tell_unwritten(self) -> None:
        """Say on stderr, also to programs, that the answer is not whole."""
        if self.unwritten is not None:
            reason = os.strerror(self.unwritten.errno or 0)
            text = (
                f"Error: What this command answers cannot be written: {reason}. What it made stays."
                " Free some space there, or send the answer elsewhere."
            )
            _write(sys.stderr, wrapped(text) + "\n")


def wrapped(text: str, *, first: str = "", rest: str = "  ") -> str:
    """The text in lines of at most 80 columns.

    Its own line breaks stay; long paths and what stands in quotes, such as a command to copy, are
    not cut.
    """
    lines: list[str] = []
    glued = _QUOTED.sub(lambda quoted: quoted[0].replace(" ", _GLUE), text)
    for line in glued.splitlines() or [""]:
        lines += textwrap.wrap(
            line,
            WIDTH,
            initial_indent=rest if lines else first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines).replace(_GLUE, " ")


def _never_fail_to_encode(stream: TextIO) -> None:
    # A terminal of an old code page has no arrow, and a file name may hold bytes of no encoding.
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        is_utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
        reconfigure(errors="surrogateescape" if is_utf8 else "backslashreplace")


def _write(stream: TextIO, text: str) -> OSError | None:
    """Write all of it; gives why that was not possible, where somebody was to read it."""
    forgiving = ForgivingStream(stream)
    forgiving.write(text)
    forgiving.flush()
    return forgiving.lost
