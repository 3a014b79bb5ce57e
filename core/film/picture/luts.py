"""Colour tables (.cube files): read with every line checked, worked out, and written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import OutputError, Problem, UnsupportedRequest
from core.media.colorimetry import PRIMARIES, grid, in_bt709
from core.platform.files import read_plain_file
from core.platform.text_files import unicode_text

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.film.model.colour import ColourConversion

    Table = NDArray[np.float64]

_MAX_BYTES = 200_000_000
MIN_SIZE = 2
MAX_SIZE_3D = 65
MAX_SIZE_1D = 65_536
# Enough points of a curve that no 10-bit picture shows where it was sampled anew.
_SAMPLES_1D = 4096
# What is coded much like the film is nearly a straight line between two points of a table.
_CONVERSION_SIZE, _FINE_CONVERSION_SIZE = 33, 65
_UNLIKE_FILM = frozenset(("linear", "log100", "log316"))
_RANGE_CHANGES = ("LUT_IN_VIDEO_RANGE", "LUT_OUT_VIDEO_RANGE")


@dataclass(frozen=True, eq=False)
class ColourTable:
    """A colour table over 0 to 1.

    Attributes:
        table: what each grid point becomes, `(size ** 3, 3)` with red changing fastest, or
            `(size, 3)` for a curve for each channel.
        is_3d: whether channels act on each other.
        notes: what was adjusted.
    """

    size: int
    is_3d: bool
    table: Table
    notes: tuple[str, ...] = ()

    @property
    def filter_name(self) -> str:
        """The FFmpeg filter that applies such a table."""
        return "lut3d" if self.is_3d else "lut1d"


def read_lut(path: Path) -> ColourTable:
    """Read a .cube file.

    Raises:
        UnsupportedRequest: it is missing or damaged; the sentence names the line.
    """
    name = repr(str(path))
    try:
        # Its colours are numbers: what a title in an older encoding says does not matter.
        text = unicode_text(read_plain_file(path, _MAX_BYTES), errors="replace")
    except FileNotFoundError as error:
        raise _problem(f"There is no colour table at {name}.") from error
    except OSError as error:
        raise _problem(f"The colour table {name} cannot be read: {error.strerror}.") from error
    return _LutReading(name).table(text)


def write_blended(lut: ColourTable, strength: float, path: Path) -> None:
    """Write the table of which `strength` is applied: 0 changes nothing, 1 is all of it.

    Raises:
        OutputError: it cannot be written.
    """
    import numpy as np

    same = grid(lut.size) if lut.is_3d else np.stack([np.linspace(0, 1, lut.size)] * 3, axis=1)
    blended = lut.table * strength + same * (1 - strength)
    kind = "3D" if lut.is_3d else "1D"
    rows = "\n".join(f"{r:.9g} {g:.9g} {b:.9g}" for r, g, b in np.asarray(blended).tolist())
    try:
        path.write_text(f"LUT_{kind}_SIZE {lut.size}\n{rows}\n", encoding="ascii", newline="\n")
    except OSError as error:
        raise OutputError(
            f"The colour table {str(path)!r} cannot be written: {error.strerror}."
        ) from error


def conversion_table(conversion: ColourConversion) -> ColourTable:
    """What every colour of a clip becomes in the film, before what is outside of it is cut off.

    A table, because every FFmpeg can apply one: zscale is missing from some, and the filter
    "colorspace" reads neither RGB nor alpha.
    """
    is_unlike = conversion.transfer in _UNLIKE_FILM
    size = _FINE_CONVERSION_SIZE if is_unlike else _CONVERSION_SIZE
    primaries = PRIMARIES[conversion.primaries]
    table = in_bt709(grid(size), primaries, conversion.transfer, conversion.to_transfer)
    return ColourTable(size, True, table)


def _problem(message: str) -> UnsupportedRequest:
    return UnsupportedRequest([Problem("lut", message)])


class _LutReading:
    """One file while it is read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 0
        self.is_3d = False
        self.low = [0.0, 0.0, 0.0]
        self.high = [1.0, 1.0, 1.0]
        self.rows: list[list[float]] = []
        self.line = 0

    def table(self, text: str) -> ColourTable:
        for self.line, content in enumerate(text.splitlines(), start=1):
            words = content.split("#")[0].split()
            if not words:
                continue
            if words[0][0].isalpha() and words[0].lower() not in ("nan", "inf", "infinity"):
                self._keyword(words)
            else:
                self._row(words)
        self._check_whole()
        return self._over_unit_range()

    def _refuse(self, what: str) -> UnsupportedRequest:
        return _problem(
            f"Line {self.line} of the colour table {self.name} {what}. Export the table again."
        )

    def _keyword(self, words: list[str]) -> None:
        keyword, values = words[0].upper(), words[1:]
        if self.rows:
            raise self._refuse(f"has {words[0]!r} among the colours, which must come last")
        match keyword:
            case "TITLE":
                pass
            case "LUT_3D_SIZE" | "LUT_1D_SIZE":
                self._set_size(values, is_3d=keyword == "LUT_3D_SIZE")
            case "DOMAIN_MIN":
                self.low = self._numbers(values)
            case "DOMAIN_MAX":
                self.high = self._numbers(values)
            case "LUT_3D_INPUT_RANGE" | "LUT_1D_INPUT_RANGE":
                low, high = self._numbers(values, count=2)
                self.low, self.high = [low] * 3, [high] * 3
            case _ if keyword in _RANGE_CHANGES:
                raise self._refuse(f"asks for {words[0]}, which cannot be done")
            case _:
                raise self._refuse(
                    f"begins with {words[0][:20]!r}, which is no word of .cube files"
                )

    def _set_size(self, values: list[str], *, is_3d: bool) -> None:
        if self.size:
            raise self._refuse("gives a second size; a file with two tables cannot be used")
        largest = MAX_SIZE_3D if is_3d else MAX_SIZE_1D
        size = int(values[0]) if len(values) == 1 and values[0].isdecimal() else 0
        if not MIN_SIZE <= size <= largest:
            said = " ".join(values) or "nothing"
            raise self._refuse(f"gives {said[:20]!r} as size; it must be {MIN_SIZE} to {largest}")
        self.size, self.is_3d = size, is_3d

    def _row(self, words: list[str]) -> None:
        if not self.size:
            raise self._refuse("comes before LUT_3D_SIZE or LUT_1D_SIZE")
        self.rows.append(self._numbers(words))
        if len(self.rows) > self._expected:
            raise self._refuse(f"is one colour more than the {self._expected} of this size")

    def _numbers(self, words: list[str], count: int = 3) -> list[float]:
        try:
            numbers = [float(word) for word in words]
        except ValueError as error:
            raise self._refuse(
                f"has {' '.join(words)[:40]!r} where {count} numbers belong"
            ) from error
        if len(numbers) != count:
            raise self._refuse(f"has {len(numbers)} numbers instead of {count}")
        if not all(map(math.isfinite, numbers)):
            raise self._refuse("has a number that is not finite")
        return numbers

    @property
    def _expected(self) -> int:
        return self.size**3 if self.is_3d else self.size

    def _check_whole(self) -> None:
        if not self.size:
            raise _problem(
                f"The file {self.name} is no colour table: it gives no LUT_3D_SIZE or LUT_1D_SIZE. "
                "Choose a .cube file."
            )
        if len(self.rows) < self._expected:
            raise _problem(
                f"The colour table {self.name} is cut off: it has {len(self.rows)} of "
                f"{self._expected} colours. Export the table again."
            )
        if any(low >= high for low, high in zip(self.low, self.high, strict=True)):
            raise _problem(
                f"The colour table {self.name} has a DOMAIN_MIN that is not below its DOMAIN_MAX. "
                "Export the table again."
            )

    def _over_unit_range(self) -> ColourTable:
        import numpy as np

        table = np.array(self.rows, dtype=np.float64)
        if self.low == [0.0] * 3 and self.high == [1.0] * 3:
            return ColourTable(self.size, self.is_3d, table)
        # FFmpeg only scales by a domain and never moves by it, so the table is sampled over 0 to 1.
        size = MAX_SIZE_3D if self.is_3d else _SAMPLES_1D
        asked = np.linspace(0, 1, size)
        places = [
            (asked - low) / (high - low) * (self.size - 1)
            for low, high in zip(self.low, self.high, strict=True)
        ]
        points = np.arange(self.size)
        if self.is_3d:
            cube = table.reshape(self.size, self.size, self.size, 3)
            # The axes are blue, green, red; linear along each in turn is linear in all.
            for axis, place in enumerate(reversed(places)):
                moved = np.moveaxis(cube, axis, 0)
                at = np.clip(place, 0, self.size - 1)
                before = np.minimum(at.astype(int), self.size - 2)
                part = (at - before).reshape(-1, 1, 1, 1)
                moved = moved[before] * (1 - part) + moved[before + 1] * part
                cube = np.moveaxis(moved, 0, axis)
            sampled = cube.reshape(-1, 3)
        else:
            sampled = np.stack(
                [np.interp(place, points, table[:, at]) for at, place in enumerate(places)], axis=1
            )
        note = (
            f"The colour table {self.name} is made for values from {min(self.low):g} to "
            f"{max(self.high):g}; it is used for those from 0 to 1."
        )
        return ColourTable(size, self.is_3d, sampled, (note,))
