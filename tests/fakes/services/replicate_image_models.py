"""Models for images at the stub of Replicate, each as it describes itself: choices lie apart."""

from __future__ import annotations

from typing import Any

from providers.replicate.images.models import Z_IMAGE

KLEIN = "somebody/klein"
"""By a ratio and a size; it takes several images."""
SKETCH = "a-person/sketch"
"""Of the community: it is ordered by its version, and takes one image."""
CLIPS = "somebody/clips"
ODD = "somebody/odd"
"""Needs what no vocabulary has."""
SKETCH_VERSION = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa"

_TEXT, _WHOLE = {"type": "string"}, {"type": "integer"}
_FILES = {"type": "array", "items": {"type": "string", "format": "uri"}}
_FILE = {"type": "string", "format": "uri"}


def _described(
    fields: dict[str, Any], choices: dict[str, tuple[object, ...]], *required: str
) -> dict[str, Any]:
    apart = {
        name: {"allOf": [{"$ref": f"#/components/schemas/{name}"}], "default": values[0]}
        for name, values in choices.items()
    }
    return {
        "Input": {
            "type": "object",
            "properties": {**fields, **apart},
            "required": ["prompt", *required],
        },
        **{name: {"enum": list(values), "type": "string"} for name, values in choices.items()},
    }


def _range(low: float, high: float, usual: float, kind: str = "integer") -> dict[str, Any]:
    return {"type": kind, "minimum": low, "maximum": high, "default": usual}


SCHEMAS: dict[str, dict[str, Any]] = {
    Z_IMAGE: _described(
        {
            "prompt": _TEXT,
            "width": _range(64, 1440, 1024),
            "height": _range(64, 1440, 768),
            "num_inference_steps": _range(1, 50, 8),
            "guidance_scale": _range(0, 20, 0, "number"),
            "seed": _WHOLE,
        },
        {"output_format": ("jpg", "png", "webp")},
    ),
    KLEIN: _described(
        {"prompt": _TEXT, "seed": _WHOLE, "input_images": _FILES},
        {
            "aspect_ratio": ("1:1", "16:9", "3:2", "match_input_image"),
            "resolution": ("1 MP", "0.5 MP", "2 MP", "match_input_image"),
            "output_format": ("jpg", "png"),
        },
    ),
    SKETCH: _described(
        {
            "prompt": _TEXT,
            "negative_prompt": _TEXT,
            "image": _FILE,
            "num_outputs": _range(1, 4, 1),
            "guidance": _range(0, 10, 3.5, "number"),
        },
        {"aspect_ratio": ("1:1", "4:3")},
    ),
    CLIPS: _described({"prompt": _TEXT, "duration": _WHOLE}, {}),
    ODD: _described({"prompt": _TEXT, "face_id": _FILE}, {}, "face_id"),
}
VERSIONS = {SKETCH: SKETCH_VERSION}
