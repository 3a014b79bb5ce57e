"""What a person thinks of a finished file: its stars and its tags, kept beside it as XMP.

Programs for photos read and write the same: `picture.png.xmp` with `xmp:Rating` and `dc:subject`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from xml.dom import minidom
from xml.parsers.expat import ExpatError

from pydantic import Field

from core.errors import OutputError
from core.frozen import Frozen
from core.platform.files import read_plain_file, set_aside, write_text_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

log = logging.getLogger(__name__)

FAVOURITE = 5
"""So many stars has a favourite; one that has none is not rated."""
_SUFFIX = ".xmp"
_MAX_BYTES = 1_000_000
_LONGEST_TAG = 80
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP = "http://ns.adobe.com/xap/1.0/"
_DC = "http://purl.org/dc/elements/1.1/"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    f'<rdf:RDF xmlns:rdf="{_RDF}"/>'
    '</x:xmpmeta><?xpacket end="w"?>'
)


class FileMarks(Frozen):
    """Stars, from 0 for none, and tags in the order in which they were given."""

    rating: int = Field(default=0, ge=0, le=FAVOURITE)
    tags: tuple[str, ...] = ()

    def with_tags(self, added: Iterable[str] = (), removed: Iterable[str] = ()) -> FileMarks:
        """The same with other tags; upper and lower case are alike."""
        gone = {tag.casefold() for tag in clean_tags(removed)}
        kept = (tag for tag in self.tags if tag.casefold() not in gone)
        return self.model_copy(update={"tags": clean_tags((*kept, *added))})

    def with_rating(self, rating: int) -> FileMarks:
        """The same with so many stars."""
        return self.model_copy(update={"rating": rating})


def clean_tags(texts: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are kept: in one line, each once, none empty."""
    tags: dict[str, str] = {}
    for text in texts:
        whole = text.encode("utf-8", "replace").decode()
        shown = "".join(char if char.isprintable() else " " for char in whole)
        tag = " ".join(shown.split())[:_LONGEST_TAG].rstrip()
        if tag:
            tags.setdefault(tag.casefold(), tag)
    return tuple(tags.values())


def marks_file(path: Path) -> Path:
    """Where the marks of a file lie; the whole name counts, for a clip may share its first part."""
    return path.with_name(f"{path.name}{_SUFFIX}")


def read_marks(path: Path) -> FileMarks:
    """The marks of a file; none where nothing readable lies beside it."""
    try:
        tree = _read(marks_file(path))
    except (OSError, ValueError, ExpatError):
        return FileMarks()
    ratings = [text for part in _descriptions(tree) for text in _ratings(part)]
    tags = [text for part in _descriptions(tree) for text in _tags(part)]
    return FileMarks(rating=_rating_of(ratings), tags=clean_tags(tags))


def write_marks(path: Path, marks: FileMarks) -> None:
    """Keep the marks beside a file; what other programs wrote there stays.

    Raises:
        OutputError: they cannot be written.
    """
    place = marks_file(path)
    try:
        tree = _read_or_begin(place, marks)
        if tree is None:
            return
        for part in tuple(_descriptions(tree)):
            _take_marks_out(part)
        _put_marks_in(tree, marks)
        write_text_atomically(place, tree.toxml())
    except OSError as error:
        raise OutputError(
            f"The stars and tags of {path.name!r} cannot be kept beside it: "
            f"{error.strerror or error}.",
            hint="They lie in the picture's folder, which must be one that you may write to.",
        ) from error


def _read(place: Path) -> minidom.Document:
    content = read_plain_file(place, _MAX_BYTES)
    # No XMP needs them, and they can make a small file fill the memory.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError("it declares types or entities")
    tree = minidom.parseString(content)
    if not tree.getElementsByTagNameNS(_RDF, "RDF"):
        raise ValueError("it is no XMP")
    return tree


def _read_or_begin(place: Path, marks: FileMarks) -> minidom.Document | None:
    """What lies there, else an empty one; None where there is nothing and nothing to keep."""
    try:
        return _read(place)
    except FileNotFoundError:
        return None if marks == FileMarks() else minidom.parseString(_EMPTY)
    except (ValueError, ExpatError) as error:
        log.warning("%s cannot be read (%s) and is kept as %s", place, error, set_aside(place))
        return minidom.parseString(_EMPTY)


def _descriptions(tree: minidom.Document) -> Iterator[minidom.Element]:
    yield from tree.getElementsByTagNameNS(_RDF, "Description")


def _children(part: minidom.Element, space: str, name: str) -> list[minidom.Element]:
    return [
        node
        for node in part.childNodes
        if isinstance(node, minidom.Element)
        and (node.namespaceURI, node.localName) == (space, name)
    ]


def _ratings(part: minidom.Element) -> Iterator[str]:
    if part.hasAttributeNS(_XMP, "Rating"):
        yield part.getAttributeNS(_XMP, "Rating")
    for node in _children(part, _XMP, "Rating"):
        yield _text(node)


def _tags(part: minidom.Element) -> Iterator[str]:
    for node in _children(part, _DC, "subject"):
        for item in node.getElementsByTagNameNS(_RDF, "li"):
            yield _text(item)


def _text(node: minidom.Element) -> str:
    return "".join(part.data for part in node.childNodes if isinstance(part, minidom.Text))


def _rating_of(texts: list[str]) -> int:
    for text in texts:
        try:
            # Some programs write fractions, and -1 for a picture that is to be thrown away.
            return min(max(round(float(text)), 0), FAVOURITE)
        except (ValueError, OverflowError):
            continue
    return 0


def _take_marks_out(part: minidom.Element) -> None:
    if part.hasAttributeNS(_XMP, "Rating"):
        part.removeAttributeNS(_XMP, "Rating")
    for space, name in ((_XMP, "Rating"), (_DC, "subject")):
        for node in _children(part, space, name):
            part.removeChild(node)
    has_elements = any(isinstance(node, minidom.Element) for node in part.childNodes)
    names = map(str, part.attributes.keys())
    says_more = any(not name.startswith("xmlns") and name != "rdf:about" for name in names)
    if not has_elements and not says_more and part.parentNode is not None:
        part.parentNode.removeChild(part)


def _put_marks_in(tree: minidom.Document, marks: FileMarks) -> None:
    # A part of its own, with its own names: what others wrote is not touched.
    part = tree.createElementNS(_RDF, "rdf:Description")
    for name, space in (("rdf", _RDF), ("xmp", _XMP), ("dc", _DC)):
        part.setAttributeNS(_XMLNS, f"xmlns:{name}", space)
    part.setAttributeNS(_RDF, "rdf:about", "")
    part.setAttributeNS(_XMP, "xmp:Rating", str(marks.rating))
    if marks.tags:
        subject = part.appendChild(tree.createElementNS(_DC, "dc:subject"))
        bag = subject.appendChild(tree.createElementNS(_RDF, "rdf:Bag"))
        for tag in marks.tags:
            item = bag.appendChild(tree.createElementNS(_RDF, "rdf:li"))
            item.appendChild(tree.createTextNode(tag))
    tree.getElementsByTagNameNS(_RDF, "RDF")[0].appendChild(part)
