"""Pictures with the records that the fake provider's would have."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from PIL import Image

from core.history.history_index import entry_of
from core.video.record import write_image_record
from core.video.request import RenderRequest, Sampling
from core.video.terms import OutputKind, Target
from tests.fakes.records import record_of

if TYPE_CHECKING:
    from pathlib import Path

    from core.history.history import History
    from core.history.history_entry import HistoryEntry

TARGET = Target(provider="fake", deployment="local", model="fake-small")


def as_image(request: RenderRequest) -> RenderRequest:
    """The same, for an image."""
    return request.model_copy(update={"output": OutputKind.IMAGE})


def add_still(history: History, folder: Path, prompt: str, seed: int) -> HistoryEntry:
    """A picture in the folder and in the history; of two, the one of the greater seed is newer."""
    request = RenderRequest(target=TARGET, prompt=prompt, sampling=Sampling(seed=seed))
    record = record_of(request, job_id=f"job-{seed}")
    newer = record.created_at + timedelta(seconds=seed)
    bare, image = folder / "bare.png", folder / f"picture-{seed}.png"
    Image.new("RGB", (96, 64), (seed % 256, 120, 90)).save(bare)
    still = record.model_copy(update={"still_frame": 4, "created_at": newer})
    write_image_record(bare, still, image)
    bare.unlink()
    entry = entry_of(image)
    assert entry is not None
    history.add(entry)
    return entry
