"""How SwarmUI, Fooocus, InvokeAI, NovelAI and the earlier ImageAI write down what they made."""

from __future__ import annotations

from core.metadata.file_settings import (
    FileLora,
    FileSettings,
    JsonObject,
    as_items,
    as_object,
    load_json,
    read_size,
    real_number,
    whole_number,
    without_loras,
)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def read_swarm(stored: JsonObject) -> FileSettings | None:
    """SwarmUI: an object under "sui_image_params"."""
    params = as_object(stored.get("sui_image_params"))
    if not params:
        return None
    prompt, called = without_loras(_text(params.get("prompt")))
    names, weights = as_items(params.get("loras")), as_items(params.get("loraweights"))
    listed = tuple(
        FileLora(str(name), _weight(weights[place] if place < len(weights) else None))
        for place, name in enumerate(names)
    )
    guidance = real_number(params.get("cfgscale"))
    return FileSettings(
        program="SwarmUI",
        prompt=prompt,
        negative_prompt=_text(params.get("negativeprompt")),
        seed=whole_number(params.get("seed")),
        steps=whole_number(params.get("steps")),
        guidance=guidance,
        width=whole_number(params.get("width")),
        height=whole_number(params.get("height")),
        model=_text(params.get("model")),
        sampler=_words(params, "sampler", "scheduler"),
        # With marks in the prompt SwarmUI lists the same LoRAs once more.
        loras=listed or called,
    )


def read_fooocus(stored: JsonObject) -> FileSettings | None:
    """Fooocus: an object with words such as "base_model", in its own scheme."""
    if "base_model" not in stored or "prompt" not in stored:
        return None
    width, height = read_size(stored.get("resolution"))
    loras = [
        FileLora(str(item[0]), _weight(item[1]))
        for item in map(as_items, as_items(stored.get("loras")))
        if len(item) >= 2
    ]
    for name, value in stored.items():
        if name.startswith("lora_combined_"):
            named, _, weight = str(value).rpartition(" : ")
            loras.append(FileLora(named, _weight(weight)))
    return FileSettings(
        program=_text(stored.get("version")) or "Fooocus",
        prompt=_text(stored.get("prompt")),
        negative_prompt=_text(stored.get("negative_prompt")),
        seed=whole_number(stored.get("seed")),
        steps=whole_number(stored.get("steps")),
        guidance=real_number(stored.get("guidance_scale")),
        width=width,
        height=height,
        model=_text(stored.get("base_model")),
        sampler=_words(stored, "sampler", "scheduler"),
        loras=tuple(loras),
        others=_others(stored, "performance", "sharpness", "refiner_model"),
    )


def read_invoke(stored: JsonObject) -> FileSettings | None:
    """InvokeAI since its third version: "invokeai_metadata"."""
    if "positive_prompt" not in stored:
        return None
    loras = [
        FileLora(_invoke_name(item.get("model") or item.get("lora")), _weight(item.get("weight")))
        for item in map(as_object, as_items(stored.get("loras")))
    ]
    scale = stored.get("cfg_scale", stored.get("guidance"))
    return FileSettings(
        program="InvokeAI",
        prompt=_text(stored.get("positive_prompt")),
        negative_prompt=_text(stored.get("negative_prompt")),
        seed=whole_number(stored.get("seed")),
        steps=whole_number(stored.get("steps")),
        guidance=real_number(scale),
        width=whole_number(stored.get("width")),
        height=whole_number(stored.get("height")),
        model=_invoke_name(stored.get("model")),
        sampler=_text(stored.get("scheduler")),
        loras=tuple(lora for lora in loras if lora.name),
        others=_others(stored, "generation_mode", "app_version"),
    )


def read_old_invoke(stored: JsonObject) -> FileSettings | None:
    """InvokeAI before that: "sd-metadata", with the prompt in weighted pieces."""
    image = as_object(stored.get("image"))
    if not image:
        return None
    pieces = image.get("prompt")
    words = [str(as_object(piece).get("prompt", "")) for piece in as_items(pieces)]
    return FileSettings(
        program="InvokeAI",
        prompt=" ".join(filter(None, words)) or _text(pieces),
        seed=whole_number(image.get("seed")),
        steps=whole_number(image.get("steps")),
        guidance=real_number(image.get("cfg_scale")),
        width=whole_number(image.get("width")),
        height=whole_number(image.get("height")),
        model=_text(stored.get("model_weights")),
        sampler=_text(image.get("sampler")),
    )


def read_novel(comment: str, description: str, source: str) -> FileSettings | None:
    """NovelAI: an object in "Comment" beside the prompt in "Description"."""
    stored = as_object(load_json(comment))
    if not stored:
        return None
    negative = _text(stored.get("uc")) or _novel_caption(stored.get("v4_negative_prompt"))
    prompt = _novel_caption(stored.get("v4_prompt"))
    return FileSettings(
        program="NovelAI",
        prompt=prompt or _text(stored.get("prompt")) or description.strip(),
        negative_prompt=negative,
        seed=whole_number(stored.get("seed")),
        steps=whole_number(stored.get("steps")),
        guidance=real_number(stored.get("scale")),
        width=whole_number(stored.get("width")),
        height=whole_number(stored.get("height")),
        model=source.strip(),
        sampler=_text(stored.get("sampler")),
    )


def read_earlier_imageai(stored: JsonObject) -> FileSettings | None:
    """The earlier ImageAI: an object beside the image, with prompt, provider and model."""
    if not _text(stored.get("prompt")) or not {"provider", "model"} & stored.keys():
        return None
    width, height = whole_number(stored.get("width")), whole_number(stored.get("height"))
    if not (width and height):
        width, height = read_size(stored.get("custom_size") or stored.get("size"))
    return FileSettings(
        program="ImageAI",
        prompt=_text(stored.get("prompt")),
        negative_prompt=_text(stored.get("negative_prompt")),
        seed=whole_number(stored.get("seed")),
        steps=whole_number(stored.get("steps")),
        guidance=real_number(stored.get("cfg_scale", stored.get("guidance_scale"))),
        width=width,
        height=height,
        model=_text(stored.get("model")),
        others=_others(stored, "provider", "quality", "aspect_ratio", "timestamp", "cost"),
    )


def _novel_caption(stored: object) -> str:
    """The prompt of the fourth version: one for all, and one for each character."""
    caption = as_object(as_object(stored).get("caption"))
    characters = [
        _text(as_object(one).get("char_caption")) for one in as_items(caption.get("char_captions"))
    ]
    return " | ".join(filter(None, (_text(caption.get("base_caption")), *characters)))


def _invoke_name(stored: object) -> str:
    found = as_object(stored)
    return _text(found.get("name") or found.get("model_name")) or _text(stored)


def _weight(value: object) -> float:
    found = real_number(value)
    return 1.0 if found is None else found


def _words(stored: JsonObject, *names: str) -> str:
    return " ".join(filter(None, (_text(stored.get(name)) for name in names)))


def _others(stored: JsonObject, *names: str) -> tuple[tuple[str, str], ...]:
    found = ((name.replace("_", " "), stored.get(name)) for name in names)
    return tuple((name, str(value)) for name, value in found if value not in (None, "", "None"))
