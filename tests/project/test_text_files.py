from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pytest

from core.errors import ProjectError
from core.project.storyboard.text_files import MAX_BYTES, read_text_file

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "Ein Fuchs läuft über die Brücke.\r\n🦊 שועל"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    ],
    ids=[
        "utf-8",
        "utf-8 with mark",
        "utf-16",
        "utf-16 be",
        "utf-16 le without mark",
        "utf-16 be without mark",
        "utf-32",
        "utf-32 be",
    ],
)
def test_unicode_is_read_to_the_letter(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(content)
    read = read_text_file(path)
    assert (read.text, read.note) == (TEXT, "")


def test_an_old_windows_file_is_read_and_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes("Brücke – €".encode("cp1252"))
    read = read_text_file(path)
    assert read.text == "Brücke – €"
    assert "Windows-1252" in read.note


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"PK\x03\x04....", "a packed document"),
        (b"{\\rtf1 }", "an RTF document"),
        (b"\x00\x01\x02", "not a text file"),
        (b"a\x00\x00b\x00\x00c\x00", "not a text file"),
        (b"a\x00" * 4 + b"\x00\xd8", "not a text file"),
        (b"a\x00" * 4 + b"\x01\xd8", "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"\x81\x8d", "damaged"),
        (b"x" * (MAX_BYTES + 1), "8 MB"),
    ],
    ids=[
        "pdf",
        "docx",
        "rtf",
        "binary",
        "zeros on both sides",
        "a zero on the other side",
        "half a pair",
        "half a letter",
        "no encoding",
        "huge",
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "story.bin"
    path.write_bytes(content)
    with pytest.raises(ProjectError) as refused:
        read_text_file(path)
    assert said in refused.value.message
    assert refused.value.hint


def test_a_missing_file_or_a_folder_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(ProjectError) as refused:
            read_text_file(path)
        assert "cannot be read" in refused.value.message
