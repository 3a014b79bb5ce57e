"""The settings that a file was made with, as a request that another target can take."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING

from core.errors import UnreadableText
from core.lora.lora_library import find_lora
from core.metadata.reading import PROGRAMS, read_file_settings
from core.video.allowed import pixels_of
from core.video.control_row import Control
from core.video.controls import CONTROLS, ROWS
from core.video.planning.adapted_request import AdaptedRequest, adapted_to
from core.video.record import read_settings_of, settings_of
from core.video.request import MAX_SEED, FrameRequest, Input, RenderRequest, Sampling
from core.video.terms import DEFAULT_TARGET, OutputKind, Role, Target

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.metadata.file_settings import FileLora, FileSettings
    from core.video.control_row import ControlRow
    from core.video.record import ClipRecord
    from core.video.spec import ModelSpec
    from core.video.terms import FrameSize

_TARGET = (Control.PROVIDER, Control.DEPLOYMENT, Control.TARGET)
_MOST_STRENGTH = 2.0
_LORA_SUFFIX = ".safetensors"


@dataclass(frozen=True)
class FoundSettings:
    """What a file was made with.

    Attributes:
        settings: in the words of all programs.
        request: the same as far as it can be asked for; its target is of no account.
        target: of a file of this program; None for one of another.
        files: the names of what it was made from besides its words.
    """

    settings: FileSettings
    request: RenderRequest
    target: Target | None = None
    files: tuple[str, ...] = ()

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Everything that is known, as names and values to read."""
        found = self.settings
        size = f"{found.width}x{found.height}" if found.width and found.height else ""
        loras = ", ".join(f"{lora.name} at {lora.weight:g}" for lora in found.loras)
        rows: dict[str, object] = {
            "Made with": found.program,
            "Prompt": self.request.prompt,
            "Prompt as typed": self.request.typed_prompt,
            "Negative prompt": found.negative_prompt,
            "Model": found.model,
            "Size": size,
            "Seed": found.seed,
            "Steps": found.steps,
            "Guidance": None if found.guidance is None else f"{found.guidance:g}",
            "Sampler": found.sampler,
            "LoRAs": loras,
            "Made from": ", ".join(self.files),
            **dict(found.others),
        }
        return tuple((name, str(value)) for name, value in rows.items() if value not in (None, ""))


def read_found_settings(path: Path) -> FoundSettings:
    """What a file was made with, whichever known program made it; reads its head alone.

    Raises:
        UnreadableText: it cannot be read, or does not say.
    """
    record = read_settings_of(path) if path.is_file() else None
    if record is not None:
        return _of_record(record)
    found = read_file_settings(path)
    if found is None:
        raise UnreadableText(
            f"{path.name!r} does not say how it was made.",
            hint=f"Files of these programs do, where they left it in: {', '.join(PROGRAMS)}.",
        )
    size = f"{found.width}x{found.height}" if found.width and found.height else None
    request = RenderRequest(
        target=DEFAULT_TARGET,
        prompt=found.prompt,
        negative_prompt=found.negative_prompt or None,
        output=OutputKind.IMAGE,
        frame=FrameRequest(resolution=size),
        sampling=Sampling(
            seed=found.seed,
            num_inference_steps=found.steps,
            guidance_scale=found.guidance,
        ),
    )
    return FoundSettings(found, request)


def _of_record(record: ClipRecord) -> FoundSettings:
    asked = record.request
    files = tuple(item.path.name for item in asked.inputs if item.role is not Role.LORA)
    sampling = asked.sampling.model_copy(update={"seed": record.seed})
    frame = asked.frame.model_copy(update={"resolution": f"{record.width}x{record.height}"})
    made = {
        "sampling": sampling,
        "frame": frame,
        "inputs": (),
        "quality": record.quality,
        "output": OutputKind.IMAGE,
    }
    request = asked.model_copy(update=made)
    return FoundSettings(settings_of(record), request, asked.target, files)


def fill_request(
    found: FoundSettings, base: RenderRequest, spec: ModelSpec, lora_dirs: Sequence[Path]
) -> AdaptedRequest:
    """A request with what a file says where it says nothing itself, as far as its model takes it.

    Args:
        found: of the file.
        base: as a person asks; what it says counts.
        spec: of its model.
        lora_dirs: where a person's own LoRAs lie.
    """
    notes = list(found.settings.notes)
    wanted = found.request.model_copy(update={"target": base.target, "delivery": base.delivery})
    seed = wanted.sampling.seed
    if seed is not None and not 0 <= seed <= MAX_SEED:
        wanted = ROWS[Control.SEED].with_value(wanted, None)
        # Others write -1 for one that is drawn.
        if seed >= 0:
            notes.append(f"The seed {seed} is larger than seeds here are, so it is left out.")
    for row in CONTROLS:
        if _says(row, base) and row.role is None and row.id not in _TARGET:
            wanted = row.with_value(wanted, None if row.id is not Control.PROMPT else "")
    wanted, size_notes = _sized(wanted, spec)
    adapted = adapted_to(wanted, spec, is_seed_drawn=found.settings.seed is None)
    wanted = adapted.request
    request = base
    for row in CONTROLS:
        is_free = row.role is None and row.is_for_images and not _says(row, base)
        value = row.value(wanted)
        if is_free and _says(row, wanted) and row.problem(value, spec) is None:
            request = row.with_value(request, value)
    if request.prompt == found.request.prompt:
        request = request.with_words_of(found.request)
    with_loras, more = _with_loras(found.settings.loras, request, spec, lora_dirs)
    notes += [*size_notes, *adapted.notes, *more, *_other_notes(found, spec)]
    return AdaptedRequest(with_loras, tuple(notes))


def _says(row: ControlRow, request: RenderRequest) -> bool:
    return row.is_set(request) and row.value(request) != ""


def _sized(request: RenderRequest, spec: ModelSpec) -> tuple[RenderRequest, list[str]]:
    """The request with the size of its model that is most like the one in pixels: first its shape.

    With it what differs, if anything does.
    """
    asked = pixels_of(request.frame.resolution or "")
    if asked is None or not all(asked):
        return request, []
    width, height = asked

    def unlikeness(size: FrameSize) -> tuple[float, float]:
        shape = abs(log(size.width / size.height) - log(width / height))
        return round(shape, 2), abs(log(size.width * size.height) - log(width * height))

    size = min(spec.sizes, key=unlikeness)
    names = {"resolution": size.resolution, "aspect": size.aspect.value}
    sized = request.model_copy(update={"frame": request.frame.model_copy(update=names)})
    is_same = (size.width, size.height) == asked
    note = f"{spec.label} has no size of {width}x{height}; {size} is the nearest."
    return sized, [] if is_same else [note]


def _with_loras(
    loras: Sequence[FileLora],
    request: RenderRequest,
    spec: ModelSpec,
    folders: Sequence[Path],
) -> tuple[RenderRequest, list[str]]:
    """The request with the LoRAs that are here and that its model takes."""
    if not loras or request.of_role(Role.LORA):
        return request, []
    notes: list[str] = []
    given: list[Input] = []
    for lora in loras:
        # Windows writes the folders of names with backslashes.
        name = PureWindowsPath(lora.name).as_posix().removesuffix(_LORA_SUFFIX)
        path = find_lora(name, folders) or find_lora(name.rpartition("/")[2], folders)
        if len(given) >= spec.limit(Role.LORA):
            takes = f"{spec.label} takes {'no more' if given else 'no LoRA'}"
            notes.append(f"The LoRA {lora.name!r} is left out: {takes}.")
        elif path is None:
            notes.append(
                f"The LoRA {lora.name!r} is not among your own, so it is left out. Put it into "
                f"{str(folders[0])!r}."
            )
        else:
            strength = min(max(lora.weight, 0.0), _MOST_STRENGTH)
            given.append(Input(role=Role.LORA, path=path, strength=strength))
            if strength != lora.weight:
                notes.append(f"The LoRA {lora.name!r} counts {strength:g}, not {lora.weight:g}.")
    return request.with_role(Role.LORA, tuple(given)), notes


def _other_notes(found: FoundSettings, spec: ModelSpec) -> list[str]:
    """What a file says that has no place in a request."""
    made = found.settings
    notes: list[str] = []
    if made.model and made.model != spec.id:
        notes.append(f"It was made by {made.model}; {spec.label} makes another image of the same.")
    if made.sampler:
        notes.append(f"The sampler {made.sampler!r} is left out: here the model has its own.")
    if found.files:
        names = ", ".join(map(repr, found.files))
        notes.append(f"It was made from {names}, which is left out: choose the files again.")
    return notes
