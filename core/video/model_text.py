"""A model in words: what it takes, needs and costs, for lists and pages alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.platform.units import bytes_text

if TYPE_CHECKING:
    from core.video.spec import FloatRange, IntRange, ModelSpec, Needs


@dataclass(frozen=True)
class Fact:
    """One thing about a model: a word or two, and what there is to say."""

    name: str
    text: str


def facts_of(spec: ModelSpec) -> tuple[Fact, ...]:
    """Everything that the model's row says, in the order in which people ask."""
    rows = {
        "size": bytes_text(spec.size_bytes),
        "licence": " ".join(filter(None, [licence_text(spec), spec.licence.url])),
        "terms": spec.licence.summary,
        "price": str(spec.price),
        "needs": needs_text(spec.needs),
        "does": ", ".join(task.value for task in spec.tasks),
        "sizes": ", ".join(f"{s} ({s.resolution}, {s.aspect.value})" for s in spec.sizes),
        "fps": f"{', '.join(map(str, spec.fps))}; {spec.default_fps} when not given"
        if spec.fps
        else "",
        "duration": f"{spec.durations} s; {spec.durations.default:g} s when not given"
        if spec.fps
        else "",
        "steps": _range(spec.steps),
        "guidance": _range(spec.guidance_scale),
        "camera": ", ".join(spec.camera.motions) if spec.camera else "in the prompt's own words",
        "sound": "yes" if spec.has_audio else "no",
        "prompt": f"at most {spec.max_prompt_tokens} tokens"
        + ("" if spec.takes_negative_prompt else "; no negative prompt"),
        "as of": f"{spec.as_of}, {spec.source}",
    }
    return tuple(Fact(name, text) for name, text in rows.items() if text)


def licence_text(spec: ModelSpec) -> str:
    """The licence's name, and whether it must be agreed to before anything else."""
    gated = " (gated: its owner asks for your consent)" if spec.licence.is_gated else ""
    return f"{spec.licence.name}{gated}"


def needs_text(needs: Needs) -> str:
    """What a machine must have."""
    parts: list[str] = []
    if needs.vram_gb is not None:
        parts.append(f"{needs.vram_gb:g} GB of GPU memory")
    if needs.comfortable_vram_gb is not None:
        parts.append(f"{needs.comfortable_vram_gb:g} GB for full speed")
    if needs.ram_gb is not None:
        parts.append(f"{needs.ram_gb:g} GB of memory")
    text = ", ".join(parts) or "nothing special"
    return f"{text}. {needs.note}" if needs.note else text


def _range(allowed: IntRange | FloatRange | None) -> str:
    if allowed is None:
        return "fixed"
    return f"{allowed}; {allowed.default:g} when not given"
