"""One thing that was made: a clip, a picture or a film, and all that made it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from core.film.model.delivery import ExportOrder
from core.frozen import Frozen
from core.history.marks import FileMarks
from core.video.record import ClipRecord, parse_record
from core.video.request import Batch


class WorkKind(StrEnum):
    """What a finished file is."""

    CLIP = "clip"
    IMAGE = "image"
    FILM = "film"


class HistoryEntry(Frozen):
    """One line of the history.

    Attributes:
        id: its number in the list; 0 for one that is in none.
        title: of a film.
        model: the label of the model; empty for films.
        target: the text form of the target; empty for films.
        cost_usd: None is unknown.
        duration_s: 0 for pictures, and where it is not known.
        width, height: in pixels; 0 where they are not known.
        record: everything that made it, as JSON: a `ClipRecord`, an `ExportOrder`, or what a film
            says of its clips.
        loras: the names of their files.
        batch: what it was ordered with; None for one that was ordered alone.
        rating, tags: what a person thinks of it.
        is_missing: the file was not there when it was last looked for.
    """

    id: int = 0
    path: Path
    kind: WorkKind
    created_at: datetime
    title: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    model: str = ""
    target: str = ""
    seed: int | None = None
    cost_usd: float | None = None
    duration_s: float = 0.0
    width: int = 0
    height: int = 0
    record: str = ""
    loras: tuple[str, ...] = ()
    batch: Batch | None = None
    rating: int = 0
    tags: tuple[str, ...] = ()
    is_missing: bool = False

    @property
    def marks(self) -> FileMarks:
        """Its stars and tags."""
        return FileMarks(rating=self.rating, tags=self.tags)

    def with_marks(self, marks: FileMarks) -> HistoryEntry:
        """The same with other stars and tags."""
        return self.model_copy(update={"rating": marks.rating, "tags": marks.tags})

    @property
    def order_key(self) -> tuple[float, str, int]:
        """By this they are sorted, newest first; those of one order stay together."""
        if self.batch is None:
            return (-self.created_at.timestamp(), "", 0)
        return (-self.batch.ordered_at.timestamp(), self.batch.id, self.batch.number)

    @property
    def clip_record(self) -> ClipRecord | None:
        """What made a clip or a picture; None for a film, or when it was written otherwise."""
        return parse_record(self.record)

    @property
    def export_order(self) -> ExportOrder | None:
        """What made a film; None for others, and for films that were only found as files."""
        try:
            return ExportOrder.model_validate_json(self.record)
        except ValidationError:
            return None
