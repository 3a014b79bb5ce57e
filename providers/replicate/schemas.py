"""What a model at Replicate says it takes, and what of an order is not among that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from core.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

# The control that a field comes from; any other belongs to the model as a whole.
_CONTROLS = {
    "prompt": "prompt",
    "duration": "frame.duration_s",
    "retake_duration": "editing.retake_to_s",
    "retake_mode": "editing.retake_part",
    "extend_mode": "editing.direction",
    "num_frames": "frame.duration_s",
    "length": "frame.duration_s",
    "resolution": "frame.resolution",
    "target_size": "frame.resolution",
    "steps": "sampling.num_inference_steps",
    "cfg": "sampling.guidance_scale",
    "negative_prompt": "negative_prompt",
    "image": "inputs.start",
    "input_image": "inputs.start",
    "input_images": "inputs.reference",
    "image_input": "inputs.reference",
    "images": "inputs.reference",
    "reference_images": "inputs.reference",
    "width": "frame.resolution",
    "height": "frame.resolution",
    "megapixels": "frame.resolution",
    "num_inference_steps": "sampling.num_inference_steps",
    "guidance_scale": "sampling.guidance_scale",
    "guidance": "sampling.guidance_scale",
    "image_strength": "inputs.start",
    "aspect_ratio": "frame.aspect",
    "fps": "frame.fps",
    "camera_motion": "motion.camera",
    "generate_audio": "audio",
    "seed": "sampling.seed",
}


@dataclass(frozen=True)
class FieldRule:
    """What may stand in a field; without values or ends, anything may.

    Attributes:
        default: what stands there where nothing is said; None where that is not told.
        is_list: whether it holds several.
    """

    values: tuple[object, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    default: object = None
    is_list: bool = False

    def __str__(self) -> str:
        if self.values:
            return ", ".join(map(str, self.values))
        low, high = self.minimum, self.maximum
        if low is not None and high is not None:
            return f"{low:g} to {high:g}"
        if low is not None:
            return f"at least {low:g}"
        return "anything" if high is None else f"at most {high:g}"

    def problem(self, value: object) -> str:
        """Why a value may not stand here; empty where it may."""
        if self.values and value not in self.values:
            return f"takes only {', '.join(map(str, self.values))} now, not {value}"
        if isinstance(value, int | float) and not isinstance(value, bool):
            if self.minimum is not None and value < self.minimum:
                return f"takes at least {self.minimum:g} now, not {value:g}"
            if self.maximum is not None and value > self.maximum:
                return f"takes at most {self.maximum:g} now, not {value:g}"
        return ""


@dataclass(frozen=True)
class InputSchema:
    """The fields of a model by name, and those without which it makes nothing."""

    fields: Mapping[str, FieldRule]
    required: tuple[str, ...]

    @property
    def facts(self) -> Mapping[str, str]:
        """What may stand in each field, in words."""
        return {
            name: f"{rule}, needed" if name in self.required else str(rule)
            for name, rule in self.fields.items()
        }

    def problems(self, label: str, body: Mapping[str, object]) -> tuple[Problem, ...]:
        """What of an order the model does not take, each by the control that it comes from."""
        found: list[Problem] = []
        for name, value in body.items():
            rule, control = self.fields.get(name), _CONTROLS.get(name, "target")
            if rule is None:
                message = f"{label} at Replicate takes no {name!r} any more. Leave that out, or "
                found.append(Problem(control, message + "choose another model."))
            elif said := rule.problem(value):
                message = f"{name!r} of {label} at Replicate {said}. Choose another value."
                found.append(Problem(control, message))
        found += [
            Problem(
                "target",
                f"{label} at Replicate needs {name!r} now, which this version does not know. "
                "Update ImageAI, or choose another model.",
            )
            for name in self.required
            if name not in body
        ]
        return tuple(found)


def read_schema(document: object) -> InputSchema | None:
    """The fields in a model's own description of itself; None where it has none.

    Args:
        document: the schemas by name, as in an OpenAPI document.
    """
    schemas = _object(document)
    described = _object(schemas.get("Input"))
    properties = _object(described.get("properties"))
    if not properties:
        return None
    fields = {name: _rule(_object(shape), schemas) for name, shape in properties.items()}
    return InputSchema(fields, tuple(map(str, _list(described.get("required")))))


def _rule(shape: dict[str, Any], schemas: dict[str, Any]) -> FieldRule:
    # A choice lies elsewhere in the document, alone or as one of several parts.
    parts = [shape, *map(_object, _list(shape.get("allOf")))]
    parts += [_object(schemas.get(_name_of(part))) for part in parts]
    merged: dict[str, Any] = {}
    for part in parts:
        merged.update(part)
    return FieldRule(
        tuple(_list(merged.get("enum"))),
        _number(merged.get("minimum")),
        _number(merged.get("maximum")),
        merged.get("default"),
        merged.get("type") == "array",
    )


def _name_of(part: dict[str, Any]) -> str:
    return str(part.get("$ref", "")).rpartition("/")[2]


def _object(found: object) -> dict[str, Any]:
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _list(found: object) -> list[Any]:
    return cast("list[Any]", found) if isinstance(found, list) else []


def _number(found: object) -> float | None:
    return float(found) if isinstance(found, int | float) else None
