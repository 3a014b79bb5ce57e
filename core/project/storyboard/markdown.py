"""Markdown storyboards, as people and assistants write them: bold headings, tables, labels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from core.project.storyboard.markup import (
    WORD,
    Length,
    ListSign,
    Mark,
    Marks,
    Markup,
    Meaning,
    Section,
    StartTime,
    Title,
    WholeScene,
    is_blank,
    lines_of,
    one_line,
    read_clock,
    without,
)
from core.project.storyboard.plain_text import SCENE_NAME, LineReader
from core.project.storyboard.tags import camera_motion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ColumnKind = Literal["number", "length", "title", "camera", "words"]

_RUN = re.compile(r"\*{1,3}|_{1,3}|~~|`{1,3}")
_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|!\[[^\]\n]{0,200}\]\([^()\n]*\)|</?(?:b|i|u|em|strong|sub|sup|mark|span)>"
    r"|\[\^[^\]\n]{1,20}\]:?",
    re.DOTALL | re.IGNORECASE,
)
_BREAK = re.compile(r"<br[ \t]*+/?>", re.IGNORECASE)
_LINK = re.compile(r"(?P<open>\[)[^\[\]\n]+(?P<close>\]\((?:https?:|mailto:|#|/|\.)[^()\s]*\))")
_FRONT_MATTER = re.compile(
    r"\s*+---[ \t]*+\r?\n(?=[\w -]{1,40}:)(?:[^\n]+\n){1,40}?---[ \t]*+(?:\r?\n|\Z)"
)
_FENCE = re.compile(r"[ \t]*+(?:`{3,}|~{3,})[\w +-]*\s*+$")
_QUOTE = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")
_TASK = re.compile(r"[ \t]*+[-*+][ \t]+\[[ xX]\][ \t]+")
_PLUS_ITEM = re.compile(r"[ \t]*+\+[ \t]+(?=\S)")
_UNDERLINE = re.compile(r"[ \t]{0,3}(?:=+|-+)\s*+$")
_LEAD = re.compile(r"(?P<sign>\*\*\*|\*\*|___|__)(?=\S)(?P<name>[^*\r\n]{1,200}?)(?<=\S)(?P=sign)")
_COLON = re.compile(r"[ \t]*+[:–—-](?=\s|$)|[ \t]*+:")
_LABEL = re.compile(
    r"[ \t]*+(?:[-*•+][ \t]+)?(?P<name>duration|length|time|timing|time ?code|runtime|camera"
    r"(?: movement| move)?|visuals?|visual description|description|action|image|prompt|picture"
    r"|scene description)[ \t]*+:[ \t]*+(?P<value>[^\r\n]*)\s*+$",
    re.IGNORECASE,
)
_TIME_LABELS = ("duration", "length", "time", "runtime")
_SEPARATOR = re.compile(r"[ \t]*+\|?[ \t]*+:?-+:?[ \t]*+(?:\|[ \t]*+:?-+:?[ \t]*+)*\|?\s*+$")
_PIPE = re.compile(r"(?<!\\)\|")
_NUMBER_COLUMN = re.compile(
    r"(?:#|no\.?|nr\.?|number|(?:shot|scene|clip|panel|frame)(?:[ \t]*+(?:#|no\.?|number))?)",
    re.IGNORECASE,
)
_LENGTH_COLUMN = re.compile(
    r"(?:length|duration|dur\.?|time|timing|time ?code|seconds|secs?\.?|runtime)"
    r"(?:[ \t]*+\((?:s|secs?\.?|seconds)\))?",
    re.IGNORECASE,
)
_TITLE_COLUMN = re.compile(r"(?:title|name|heading|(?:scene|shot) (?:title|name))", re.IGNORECASE)
_CAMERA_COLUMN = re.compile(r"camera(?: ?(?:move|movement|motion))?|movement", re.IGNORECASE)
_COLUMNS: dict[_ColumnKind, re.Pattern[str]] = {
    "number": _NUMBER_COLUMN,
    "length": _LENGTH_COLUMN,
    "title": _TITLE_COLUMN,
    "camera": _CAMERA_COLUMN,
}
_BARE_NUMBER = re.compile(
    r"[ \t]*+(?:(?:shot|scene|clip)[ \t]+)?#?\d{1,4}[A-Za-z]?[.)]?[ \t]*+", re.I
)
_BARE_SECONDS = re.compile(r"\d{1,5}(?:[.,]\d{1,3})?")
_SIGNS_OF_MARKDOWN = re.compile(
    r"^[ \t]{0,3}#{1,6}[ \t]+\S|\*\*[^\s*][^*\r\n]*\*\*|(?<!\w)__(?=\S)[^_ \r\n]+ [^_\r\n]*__(?!\w)"
    r"|^[ \t]*+\|?[ \t]*+:?-+:?[ \t]*+\|[ \t|:-]*$|^[ \t]*+```"
    r"|^[ \t]*+[-*+][ \t]+\[[ xX]\][ \t]",
    re.MULTILINE,
)


def looks_like_markdown(text: str) -> bool:
    """Whether a text has signs that only Markdown gives a meaning to."""
    return _SIGNS_OF_MARKDOWN.search(text) is not None


def emphasis(text: str, line: slice) -> Iterator[Mark]:
    """The signs of bold, italic and the like within one line; those that stand alone are words."""
    opened: dict[str, re.Match[str]] = {}
    for run in _RUN.finditer(text, line.start, line.stop):
        sign = run.group()
        before = text[run.start() - 1] if run.start() > line.start else " "
        after = text[run.end()] if run.end() < line.stop else " "
        opens, closes = not after.isspace(), not before.isspace()
        if sign[0] == "_":
            opens, closes = opens and not before.isalnum(), closes and not after.isalnum()
        if before == "\\":
            continue
        if closes and (begin := opened.pop(sign, None)):
            yield Mark(begin.start(), begin.end(), Markup())
            yield Mark(run.start(), run.end(), Markup())
        elif opens:
            opened[sign] = run


def read_markdown(text: str) -> Marks:
    """The marks of a storyboard in Markdown."""
    hidden = [Mark(m.start(), m.end(), Markup()) for m in _HIDDEN.finditer(text)]
    for link in _LINK.finditer(text):
        hidden += [Mark(*link.span("open"), Markup()), Mark(*link.span("close"), Markup())]
    # Between the words before and after a line break stays a gap.
    hidden += [Mark(m.start(), m.end(), Markup(is_gap=True)) for m in _BREAK.finditer(text)]
    if front := _FRONT_MATTER.match(text):
        hidden.append(Mark(0, front.end(), Markup()))
    hidden.sort(key=_place_of)
    bare = without(text, hidden)
    marks = [*hidden, *_Document(bare).marks()]
    return Marks(tuple(sorted(marks, key=_place_of)), ())


def _place_of(mark: Mark) -> tuple[int, int]:
    return mark.start, mark.end


class _Document:
    """A Markdown text without comments and links, line by line."""

    def __init__(self, text: str) -> None:
        self._raw = text
        self._all = list(lines_of(text))
        self._emphasis = [mark for line in self._all for mark in emphasis(text, line)]
        self._bare = without(text, sorted(self._emphasis, key=_place_of))
        self._lines = LineReader(self._bare)
        # Where the signs of bold words begin and end counts for what stands beside them.
        self._raw_lines = LineReader(text)

    def marks(self) -> Iterator[Mark]:
        yield from self._emphasis
        rows = iter(range(len(self._all)))
        for row in rows:
            line = self._all[row]
            if is_blank(self._bare[line]) or _FENCE.match(self._bare, line.start, line.stop):
                yield self._hidden(line)
            elif length := self._table_length(row):
                yield from self._table(self._all[row : row + length])
                for _ in range(length - 1):
                    next(rows)
            elif self._is_underlined(row):
                yield from self._section(line, self._bare[line])
                yield self._hidden(self._all[next(rows)])
            else:
                yield from self._read(line)

    def _read(self, line: slice) -> Iterator[Mark]:
        start = line.start
        if quote := _QUOTE.match(self._bare, line.start, line.stop):
            yield Mark(start, quote.end(), Markup())
            start = quote.end()
        if task := _TASK.match(self._bare, start, line.stop):
            yield Mark(start, task.end(), ListSign())
            return
        if plus := _PLUS_ITEM.match(self._bare, start, line.stop):
            yield Mark(start, plus.end(), ListSign())
            return
        rest = slice(start, line.stop)
        yield from self._lead(rest) or self._label(rest) or self._plain(rest)

    def _plain(self, line: slice) -> list[Mark]:
        marks = self._lines.read(line)
        for mark in marks:
            if isinstance(mark.meaning, Section):
                name = mark.meaning.title
                return [
                    Mark(m.start, m.end, Section(name, SCENE_NAME.match(name) is not None))
                    if m is mark
                    else m
                    for m in marks
                ]
        return marks

    def _lead(self, line: slice) -> list[Mark]:
        """Bold words at the beginning of a line: a heading, or the name of an item."""
        sign_end = self._raw_lines.list_sign(line)
        lead = _LEAD.match(self._raw, sign_end + _spaces(self._raw, sign_end, line.stop), line.stop)
        if lead is None:
            return []
        name = lead["name"].rstrip(": \t")
        end = lead.end()
        timing = self._raw_lines.timing(end, line.stop)
        if timing is not None:
            end = timing.end
        if colon := _COLON.match(self._bare, end, line.stop):
            end = colon.end()
        is_scene = SCENE_NAME.match(name) is not None
        is_item = sign_end > line.start
        if is_scene or (not is_item and is_blank(self._bare[end : line.stop])):
            return self._section(slice(line.start, end), f"{name} ", is_scene=is_scene)
        if not is_item or self._raw[line.start : sign_end].strip()[:1] in "-*•":
            inner = self._raw_lines.find_timing(lead.start(), lead.end())
            if timing is None and inner is None:
                return []
        marks = [Mark(line.start, sign_end, ListSign())] if is_item else []
        marks += self._name(lead, end)
        found = timing or self._raw_lines.find_timing(lead.start(), lead.end())
        if found is not None:
            marks.append(Mark(found.start, found.end, found.meaning))
        return marks

    def _name(self, lead: re.Match[str], end: int) -> list[Mark]:
        found = self._raw_lines.find_timing(lead.start(), lead.end())
        name = lead["name"]
        if found is not None:
            name = name.replace(self._bare[found.start : found.end].strip(), "", 1)
        return [Mark(lead.start(), end, Title(one_line(name).strip(" :-–—")))]

    def _section(self, line: slice, title: str, *, is_scene: bool | None = None) -> list[Mark]:
        named = is_scene if is_scene is not None else SCENE_NAME.match(title.strip()) is not None
        return self._raw_lines.section(line.start, line.stop, title, is_scene=named)

    def _label(self, line: slice) -> list[Mark]:
        """A line such as "Duration: 4 seconds", and the label before a description."""
        label = _LABEL.match(self._bare, line.start, line.stop)
        if label is None:
            return []
        name = label["name"].lower()
        last = line.start + len(self._bare[line].rstrip())
        if name.startswith(_TIME_LABELS):
            timing = self._lines.whole_timing(*label.span("value"))
            return [Mark(line.start, last, timing.meaning)] if timing else []
        if name.startswith("camera"):
            motion = camera_motion(label["value"].strip(" .*_"))
            return [Mark(line.start, last, motion)] if motion else []
        return [Mark(line.start, label.start("value"), Markup())]

    def _is_underlined(self, row: int) -> bool:
        """Whether the next line makes a heading of this one: a row of "=", or of "-" below one."""
        if row + 1 >= len(self._all) or (row > 0 and not is_blank(self._bare[self._all[row - 1]])):
            return False
        below = self._bare[self._all[row + 1]].strip()
        is_row = _UNDERLINE.match(below) is not None and len(below) > 2
        return is_row and self._raw_lines.list_sign(self._all[row]) == self._all[row].start

    def _table_length(self, row: int) -> int:
        """How many lines the table has that begins here; 0 where none does."""
        if row + 1 >= len(self._all):
            return 0
        head, below = self._raw[self._all[row]], self._raw[self._all[row + 1]]
        if "|" not in head or "|" not in below or not _SEPARATOR.match(below):
            return 0
        end = row + 2
        while end < len(self._all) and "|" in self._raw[self._all[end]]:
            end += 1
        return end - row

    def _table(self, rows: Sequence[slice]) -> Iterator[Mark]:
        head, separator, *body = rows
        columns: list[_ColumnKind] = [
            _column(one_line(self._bare[cell])) for cell in self._cells(head)
        ]
        yield self._hidden(head)
        yield self._hidden(separator)
        for row in body:
            yield from self._row(row, columns)

    def _row(self, row: slice, columns: Sequence[_ColumnKind]) -> Iterator[Mark]:
        cells: list[Mark] = []
        has_words = False
        for index, cell in enumerate(self._cells(row)):
            content = self._bare[cell]
            if WORD.search(content) is None:
                cells.append(Mark(cell.start, cell.stop, Markup(is_gap=True)))
                continue
            column = columns[index] if index < len(columns) else "words"
            meaning = self._cell(column, cell, content)
            has_words = has_words or meaning is None
            if meaning is not None:
                cells.append(Mark(cell.start, cell.stop, meaning))
        if not has_words:
            # A name is all that there is to draw.
            named = [mark for mark in cells if isinstance(mark.meaning, Title)]
            cells = [mark for mark in cells if mark not in named]
            if not named:
                yield self._hidden(row)
                return
        yield Mark(row.start, row.start, WholeScene())
        yield from cells
        for pipe in _PIPE.finditer(self._raw, row.start, row.stop):
            yield Mark(pipe.start(), pipe.end(), Markup(is_gap=True))

    def _cell(self, column: _ColumnKind, cell: slice, content: str) -> Meaning | None:
        match column:
            case "camera":
                return camera_motion(content.strip())
            case "length":
                return _cell_timing(self._lines, cell, content)
            case "title":
                return Title(one_line(content))
            case "number":
                return Markup() if _BARE_NUMBER.fullmatch(content) else Title(one_line(content))
            case "words":
                return None

    def _cells(self, row: slice) -> list[slice]:
        end = row.start + len(self._raw[row].rstrip())
        pipes = [match.start() for match in _PIPE.finditer(self._raw, row.start, end)]
        begin = row.start + _spaces(self._raw, row.start, end)
        if pipes and pipes[0] == begin:
            begin = pipes.pop(0) + 1
        cells: list[slice] = []
        for pipe in pipes:
            cells.append(slice(begin, pipe))
            begin = pipe + 1
        if begin < end:
            cells.append(slice(begin, end))
        return cells

    def _hidden(self, line: slice) -> Mark:
        return Mark(line.start, line.start + len(self._raw[line].rstrip()), Markup())


def _column(name: str) -> _ColumnKind:
    """What the cells of a column say, by the column's name."""
    for kind, pattern in _COLUMNS.items():
        if pattern.fullmatch(name):
            return kind
    return "words"


def _cell_timing(lines: LineReader, cell: slice, content: str) -> Length | StartTime | None:
    if timing := lines.whole_timing(cell.start, cell.stop):
        return timing.meaning
    number = _BARE_SECONDS.fullmatch(content.strip())
    seconds = read_clock(number.group().replace(",", ".")) if number else None
    return Length(seconds) if seconds else None


def _spaces(text: str, start: int, end: int) -> int:
    piece = text[start:end]
    return len(piece) - len(piece.lstrip(" \t"))
