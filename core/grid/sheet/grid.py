"""A grid as values: what was asked, what came of each cell, and its file."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

import core
from core.errors import StudioError
from core.frozen import Frozen
from core.platform.files import read_plain_file, write_text_atomically
from core.video.request import RenderRequest

if TYPE_CHECKING:
    from pathlib import Path

GRID_FILE, SHEET_FILE = "grid.json", "grid.png"
"""What lies in the folder of a grid beside its images."""
_MAX_BYTES = 16_000_000


class AxisLabels(Frozen):
    """One axis of a grid.

    Attributes:
        name: as it is typed, such as "steps".
        label: what it is, in words; empty where the values say it.
        values: as they were typed, in their order.
    """

    name: str
    label: str
    values: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """What stands above its columns, or beside its rows."""
        return tuple(f"{self.label} {value}".strip() for value in self.values)


class GridCell(Frozen):
    """One cell of a grid.

    Attributes:
        column, row: from 0.
        file: the image's name in the folder.
        job_id: of its render; empty where there was none yet.
        is_made: whether the image is there.
        reason: why it is not; empty where that is not known.
    """

    column: int
    row: int
    file: str
    job_id: str = ""
    is_made: bool = False
    reason: str = ""


class ImageGrid(Frozen):
    """One request with the values of its axes in turn.

    Attributes:
        request: as asked, its files named without their folders.
        seed: of all cells that take one, but for those whose axis it is.
        x, y: what changes from column to column, and from row to row; None for one of each.
        cells: row by row.
    """

    schema_version: Literal[1] = 1
    program: str = f"{core.NAME} {core.VERSION}"
    created_at: datetime
    request: RenderRequest
    inputs_sha256: tuple[str, ...] = ()
    seed: int
    x: AxisLabels | None
    y: AxisLabels | None
    cells: tuple[GridCell, ...]

    @property
    def failed(self) -> tuple[GridCell, ...]:
        """The cells that have no image."""
        return tuple(cell for cell in self.cells if not cell.is_made)

    def cell(self, column: int, row: int) -> GridCell | None:
        """The cell at a place; None where there is none."""
        found = (cell for cell in self.cells if (cell.column, cell.row) == (column, row))
        return next(found, None)

    def name_of(self, cell: GridCell) -> str:
        """What is special of a cell, in words, such as "Steps 4, Guidance 3"."""
        places = ((self.x, cell.column), (self.y, cell.row))
        return ", ".join(axis.texts[at] for axis, at in places if axis)

    def write(self, folder: Path) -> None:
        """Write it into its folder.

        Raises:
            OSError: it cannot be written.
        """
        write_text_atomically(folder / GRID_FILE, self.model_dump_json(indent=2) + "\n")


def read_grid(folder: Path) -> ImageGrid | None:
    """The grid in a folder; None where there is none.

    Raises:
        StudioError: there is a file of that name that is none of ours.
    """
    path = folder / GRID_FILE
    try:
        return ImageGrid.model_validate_json(read_plain_file(path, _MAX_BYTES))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, ValueError) as error:
        why = (error.strerror or error) if isinstance(error, OSError) else "it is none of ours"
        raise StudioError(
            f"The grid {str(path)!r} cannot be read: {why}.", hint="Name another folder."
        ) from error
