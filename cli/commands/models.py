"""`models`: what exists, what is installed, and what each model takes and costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.desk import Desk, desk_of
from cli.speech import wrapped
from cli.units import bytes_text
from core.errors import Problem, UnsupportedRequest
from core.names import unknown_name
from core.video.provider import NotReady, Readiness
from core.video.request import Target

if TYPE_CHECKING:
    from core.video.provider import ProviderInfo
    from core.video.spec import FloatRange, IntRange, ModelSpec, Needs


@dataclass(frozen=True)
class Listed:
    """One model as it stands on this machine."""

    target: Target
    info: ProviderInfo
    spec: ModelSpec
    readiness: Readiness

    @property
    def state(self) -> str:
        """One or two words for lists."""
        if isinstance(self.readiness, NotReady):
            return self.readiness.lack.value
        if self.spec.is_builtin:
            return "built in"
        return "installed" if self.info.is_local else "ready"


def models(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Show all about one model.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> int:
    """What models there are: installed or not, size, licence, needs and price."""
    desk = desk_of(ctx)
    desk.speak_as(is_json=json)
    listed = list_models(desk)
    if name is not None:
        listed = [item for item in listed if name in (item.spec.id, str(item.target))]
        if not listed:
            known = [item.spec.id for item in list_models(desk)]
            raise UnsupportedRequest([Problem("model", unknown_name("model", name, known))])
    for item in listed:
        desk.speech.event("model", **as_event(item))
    if not desk.speech.is_json:
        text = "\n\n".join(map(details, listed)) if name is not None else overview(listed)
        desk.speech.answer(text)
    return 0


def list_models(desk: Desk) -> list[Listed]:
    """Every model of every provider, as it stands on this machine."""
    registry = desk.studio.registry
    found: list[Listed] = []
    for info in registry.infos:
        any_model = Target(provider=info.id, deployment=info.deployment)
        provider = registry.open(any_model)
        for spec in provider.models():
            target = any_model.with_model(spec.id)
            found.append(Listed(target, info, spec, provider.check(target)))
    return found


def as_event(item: Listed) -> dict[str, Any]:
    """A model as the fields of a JSON event: its whole table row and its state here."""
    readiness = item.readiness
    lack = readiness if isinstance(readiness, NotReady) else None
    return {
        "target": str(item.target),
        "state": item.state,
        "can_run": lack is None,
        "reason": lack.reason if lack else None,
        "fix": lack.fix if lack else None,
        "spec": item.spec.model_dump(mode="json"),
    }


def overview(listed: list[Listed]) -> str:
    """All models, three lines each."""
    lines: list[str] = []
    heading = ""
    for item in listed:
        where = f"{item.info.id} / {item.info.deployment}"
        if where != heading:
            lines += [*([""] if heading else []), f"{where}: {item.info.label}"]
            heading = where
        lines += [
            "",
            f"  {item.spec.id:<34}{item.state}",
            wrapped(_terms(item.spec), first="    ", rest="    "),
        ]
        lines.append(wrapped(f"needs {_needs(item.spec.needs)}", first="    ", rest="    "))
    lines += ["", "More about one: main.py models NAME"]
    return "\n".join(lines)


def details(item: Listed) -> str:
    """All about one model."""
    spec = item.spec
    rows = {
        "target": str(item.target),
        "state": item.state,
        "size": bytes_text(spec.size_bytes),
        "licence": " ".join(filter(None, [_licence(spec), spec.licence.url])),
        "terms": spec.licence.summary,
        "price": str(spec.price),
        "needs": _needs(spec.needs),
        "does": ", ".join(task.value for task in spec.tasks),
        "sizes": ", ".join(f"{s} ({s.resolution}, {s.aspect.value})" for s in spec.sizes),
        "fps": f"{', '.join(map(str, spec.fps))}; {spec.default_fps} when not given",
        "duration": f"{spec.duration_s} s; {spec.duration_s.default:g} s when not given",
        "steps": _range(spec.steps),
        "guidance": _range(spec.guidance_scale),
        "camera": ", ".join(spec.camera.motions) if spec.camera else "in the prompt's own words",
        "sound": "yes" if spec.has_audio else "no",
        "prompt": f"at most {spec.max_prompt_tokens} tokens"
        + ("" if spec.takes_negative_prompt else "; no negative prompt"),
        "as of": f"{spec.as_of}, {spec.source}",
    }
    lines = [spec.label, wrapped(spec.summary, first="  ", rest="  ")]
    lines += [
        wrapped(text, first=f"  {name:<10}", rest=" " * 12) for name, text in rows.items() if text
    ]
    if isinstance(item.readiness, NotReady):
        text = f"{item.readiness.reason} {item.readiness.fix}"
        lines.append(wrapped(text, first="  not ready ", rest=" " * 12))
    return "\n".join(lines)


def _terms(spec: ModelSpec) -> str:
    return f"{bytes_text(spec.size_bytes)}, {spec.price}, {_licence(spec)}"


def _licence(spec: ModelSpec) -> str:
    gated = " (gated: its owner asks for your consent)" if spec.licence.is_gated else ""
    return f"{spec.licence.name}{gated}"


def _needs(needs: Needs) -> str:
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
