"""The files that a request names: whether each can be used, all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.media.images import InputImage, check_image

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.request import RenderRequest

_LORA_SUFFIX = ".safetensors"
# The file begins with the length of its table of contents, in this many bytes.
_LENGTH_FIELD = 8


@dataclass(frozen=True)
class CheckedInputs:
    """What is known of a request's files once they were read; sizes are width and height."""

    start_image_size: tuple[int, int] | None = None
    end_image_size: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()


def with_absolute_paths(request: RenderRequest) -> RenderRequest:
    """The request with whole paths, because its job may be resumed from another folder."""
    inputs = request.inputs
    start, end = inputs.start_image, inputs.end_image
    whole = inputs.model_copy(
        update={
            "start_image": None if start is None else _absolute(start),
            "end_image": None if end is None else _absolute(end),
            "reference_images": tuple(_absolute(path) for path in inputs.reference_images),
        }
    )
    loras = tuple(lora.model_copy(update={"path": _absolute(lora.path)}) for lora in request.loras)
    return request.model_copy(update={"inputs": whole, "loras": loras})


def check_inputs(request: RenderRequest) -> CheckedInputs:
    """Read every picture that a request names, and see that its LoRA files are there.

    Raises:
        UnsupportedRequest: with every file that cannot be used.
    """
    reading = _InputReading()
    inputs = request.inputs
    start = end = None
    if inputs.start_image is not None:
        start = reading.image(inputs.start_image, "start image", "inputs.start_image")
    if inputs.end_image is not None:
        end = reading.image(inputs.end_image, "end image", "inputs.end_image")
    for path in inputs.reference_images:
        reading.image(path, "reference image", "inputs.reference_images")
    reading.problems += [
        problem for lora in request.loras if (problem := _lora_problem(lora.path)) is not None
    ]
    if reading.problems:
        raise UnsupportedRequest(reading.problems)
    return CheckedInputs(
        start_image_size=None if start is None else (start.width, start.height),
        end_image_size=None if end is None else (end.width, end.height),
        notes=tuple(reading.notes),
    )


@dataclass
class _InputReading:
    problems: list[Problem] = field(default_factory=list[Problem])
    notes: list[str] = field(default_factory=list[str])

    def image(self, path: Path, kind: str, part: str) -> InputImage | None:
        """A picture that can be used, or None and the reason kept."""
        try:
            image = check_image(path, kind, part)
        except UnsupportedRequest as error:
            self.problems += error.problems
            return None
        self.notes += image.notes
        return image


def _lora_problem(path: Path) -> Problem | None:
    name = repr(str(path))
    message = ""
    if path.suffix.casefold() != _LORA_SUFFIX:
        message = f"The LoRA {name} is no {_LORA_SUFFIX} file. Choose the file of that kind."
    elif path.is_dir():
        message = f"The LoRA {name} is a folder. Name the {_LORA_SUFFIX} file in it."
    else:
        try:
            with path.open("rb") as file:
                if len(file.read(_LENGTH_FIELD)) < _LENGTH_FIELD:
                    message = f"The LoRA {name} is cut off. Get a whole copy of it."
        except FileNotFoundError:
            message = f"There is no LoRA at {name}. Choose another file or remove it."
        except OSError as error:
            message = f"The LoRA {name} cannot be read: {error.strerror}."
    return Problem("loras", message) if message else None


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()
