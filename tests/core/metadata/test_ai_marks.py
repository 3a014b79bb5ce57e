"""What is written into images: put in without touching a pixel, read by other libraries."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from PIL import Image

from core.metadata.ai_marks import SourceType, marked_png, read_marks
from core.metadata.image_chunks import read_image_texts
from tests.core.metadata.image_files import png, png_chunk, text_chunk, wide_text_chunk

if TYPE_CHECKING:
    from pathlib import Path

_SOURCE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def chunks_of(content: bytes) -> list[tuple[bytes, bytes]]:
    """Every chunk; fails where a checksum is wrong."""
    found: list[tuple[bytes, bytes]] = []
    at = 8
    while at < len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + 8 + size]
        (crc,) = struct.unpack(">I", content[at + 8 + size : at + 12 + size])
        assert crc == zlib.crc32(kind + body)
        found.append((kind, body))
        at += 12 + size
    return found


@pytest.mark.parametrize("source", SourceType)
def test_the_mark_is_xmp_that_names_the_source(tmp_path: Path, source: SourceType) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(marked_png(png(), source, 'ImageAI "1" <&>'))

    assert read_marks(path).source is source
    tree = ElementTree.fromstring(read_image_texts(path).xmp.strip("\ufeff"))
    (about,) = tree.iter(f"{_RDF}Description")
    assert about.get(_SOURCE) == f"http://cv.iptc.org/newscodes/digitalsourcetype/{source}"
    assert about.get("{http://ns.adobe.com/xap/1.0/}CreatorTool") == 'ImageAI "1" <&>'
    with Image.open(path) as image:
        assert str(source) in image.info["xmp"].decode()


def test_every_chunk_that_was_there_stays_to_the_byte_and_new_ones_come_before_the_pixels() -> None:
    before = png(
        png_chunk(b"gAMA", struct.pack(">I", 45455)),
        png_chunk(b"caBX", b"signed"),
        text_chunk("Author", "me"),
        after=(text_chunk("Late", "too"),),
    )
    after = marked_png(
        before, SourceType.MADE, "ImageAI", {"parameters": "a kite"}, {"Comment": "{}"}
    )

    old, new = chunks_of(before), chunks_of(after)
    added = [chunk for chunk in new if chunk not in old]
    assert [chunk for chunk in new if chunk not in added] == old
    assert [kind for kind, _ in added] == [b"tEXt", b"iTXt", b"iTXt"]
    kinds = [kind for kind, _ in new]
    assert kinds.index(b"IDAT") == new.index(added[-1]) + 1
    with Image.open(BytesIO(before)) as one, Image.open(BytesIO(after)) as two:
        assert one.tobytes() == two.tobytes()
        assert two.info["parameters"] == "a kite"
        assert two.info["Comment"] == "{}"


def test_what_was_written_before_is_replaced_and_not_written_twice() -> None:
    once = marked_png(png(), SourceType.MADE, "ImageAI", {"parameters": "a"}, {"Comment": "b"})
    twice = marked_png(once, SourceType.EDITED, "ImageAI", {"parameters": "c"}, {"Comment": "d"})
    assert len(chunks_of(once)) == len(chunks_of(twice))
    with Image.open(BytesIO(twice)) as image:
        assert (image.info["parameters"], image.info["Comment"]) == ("c", "d")


@pytest.mark.parametrize("text", ["plain", "é", "猫 kite", "two\nlines", "x" * 100_000])
def test_a_text_in_any_letters_is_read_by_other_libraries(text: str) -> None:
    content = marked_png(png(), SourceType.MADE, "ImageAI", {"parameters": text})
    with Image.open(BytesIO(content)) as image:
        assert image.info["parameters"] == text
    # The oldest readers know plain text alone, so that is what it is wherever it can be.
    kinds = dict(reversed(chunks_of(content)))
    assert (b"tEXt" in kinds) is text.isascii()


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", png()[:33]])
def test_what_is_no_png_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"it (is no PNG|has no pixels)"):
        marked_png(content, SourceType.MADE, "ImageAI")


def test_marks_are_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(png_chunk(b"caBX", b"jumb")))
    assert read_marks(path).sentences == ("Signed by its maker (C2PA); a changed copy is not.",)
    path.write_bytes(marked_png(png(), SourceType.EDITED, "ImageAI"))
    assert read_marks(path).sentences == ("Marked as edited by a model.",)
    packet = "<x>http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture</x>"
    path.write_bytes(png(wide_text_chunk("XML:com.adobe.xmp", packet)))
    assert read_marks(path).sentences == ()
    assert read_marks(tmp_path / "none.png").sentences == ()
