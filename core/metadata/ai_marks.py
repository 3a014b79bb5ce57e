"""Marks that say a model made an image: the one that is written, and those that are only read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from core.metadata.image_chunks import (
    XMP_KEYWORD,
    png_text,
    read_image_texts,
    with_png_texts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SOURCE = re.compile(r"digitalsourcetype/(\w+)")
_OWN_NAMES = "https://github.com/lelandg/ImageAI/ns/1.0/"


class SourceType(StrEnum):
    """Where an image comes from, in the words of the IPTC, which the law's marks are read by."""

    MADE = "trainedAlgorithmicMedia"
    EDITED = "compositeWithTrainedAlgorithmicMedia"


@dataclass(frozen=True)
class ImageMarks:
    """What a file says of who made it.

    Attributes:
        source: None where it says nothing of it.
        is_signed: whether its maker has signed it (C2PA); that is not checked.
    """

    source: SourceType | None = None
    is_signed: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it in words."""
        made = {
            SourceType.MADE: "Marked as made by a model.",
            SourceType.EDITED: "Marked as edited by a model.",
        }
        return (
            *([made[self.source]] if self.source else []),
            *(["Signed by its maker (C2PA); a changed copy is not."] if self.is_signed else []),
        )


def read_marks(path: Path) -> ImageMarks:
    """The marks of a file; none where it cannot be read."""
    try:
        texts = read_image_texts(path)
    except OSError:
        return ImageMarks()
    found = _SOURCE.search(texts.xmp)
    known = {kind.value: kind for kind in SourceType}
    return ImageMarks(known.get(found[1]) if found else None, texts.is_signed)


def mark_packet(source: SourceType, program: str, record: str = "") -> str:
    """The XMP that says it; with a record for files that have no other place for one."""
    inside = f"<imageai:Record>{escape(record)}</imageai:Record>" if record else ""
    names = (
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:imageai="{_OWN_NAMES}"'
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {names} '
        f'Iptc4xmpExt:DigitalSourceType="{_SOURCES}{source}" xmp:CreatorTool={quoteattr(program)}>'
        f"{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    )


def marked_png(
    content: bytes,
    source: SourceType,
    program: str,
    texts: Mapping[str, str] | None = None,
    packed: Mapping[str, str] | None = None,
) -> bytes:
    """A PNG with the mark and with texts put in; no pixel is written anew.

    Args:
        content: of the file.
        source: what the mark says.
        program: which wrote it.
        texts: by keyword, as other programs read them.
        packed: by keyword, texts that this program alone reads.

    Raises:
        ValueError: it is no PNG.
    """
    chunks = [png_text(keyword, text) for keyword, text in (texts or {}).items()]
    chunks += [png_text(keyword, text, is_packed=True) for keyword, text in (packed or {}).items()]
    return with_png_texts(content, [*chunks, png_text(XMP_KEYWORD, mark_packet(source, program))])
