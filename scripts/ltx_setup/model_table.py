"""The table of the setup script: every LTX model, whether it runs here, what is on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table

from core.platform.units import bytes_text
from core.video.listing import recommend, weigh
from core.video.model_store import OnDisk
from core.video.terms import Target
from providers.ltx_video.models.catalog import DEPLOYMENT, MODELS, PROVIDER
from providers.weights.installed import check_parts

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.model_store import Installation
    from core.video.registry import ProviderRegistry
    from providers.ltx_video.models.catalog import LocalModel
    from scripts.voice import Voice


def show_models(registry: ProviderRegistry, models_dir: Path, voice: Voice, command: str) -> None:
    """Show every model of the catalogue; `command` is the one that installs."""
    local = Target(provider=PROVIDER, deployment=DEPLOYMENT)
    provider = registry.open(local)
    weighed = [
        (model.spec, *weigh(provider, local.with_model(model.id), model.spec)) for model in MODELS
    ]
    best = recommend([(spec, memory) for spec, memory, _ in weighed if memory is not None])
    rows = [
        _row(model, models_dir, why_not, is_recommended=best is not None and best.model == model.id)
        for model, (_, _, why_not) in zip(MODELS, weighed, strict=True)
    ]
    for row in rows:
        voice.tell_fields("model", **row.as_json(command))
    if voice.as_json:
        return
    table = Table(title="LTX models for this machine", title_justify="left")
    for name in ("Model", "Download", "Licence", "Runs here", "Installed"):
        table.add_column(name, no_wrap=name == "Model")
    for row in rows:
        licence = f"{row.licence}{', gated' if row.is_gated else ''}"
        size = "-" if row.size_bytes is None else bytes_text(row.size_bytes)
        table.add_row(row.id, size, licence, "yes" if row.runs_here else "no", row.state)
    voice.show(table)
    refused: dict[str, list[str]] = {}
    for row in rows:
        if not row.runs_here:
            refused.setdefault(row.why_not, []).append(row.id)
    for why_not, names in refused.items():
        voice.say(f"Not here: {', '.join(names)}. {why_not}")
    voice.say("gated: the licence is accepted on the model's page first, by a free account there.")
    voice.say(f"Models are kept in {models_dir}.")
    if best is None:
        voice.say(
            "None is quick here: they need a GPU. LTX Mini comes with the program, and a service "
            "renders on machines of its own."
        )
    else:
        voice.say(f"Recommended for this machine: {best.model}. {best.reason}")
    voice.say(f"To install one: {command} --model {best.model if best else 'ID'}")


@dataclass(frozen=True)
class _Row:
    id: str
    label: str
    size_bytes: int | None
    licence: str
    is_gated: bool
    runs_here: bool
    why_not: str
    is_recommended: bool
    state: str
    missing_parts: tuple[str, ...]
    page_url: str

    def as_json(self, command: str) -> dict[str, object]:
        installs = f"{command} --model {self.id}" if self.size_bytes is not None else None
        return {**self.__dict__, "command": installs}


def _row(model: LocalModel, models_dir: Path, why_not: str, *, is_recommended: bool) -> _Row:
    found = check_parts(models_dir, model.id, model.weights)
    return _Row(
        id=model.id,
        label=model.spec.label,
        size_bytes=model.spec.size_bytes if model.weights else None,
        licence=model.spec.licence.name,
        is_gated=model.spec.licence.is_gated,
        runs_here=not why_not,
        why_not=why_not,
        is_recommended=is_recommended,
        state=_state_text(model, found),
        missing_parts=found.missing_parts,
        page_url=model.weights.page_url if model.weights else "",
    )


def _state_text(model: LocalModel, found: Installation) -> str:
    if model.weights is None:
        return "built in"
    match found.on_disk:
        case OnDisk.WHOLE:
            return ", ".join(filter(None, ("yes", found.without)))
        case OnDisk.PARTLY:
            return "begun"
        case OnDisk.DAMAGED:
            return "damaged"
        case OnDisk.NOTHING:
            return "no"
