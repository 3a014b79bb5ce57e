"""The models for images at Replicate, each made of the fields that it says it takes.

Any model may be named there: what its fields are called tells what they are for, and a field whose
name says nothing is left to the model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from core.services.orders import (
    ASPECT,
    GUIDANCE,
    NEGATIVE_PROMPT,
    PROMPT,
    SEED,
    STEPS,
    WireField,
    file_field,
    files_field,
    fixed_field,
    size_of,
    sizes_within,
)
from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.spec import FloatRange, IntRange, Licence, ModelSpec, Needs
from core.video.terms import AspectRatio, Role, Task
from providers.replicate.schemas import FieldRule, InputSchema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.services.service_client import RemoteOrder
    from core.video.spec import FrameSize

Z_IMAGE = "prunaai/z-image-turbo"

_READ = date(2026, 11, 29)
_TERMS = Licence(
    name="Terms of Replicate",
    url="https://replicate.com/terms",
    summary="Replicate and the makers of the model say what may be done with the images.",
)
_MOST_TOKENS = 32_000
_MOST_IMAGES = 14
# What only models have that make clips.
_OF_CLIPS = ("duration", "fps", "num_frames", "video", "video_length")
_IMAGES = (
    "image", "input_image", "images", "input_images", "image_input", "reference_images",
)  # fmt: skip
_COUNTS = ("num_outputs", "number_of_images", "num_images")
_SIZE_WORD = re.compile(r"(\d+(?:\.\d+)?) ?(K|MP)", re.IGNORECASE)
_USUAL = "1 MP"
_LARGER = ("1 MP", "2 MP", "4 MP")

KNOWN = {
    # Its own page has no date; the ends are those of what others send to it.
    Z_IMAGE: InputSchema(
        {
            "prompt": FieldRule(),
            "width": FieldRule(minimum=64, maximum=1440, default=1024),
            "height": FieldRule(minimum=64, maximum=1440, default=768),
            "num_inference_steps": FieldRule(minimum=1, maximum=50, default=8),
            "guidance_scale": FieldRule(minimum=0, maximum=20, default=0),
            "seed": FieldRule(),
            "output_format": FieldRule(values=("png", "jpg", "webp"), default="jpg"),
        },
        ("prompt",),
    )
}
"""What the models of the table took when they were last looked at."""

_SUMMARIES = {Z_IMAGE: "Quick and cheap photos and lettering, from words alone."}
_PRICES = {
    Z_IMAGE: PriceTable(
        rows=(PriceRow(usd=0.016, per=PriceUnit.IMAGE),),
        as_of=date(2026, 10, 8),
        source="another program's reading of its page, the most of what it names",
    )
}
_NAMED = "Named by you; what it takes is what it says of itself."


@dataclass(frozen=True)
class ReplicateImageModel:
    """A model: its row, the fields of an order, and what it says that these may hold."""

    spec: ModelSpec
    fields: tuple[WireField, ...]
    schema: InputSchema

    def body(self, order: RemoteOrder) -> dict[str, object]:
        """What is ordered, word for word."""
        values = {field.name: field.value(order) for field in self.fields}
        return {name: value for name, value in values.items() if value is not None}


def why_no_image(schema: InputSchema) -> str:
    """Why a model makes no images by words, as a part of a sentence; empty where it does."""
    clip = next((name for name in _OF_CLIPS if name in schema.fields), None)
    if clip is not None:
        return f"makes clips and no images, since it takes {clip!r}"
    return "" if "prompt" in schema.fields else "takes no prompt"


def model_of(name: str, schema: InputSchema) -> ReplicateImageModel:
    """The model of that name, which makes images by words."""
    rules = schema.fields
    images = [image for image in _IMAGES if image in rules]
    one = next((image for image in images if not rules[image].is_list), "")
    several = next((image for image in images if rules[image].is_list), "")
    sizes, size_fields = _sizes(schema)
    steps = "steps" if "steps" in rules else "num_inference_steps"
    guidance = "guidance" if "guidance" in rules else "guidance_scale"
    fields = [PROMPT, *size_fields]
    for known in (NEGATIVE_PROMPT, SEED):
        fields += [known] if known.name in rules else []
    whole, decimal = _whole(rules.get(steps)), _decimal(rules.get(guidance))
    if whole is not None:
        fields.append(WireField(steps, STEPS.value))
    if decimal is not None:
        fields.append(WireField(guidance, GUIDANCE.value))
    if one and several:
        fields += [file_field(one, Role.START), files_field(several, Role.REFERENCE)]
    elif several:
        fields.append(files_field(several, Role.START, Role.REFERENCE))
    elif one:
        fields.append(file_field(one, Role.START))
    if "png" in rules.get("output_format", FieldRule()).values:
        fields.append(fixed_field("output_format", "png"))
    # Several at a time would be billed each: one order is one image.
    fields += [fixed_field(count, 1) for count in _COUNTS if count in rules]
    inputs = {Role.START: 1} if one or several else {}
    if several:
        inputs[Role.REFERENCE] = _MOST_IMAGES - 1
    needs_image = any(field in schema.required for field in (one, several) if field)
    tasks = [] if needs_image else [Task.TEXT_TO_IMAGE]
    tasks += [Task.IMAGE_EDIT] if inputs else []
    spec = ModelSpec(
        id=name,
        label=name,
        summary=_SUMMARIES.get(name, _NAMED),
        family=name,
        tasks=tuple(tasks),
        inputs=inputs,
        sizes=sizes,
        steps=whole,
        guidance_scale=decimal,
        takes_seed="seed" in rules,
        takes_negative_prompt="negative_prompt" in rules,
        camera=None,
        audio=None,
        max_prompt_tokens=_MOST_TOKENS,
        takes_webhook=True,
        size_bytes=None,
        licence=_TERMS,
        needs=Needs(note="The work is done at Replicate; a key and the internet are needed."),
        # Replicate tells no prices to programs.
        price=_PRICES.get(name) or PriceTable(as_of=_READ, source=f"replicate.com/{name}"),
        is_exact=False,
        as_of=_READ,
        source=f"replicate.com/{name}",
    )
    return ReplicateImageModel(spec, tuple(fields), schema)


def _sizes(schema: InputSchema) -> tuple[tuple[FrameSize, ...], list[WireField]]:
    """The sizes that can be chosen, and the fields that choose among them."""
    rules = schema.fields
    width, height = rules.get("width"), rules.get("height")
    if width is not None and height is not None:
        sizes = tuple(
            size
            for size in sizes_within(*_LARGER)
            if not (width.problem(size.width) or height.problem(size.height))
        )
        if sizes:
            return sizes, [
                WireField("width", lambda order: order.plan.width),
                WireField("height", lambda order: order.plan.height),
            ]
    known = {aspect.value: aspect for aspect in AspectRatio}
    offered = rules.get("aspect_ratio", FieldRule()).values
    aspects = [known[str(value)] for value in offered if str(value) in known]
    if not aspects:
        return sizes_within(_USUAL, aspects=(AspectRatio.SQUARE_1_1,)), []
    for name in ("resolution", "size", "megapixels"):
        words = _size_words(name, rules.get(name, FieldRule()))
        if words:
            return sizes_within(*words, aspects=aspects), [ASPECT, _word_field(name, words)]
    return sizes_within(_USUAL, aspects=aspects), [ASPECT]


def _word_field(name: str, words: Mapping[str, object]) -> WireField:
    return WireField(name, lambda order: words[size_of(order.plan).resolution])


def _size_words(name: str, rule: FieldRule) -> dict[str, object]:
    """The words of a field for sizes by what they are called here, the usual one first."""
    usual_first = sorted(rule.values, key=lambda value: value != rule.default)
    found: dict[str, object] = {}
    for value in usual_first:
        match = _SIZE_WORD.fullmatch(f"{value} MP" if name == "megapixels" else str(value))
        if match is not None:
            unit = match[2].upper()
            found[f"{match[1]}{unit}" if unit == "K" else f"{match[1]} {unit}"] = value
    return found


def _whole(rule: FieldRule | None) -> IntRange | None:
    found = _decimal(rule)
    if found is None:
        return None
    return IntRange(
        minimum=int(found.minimum), maximum=int(found.maximum), default=int(found.default)
    )


def _decimal(rule: FieldRule | None) -> FloatRange | None:
    """The range of a field that tells both its ends and its usual value."""
    if rule is None or rule.minimum is None or rule.maximum is None:
        return None
    if not isinstance(rule.default, int | float):
        return None
    inside = rule.minimum <= rule.default <= rule.maximum
    if not inside:
        return None
    return FloatRange(minimum=rule.minimum, maximum=rule.maximum, default=rule.default)
