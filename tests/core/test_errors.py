"""What the world did is told as such, and what is told is short."""

from __future__ import annotations

import errno
import json
import os

import pytest

from core.errors import (
    MOST_PROBLEMS,
    OutOfMemory,
    OutputError,
    Problem,
    UnreadableText,
    UnsupportedRequest,
    first_of,
    outside_cause,
    shortened,
)
from core.jobs.job import ErrorReport


@pytest.mark.parametrize(
    "number",
    [
        errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENOTDIR,
        errno.EISDIR, errno.EEXIST, errno.EMFILE, errno.ENFILE, errno.ELOOP, errno.ENODEV,
        errno.ENAMETOOLONG, errno.EBUSY, errno.ESTALE, errno.ENOTCONN, errno.EFBIG, 999,
    ],
)  # fmt: skip
def test_whatever_the_system_refuses_is_no_defect(number: int) -> None:
    report = ErrorReport.of(OSError(number, os.strerror(number), "/films/a.mp4"))
    assert report.kind == "OutputError"
    assert report.message == f"'/films/a.mp4' cannot be used: {os.strerror(number)}."
    assert report.hint.endswith("try again.") or "name another place" in report.hint
    assert "defect" not in str(report)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_with_and_without_its_place(number: int) -> None:
    named = outside_cause(OSError(number, "x", "/films/a.mp4"))
    assert isinstance(named, OutputError)
    assert named.message == "The disk of '/films/a.mp4' is full."
    unnamed = outside_cause(OSError(number, "x"))
    assert unnamed is not None
    assert unnamed.message == "The disk is full."
    assert "Free some space" in unnamed.hint


def test_memory_that_ran_out_and_hostile_nesting_are_told() -> None:
    assert isinstance(outside_cause(MemoryError()), OutOfMemory)
    nested = "[" * 10**6
    with pytest.raises(RecursionError) as deep:
        json.loads(nested)
    assert isinstance(outside_cause(deep.value), UnreadableText)


def test_a_mistake_of_ours_is_one() -> None:
    assert outside_cause(KeyError("a")) is None
    report = ErrorReport.of(KeyError("a"))
    assert report.kind == "KeyError"
    assert "defect of the program" in report.hint


def test_a_hundred_thousand_problems_are_short() -> None:
    error = UnsupportedRequest([Problem("clips", f"Clip {n} is missing.") for n in range(10**5)])
    assert len(error.problems) == 10**5
    lines = error.message.splitlines()
    assert len(lines) == MOST_PROBLEMS + 1
    assert lines[-1] == f"And {10**5 - MOST_PROBLEMS:,} more of the kind."


def test_the_last_of_many_is_told_rather_than_counted() -> None:
    sentences = ["a", "b", "c", "d"]
    assert first_of(sentences, 4) == sentences
    assert first_of(sentences, 3) == sentences
    assert first_of(sentences, 2, "{} more.") == ["a", "b", "2 more."]
    assert first_of([], 2) == []


def test_a_text_without_end_keeps_its_beginning_and_its_end() -> None:
    text = "begin " + "x" * 10**7 + " end"
    short = shortened(text)
    assert len(short) < 4100
    assert short.startswith("begin ")
    assert short.endswith(" end")
    assert len(ErrorReport.of(ValueError(text)).message) < 4200
    assert shortened("short") == "short"
