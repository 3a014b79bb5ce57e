"""The tables of what services offer, from the rows of their models and endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from core.video.control_row import Control
from core.video.controls import CONTROLS, option_of
from core.video.editing.tools import IMAGE_TOOLS, PromptUse
from core.video.price import PriceUnit
from core.video.terms import Role
from scripts.markdown import markdown_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.video.price import PriceTable
    from core.video.spec import ModelSpec
    from providers.google.video import GoogleModel
    from providers.ltx_video.comfyui.models import ServedModel
    from providers.ltx_video.comfyui.workflow import NamedValue
    from providers.ltx_video.hosted.models import HostedModel

# What tells the models apart; all else each of them has.
_SHOWN = (
    Control.END_IMAGE,
    Control.SEED,
    Control.STEPS,
    Control.GUIDANCE_SCALE,
    Control.NEGATIVE_PROMPT,
    Control.CAMERA_MOTION,
    Control.LORAS,
    Control.TWO_STAGE,
)


GOOGLE = (
    Control.START_IMAGE,
    Control.END_IMAGE,
    Control.REFERENCE_IMAGES,
    Control.EXTEND_VIDEO,
    Control.SOURCE_VIDEO,
    Control.NEGATIVE_PROMPT,
    Control.SEED,
    Control.PERSON_GENERATION,
)
"""What tells Google's models apart."""


class HasSpec(Protocol):
    """A model of any table."""

    @property
    def spec(self) -> ModelSpec:
        """Its row."""
        ...


def models(table: Iterable[HasSpec], shown: tuple[Control, ...] = _SHOWN) -> str:
    """Every model: what it makes and takes."""
    head = ("model", "makes", "sizes", "seconds", "fps", "takes")
    return markdown_table(head, [_model_row(model.spec, shown) for model in table])


def image_models(table: Iterable[ModelSpec]) -> str:
    """Every model for images: its sizes, what it takes and what that costs."""
    head = ("model", "good for", "sizes", "images", "price", "read", "where")
    rows = [
        (
            f"`{spec.id}`",
            spec.summary,
            ", ".join(spec.resolutions) or "as the image",
            _images_taken(spec),
            _image_prices(spec.price),
            f"{spec.price.as_of:%Y-%m-%d}",
            spec.price.source,
        )
        for spec in table
    ]
    return markdown_table(head, rows)


def image_routes(table: Iterable[ModelSpec]) -> str:
    """Every model or tool of a service that has many: what it does, for what price."""
    rows = [
        (
            f"`{spec.id}`",
            ", ".join(task.value for task in spec.tasks),
            spec.summary,
            ", ".join(f"{size}" for size in spec.sizes[:1]) or "as the image",
            _image_prices(spec.price).removeprefix("any: "),
            f"{spec.price.as_of:%Y-%m-%d}",
        )
        for spec in table
    ]
    return markdown_table(("model", "does", "good for", "size", "price", "read"), rows)


def image_tools() -> str:
    """Every tool for images: what it does and needs, and who has it."""
    rows: list[tuple[str, ...]] = []
    for task, tool in IMAGE_TOOLS.items():
        needed = [f"`{row.options[0]}`" for row in CONTROLS if task in row.needed_by]
        words = {
            PromptUse.NEEDED: "needed", PromptUse.OPTIONAL: "may be given", PromptUse.UNUSED: "-"
        }[tool.prompt]  # fmt: skip
        makers = [name for name, table in _image_makers().items() for spec in table
                  if task in spec.tasks]  # fmt: skip
        rows.append(
            (
                f"`{task.value}`",
                tool.tip,
                " or ".join(needed) or "-",
                words,
                ", ".join(dict.fromkeys(makers)) or "-",
            )
        )
    return markdown_table(("tool", "what it does", "needs besides", "words", "who has it"), rows)


def _images_taken(spec: ModelSpec) -> str:
    count = spec.limit(Role.START) + spec.limit(Role.REFERENCE)
    return f"{count}, a mask" if spec.limit(Role.MASK) else f"{count}"


def _image_prices(table: PriceTable) -> str:
    """By size and quality, and what an image costs that is sent."""
    made: dict[str, list[str]] = {}
    for row in table.rows:
        units = {PriceUnit.INPUT_IMAGE: "sent", PriceUnit.IMAGE: row.resolution or "each"}
        head = units.get(row.per, row.per.value)
        amount = f"${row.usd:g}"
        made.setdefault(head, []).append(f"{row.quality} {amount}" if row.quality else amount)
    text = "; ".join(f"{head}: {', '.join(amounts)}" for head, amounts in made.items())
    return text or "unknown"


def google_prices(table: tuple[GoogleModel, ...]) -> str:
    """Every model of Google with its name there, its price, and when that was read."""
    head = ("model", "at Google", "price", "read", "where")
    rows = [
        (f"`{model.spec.id}`", f"`{model.wire}`", *_price_cells(model.spec.price))
        for model in table
    ]
    return markdown_table(head, rows)


def google_options(veo: Iterable[HasSpec], omni: Iterable[HasSpec]) -> str:
    """Every control that one of these takes, and on the command line."""
    tables = {"Veo": list(veo), "Omni": list(omni)}
    rows: list[tuple[str, ...]] = []
    for row in CONTROLS:
        takers = [
            name
            for name, table in tables.items()
            if any(row.allowed(model.spec) is not None for model in table)
        ]
        if takers:
            option = f"`{row.options[0].replace('/', '`, `')}`"
            rows.append((row.label, option, row.tip, ", ".join(takers)))
    return markdown_table(("in the window", "option", "what it is", "for"), rows)


def _image_makers() -> dict[str, tuple[ModelSpec, ...]]:
    """The models of every service that makes images, by its name."""
    # Imported late, as the tables of services are everywhere here.
    from providers.fal.images.models import MODELS as FAL_IMAGES
    from providers.google.images.models import MODELS as GOOGLE_IMAGES
    from providers.local_images.models.catalog import MODELS as LOCAL_IMAGES
    from providers.openai.models import MODELS as OPENAI
    from providers.replicate.images.models import KNOWN, model_of
    from providers.stability.models import MODELS as STABILITY

    return {
        "OpenAI": OPENAI,
        "Google": tuple(model.spec for model in GOOGLE_IMAGES),
        "Stability": STABILITY,
        "Fal": tuple(model.spec for model in FAL_IMAGES),
        "Replicate": tuple(model_of(name, schema).spec for name, schema in KNOWN.items()),
        "this machine": tuple(model.spec for model in LOCAL_IMAGES),
    }


def image_options() -> str:
    """Every control that a service's model for images takes, and on the command line."""
    tables = _image_makers()
    rows: list[tuple[str, ...]] = []
    for row in CONTROLS:
        takers = [
            name
            for name, table in tables.items()
            if any(row.allowed(spec) is not None for spec in table)
        ]
        if takers and row.is_for_images:
            rows.append((f"`{row.options[0]}`", row.tip, ", ".join(takers)))
    return markdown_table(("option", "what it is", "for"), rows)


def prices(table: tuple[HostedModel[Any], ...]) -> str:
    """Every endpoint with its price in the list, and when that was read."""
    head = ("model", "makes", "endpoint", "price", "read", "where")
    return markdown_table(head, [row for model in table for row in _price_rows(model)])


def server_files(table: tuple[ServedModel, ...]) -> str:
    """What a ComfyUI must have for each model, by example, and where."""
    rows = [
        (
            f"`{model.spec.id}`",
            *(f"`{file.folder}/{file.example}`" for file in (model.checkpoint, model.text_encoder)),
            f"`{model.upscaler.folder}/{model.upscaler.example}`" if model.upscaler else "-",
        )
        for model in table
    ]
    return markdown_table(("model", "model file", "text encoder", "for two stages"), rows)


def served_models(table: tuple[ServedModel, ...], workflow: ModelSpec) -> str:
    """Every model that a ComfyUI runs: what it makes and takes."""
    head = ("model", "makes", "sizes", "seconds", "fps", "takes")
    specs = [model.spec for model in table]
    return markdown_table(head, [_model_row(spec, _SHOWN) for spec in (*specs, workflow)])


def titles(named: tuple[NamedValue, ...]) -> str:
    """What a node of a person's own graph may be titled for."""
    rows = [
        (
            f"`{each.title}`",
            option_of(each.control) or "-",
            ", ".join(f"`{i}`" for i in each.inputs),
        )
        for each in named
    ]
    return markdown_table(("title", "gets", "in its input"), rows)


def _model_row(spec: ModelSpec, shown: tuple[Control, ...]) -> tuple[str, ...]:
    takes = [
        row.label.lower() for row in CONTROLS if row.id in shown and row.allowed(spec) is not None
    ]
    return (
        f"`{spec.id}`",
        ", ".join(task.value for task in spec.tasks),
        ", ".join(spec.resolutions),
        str(spec.durations),
        ", ".join(map(str, spec.fps)),
        ", ".join(takes) or "-",
    )


def _price_rows(model: HostedModel[Any]) -> list[tuple[str, ...]]:
    return [
        (
            f"`{model.spec.id}`",
            endpoint.task.value,
            f"`{endpoint.id}`",
            *_price_cells(endpoint.price),
        )
        for endpoint in model.endpoints
    ]


def _price_cells(table: PriceTable) -> tuple[str, str, str]:
    """The price, and where it was read and when."""
    if not table.rows:
        return ("unknown", "-", "-")
    cells: list[str] = []
    for row in table.rows:
        heard = {True: "with sound", False: "silent", None: ""}[row.has_audio]
        where = ", ".join(filter(None, (row.resolution, row.quality, heard)))
        cells.append(f"{row} ({where})" if where else f"{row}")
    return (", ".join(cells), f"{table.as_of:%Y-%m-%d}", table.source)
