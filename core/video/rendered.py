"""What a provider has made: the file, and what is needed to make the same again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import Field

from core.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.media.ffmpeg import ClipFacts


class ModelFile(Frozen):
    """One file of the weights that made a clip."""

    name: str
    size_bytes: int
    sha256: str


class Provenance(Frozen):
    """What, besides the plan, is needed to make the same clip again."""

    versions: dict[str, str] = Field(default_factory=dict[str, str])
    model_files: tuple[ModelFile, ...] = ()
    measured: dict[str, float] = Field(default_factory=dict[str, float])


@dataclass(frozen=True)
class Rendered:
    """A clip or an image that a provider has made.

    Attributes:
        path: the file, inside the job's folder.
        cost_usd: what the service says it asks for; None where it does not say.
        seed: what the service says it took, where that is another than planned.
        facts: what else the service tells of this render, such as its own id of it.
        notes: what a person should know of it, in sentences.
        enhanced_prompt: what the model's enhancer made of the prompt, where it was asked.
        num_frames: the length that the model chose, where it was left to it.
        clip: what the file holds, where it was decoded already.
    """

    path: Path
    provenance: Provenance
    cost_usd: float | None = None
    seed: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    enhanced_prompt: str | None = None
    num_frames: int | None = None
    clip: ClipFacts | None = None
