"""What a request may carry besides words, size and length: which of it a model takes."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.errors import Problem

if TYPE_CHECKING:
    from core.video.request import RenderRequest
    from core.video.spec import ModelSpec


def extras_problems(request: RenderRequest, spec: ModelSpec) -> tuple[Problem, ...]:
    """What this model does not take of pictures, LoRAs, audio prompt and delivery."""
    found = (
        _end_image(request, spec),
        _references(request, spec),
        _audio_prompt(request, spec),
        _loras(request, spec),
        _memory(request, spec),
        _webhook(request, spec),
    )
    return tuple(problem for problem in found if problem is not None)


def _end_image(request: RenderRequest, spec: ModelSpec) -> Problem | None:
    if request.inputs.end_image is None or spec.takes_end_image:
        return None
    return Problem(
        "inputs.end_image",
        f"{spec.label} cannot be made to end on a picture. Leave the end image out or choose "
        "another model.",
    )


def _references(request: RenderRequest, spec: ModelSpec) -> Problem | None:
    given, limit = len(request.inputs.reference_images), spec.max_reference_images
    if given <= limit:
        return None
    field = "inputs.reference_images"
    if limit == 0:
        return Problem(
            field,
            f"{spec.label} takes no reference images. Leave them out or choose another model.",
        )
    return Problem(
        field,
        f"{spec.label} takes at most {_counted(limit, 'reference image')}, and {given} are given. "
        f"Leave {given - limit} out.",
    )


def _audio_prompt(request: RenderRequest, spec: ModelSpec) -> Problem | None:
    if request.audio_prompt is None or spec.takes_audio_prompt:
        return None
    advice = (
        "Describe the sound in the prompt instead."
        if spec.has_audio
        else "It makes no sound; leave the audio prompt out or choose another model."
    )
    return Problem("audio_prompt", f"{spec.label} takes no audio prompt. {advice}")


def _loras(request: RenderRequest, spec: ModelSpec) -> Problem | None:
    given, limit = len(request.loras), spec.max_loras
    if given <= limit:
        return None
    if limit == 0:
        return Problem(
            "loras", f"{spec.label} takes no LoRAs. Leave them out or choose another model."
        )
    return Problem(
        "loras",
        f"{spec.label} takes at most {_counted(limit, 'LoRA')}, and {given} are given. "
        f"Leave {given - limit} out.",
    )


def _memory(request: RenderRequest, spec: ModelSpec) -> Problem | None:
    asked, offered = request.delivery.memory, spec.residencies
    if asked is None or asked in offered:
        return None
    field = "delivery.memory"
    if not offered:
        return Problem(
            field, f"{spec.label} has no layout in memory to choose. Leave it to the program."
        )
    names = ", ".join(residency.value for residency in offered)
    return Problem(
        field,
        f"{spec.label} cannot be laid out in memory as {asked.value!r}. It knows {names}; leave "
        "it out to let the program choose.",
    )


def _webhook(request: RenderRequest, spec: ModelSpec) -> Problem | None:
    url, field = request.delivery.webhook_url, "delivery.webhook_url"
    if url is None:
        return None
    if not spec.takes_webhook:
        return Problem(
            field, f"{spec.label} tells no other program that a clip is ready. Leave it out."
        )
    if not is_web_address(url):
        # The address itself is not repeated: it may hold a secret.
        return Problem(
            field,
            "The webhook is no address that can be used. Write it in full, beginning with "
            "https:// (http:// only for this machine).",
        )
    return None


def is_web_address(text: str) -> bool:
    """Whether it is a whole https address, or an http one on this machine."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or any(letter.isspace() for letter in text):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _counted(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
