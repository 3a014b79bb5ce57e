"""What a ComfyUI stub does with a graph: checks it as the real one does, and follows its nodes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.services.comfyui_nodes import OUTPUT_CLASSES
from tests.fakes.services.stub_service import Ordered

if TYPE_CHECKING:
    from collections.abc import Iterator

Nodes = dict[str, dict[str, Any]]

FILE_INPUTS = {"LoadImage": "image", "LoadVideo": "file", "LoadAudio": "audio"}
SAMPLERS = ("SamplerCustom", "SamplerCustomAdvanced")


@dataclass(frozen=True)
class Checked:
    """What the server says of a graph: a refusal, or what is wrong with parts of it."""

    outputs: list[str]
    refusal: dict[str, Any] | None
    node_errors: dict[str, Any]


def check(nodes: Nodes, classes: dict[str, Any], files: set[str], *, is_old: bool) -> Checked:
    """As the server does: unknown classes first and one at a time, then what outputs need."""
    for name, node in nodes.items():
        if node["class_type"] not in classes:
            return Checked([], _missing_class(name, node, is_old=is_old), {})
    outputs = [name for name, node in nodes.items() if node["class_type"] in OUTPUT_CLASSES]
    if not outputs:
        return Checked([], _refused("prompt_no_outputs", "Prompt has no outputs"), {})
    errors: dict[str, Any] = {}
    valid: list[str] = []
    for output in outputs:
        found = {
            name: problems
            for name in _upstream(nodes, output)
            if (problems := [*_problems(nodes, name, classes, files)])
        }
        if not found:
            valid.append(output)
        for name, problems in found.items():
            errors[name] = {
                "errors": problems,
                "dependent_outputs": [output],
                "class_type": nodes[name]["class_type"],
            }
    if valid:
        return Checked(valid, None, errors)
    said = _refused("prompt_outputs_failed_validation", "Prompt outputs failed validation")
    return Checked([], {**said, "node_errors": errors}, errors)


def _refused(kind: str, message: str, **extra: Any) -> dict[str, Any]:
    error = {"type": kind, "message": message, "details": "", "extra_info": extra}
    return {"error": error, "node_errors": {}}


def _missing_class(name: str, node: dict[str, Any], *, is_old: bool) -> dict[str, Any]:
    if is_old:
        said = _refused("invalid_prompt", f"Cannot execute: {node['class_type']} does not exist.")
        said["error"]["details"] = f"Node ID '#{name}'"
        return said
    kind = node["class_type"]
    return _refused("missing_node_type", f"Node '{kind}' not found.", class_type=kind)


def _upstream(nodes: Nodes, output: str) -> list[str]:
    found: list[str] = []

    def walk(name: str) -> None:
        if name in found or name not in nodes:
            return
        found.append(name)
        for value in nodes[name]["inputs"].values():
            if isinstance(value, list):
                walk(value[0])

    walk(output)
    return found


def _problems(
    nodes: Nodes, name: str, classes: dict[str, Any], files: set[str]
) -> Iterator[dict[str, Any]]:
    node = nodes[name]
    about = classes[node["class_type"]]["input"]
    for given in about["required"]:
        if given not in node["inputs"]:
            yield _problem("required_input_missing", "Required input is missing", given, given)
    for given, shape in {**about["required"], **about["optional"]}.items():
        if given in node["inputs"]:
            yield from _value_problems(nodes, node, given, shape, classes, files)


def _value_problems(
    nodes: Nodes,
    node: dict[str, Any],
    given: str,
    shape: list[Any],
    classes: dict[str, Any],
    files: set[str],
) -> Iterator[dict[str, Any]]:
    value, kind, limits = node["inputs"][given], shape[0], (shape[1] if shape[1:] else {})
    if isinstance(value, list):
        source = nodes.get(value[0])
        if source is None:
            yield _problem("exception_during_inner_validation", "Exception", f"'{value[0]}'", given)
            return
        made = classes[source["class_type"]]["output"][value[1]]
        if made != kind:
            said = f"received_type({made}) mismatch input_type({kind})"
            yield _problem("return_type_mismatch", "Return type mismatch", said, given)
        return
    if FILE_INPUTS.get(node["class_type"]) == given:
        if value not in files:
            said = f"{given} - Invalid {given} file: {value}"
            yield _problem("custom_validation_failed", "Custom validation failed", said, given)
        return
    options = kind if isinstance(kind, list) else limits.get("options")
    if options is not None:
        names = [one["key"] if isinstance(one, dict) else one for one in options]
        if value not in names:
            said = f"{given}: '{value}' not in {names}"
            problem = _problem("value_not_in_list", "Value not in list", said, given)
            problem["extra_info"] |= {"received_value": value, "input_config": [names, {}]}
            yield problem
        return
    if kind not in ("INT", "FLOAT", "STRING", "BOOLEAN"):
        yield _problem("bad_linked_input", "Bad linked input", given, given)
        return
    for end, word, is_out in (
        ("min", "smaller", lambda limit: value < limit),
        ("max", "bigger", lambda limit: value > limit),
    ):
        if kind in ("INT", "FLOAT") and end in limits and is_out(limits[end]):
            kind_of = f"value_{word}_than_{end}"
            problem = _problem(kind_of, f"Value {value} {word} than {end}", given, given)
            problem["extra_info"] |= {"received_value": value, "input_config": [kind, limits]}
            yield problem


def _problem(kind: str, message: str, details: str, given: str) -> dict[str, Any]:
    return {
        "type": kind,
        "message": message,
        "details": details,
        "extra_info": {"input_name": given},
    }


def in_order(nodes: Nodes) -> list[str]:
    """The nodes, each after those that it is made from."""
    found: list[str] = []

    def walk(name: str) -> None:
        if name in found:
            return
        for value in nodes[name]["inputs"].values():
            if isinstance(value, list):
                walk(value[0])
        found.append(name)

    for name, node in nodes.items():
        if node["class_type"] in OUTPUT_CLASSES:
            walk(name)
    return found


def ordered(nodes: Nodes, uploads: dict[str, bytes]) -> Ordered:
    """What kind of clip a graph makes: sizes go down to the grid without a word."""
    clip = _GraphReader(nodes, uploads)
    create = clip.one("CreateVideo")
    width, height, length = clip.latent(clip.sampled(create["images"]))
    sampler = clip.one(*SAMPLERS)
    seed = sampler.get("noise_seed")
    if seed is None:
        seed = clip.inputs(sampler["noise"])["noise_seed"]
    return Ordered(width, height, create["fps"], length, seed % 0xFFFFFF, "audio" in create)


class _GraphReader:
    def __init__(self, nodes: Nodes, uploads: dict[str, bytes]) -> None:
        self.nodes, self.uploads = nodes, uploads

    def one(self, *names: str) -> dict[str, Any]:
        return next(n["inputs"] for n in self.nodes.values() if n["class_type"] in names)

    def inputs(self, link: list[Any]) -> dict[str, Any]:
        return self.nodes[link[0]]["inputs"]

    def sampled(self, link: list[Any]) -> list[Any]:
        """The latent that is decoded."""
        return self.inputs(link)["samples"]

    def latent(self, link: list[Any]) -> tuple[int, int, int]:
        """Width, height and length of a latent, guides that are still in it counted."""
        node = self.nodes[link[0]]
        inputs = node["inputs"]
        match node["class_type"]:
            case "EmptyLTXVLatentVideo" | "LTXVImgToVideo":
                return _on_grid(inputs["width"], inputs["height"], inputs["length"])
            case "LTXVAddGuide":
                width, height, length = self.latent(inputs["latent"])
                return width, height, length + 8
            case "LTXVCropGuides":
                # All guides go at once, so that only those before the first of them are counted.
                width, height, length = self.latent(inputs["latent"])
                guides = sum(n["class_type"] == "LTXVAddGuide" for n in self.nodes.values())
                return width, height, length - 8 * guides
            case "LTXVLatentUpsampler":
                width, height, length = self.latent(inputs["samples"])
                return 2 * width, 2 * height, length
            case "VAEEncode":
                return self._pixels(inputs["pixels"])
            case _:
                names = ("latent_image", "latent", "samples", "video_latent", "av_latent")
                return self.latent(next(inputs[name] for name in names if name in inputs))

    def _pixels(self, link: list[Any]) -> tuple[int, int, int]:
        file = self.inputs(self.inputs(link)["video"])["file"]
        with open_media_of(self.uploads[file]) as container:
            stream = container.streams.video[0]
            count = sum(1 for _ in container.decode(stream))
            return _on_grid(stream.width, stream.height, count)


def open_media_of(content: bytes) -> Any:
    """A file that was put there, opened."""
    import av

    return av.open(io.BytesIO(content))


def _on_grid(width: int, height: int, length: int) -> tuple[int, int, int]:
    return width // 32 * 32, height // 32 * 32, (length - 1) // 8 * 8 + 1
