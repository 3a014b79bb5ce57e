"""The graph that ComfyUI leaves in its images, read backwards from the image to prompt and seed.

A graph is read and never run. Nodes are known by what they are given, not by what they are called,
so that those of other people are read too.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.metadata.file_settings import (
    FileLora,
    FileSettings,
    JsonObject,
    as_items,
    as_object,
    real_number,
    whole_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PROGRAM = "ComfyUI"
_MOST_NODES = 5_000
_TEXTS = ("text", "prompt", "string", "value", "text_g", "t5xxl", "clip_l", "text_l", "positive")
_SEEDS = ("seed", "noise_seed", "value", "int")
_MODELS = ("ckpt_name", "unet_name", "model_name", "gguf_name", "diffusion_model", "model_path")
_CONDITIONS = ("positive", "conditioning", "cond", "guider", "conditioning_1")
# What the widgets of nodes in the graph of the editor are, which has their values without names.
_WIDGETS: Mapping[str, tuple[str, ...]] = {
    "CLIPTextEncode": ("text",),
    "KSampler": ("seed", "", "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": ("", "noise_seed", "", "steps", "cfg", "sampler_name", "scheduler"),
    "RandomNoise": ("noise_seed",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "KSamplerSelect": ("sampler_name",),
    "CFGGuider": ("cfg",),
    "FluxGuidance": ("guidance",),
    "EmptyLatentImage": ("width", "height", "batch_size"),
    "EmptySD3LatentImage": ("width", "height", "batch_size"),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "UNETLoader": ("unet_name", "weight_dtype"),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
}


@dataclass(frozen=True)
class ComfyNode:
    """One node: what it is called, and what each of its inputs is, a value or another node."""

    kind: str
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    links: Mapping[str, str] = field(default_factory=dict[str, str])


def read_graph(stored: object) -> FileSettings | None:
    """What the graph for the program itself ("prompt") says; None where it is none."""
    nodes: dict[str, ComfyNode] = {}
    for name, value in list(as_object(stored).items())[:_MOST_NODES]:
        node = as_object(value)
        inputs = as_object(node.get("inputs"))
        links = {key: str(value[0]) for key, value in inputs.items() if _is_link(value)}
        values = {key: value for key, value in inputs.items() if key not in links}
        nodes[name] = ComfyNode(str(node.get("class_type", "")), values, links)
    return _GraphReader(nodes).read() if nodes else None


def read_editor_graph(stored: object) -> FileSettings | None:
    """What the graph of the editor ("workflow") says, of the nodes whose widgets are known."""
    graph = as_object(stored)
    wires = filter(_is_wire, as_items(graph.get("links")))
    begins: dict[object, str] = {wire[0]: str(wire[1]) for wire in wires}
    nodes: dict[str, ComfyNode] = {}
    for node in map(as_object, as_items(graph.get("nodes"))[:_MOST_NODES]):
        nodes[str(node.get("id"))] = _editor_node(node, begins)
    return _GraphReader(nodes).read() if nodes else None


def _editor_node(node: JsonObject, begins: dict[object, str]) -> ComfyNode:
    kind = str(node.get("type", ""))
    links: dict[str, str] = {}
    for one in map(as_object, as_items(node.get("inputs"))):
        link = one.get("link")
        if isinstance(link, int) and link in begins:
            links[str(one.get("name"))] = begins[link]
    given = node.get("widgets_values")
    named = zip(_WIDGETS.get(kind, ()), as_items(given), strict=False)
    return ComfyNode(kind, {**as_object(given), **dict(named)}, links)


def _is_link(value: object) -> bool:
    found = as_items(value)
    return len(found) == 2 and isinstance(found[0], str | int) and isinstance(found[1], int)


def _is_wire(value: object) -> bool:
    found = as_items(value)
    return len(found) >= 4 and isinstance(found[0], int)


class _GraphReader:
    """Goes from the nodes that write an image against the arrows, the nearest first."""

    def __init__(self, nodes: Mapping[str, ComfyNode]) -> None:
        self._nodes = nodes

    def read(self) -> FileSettings | None:
        samplers = [name for name in self._nearest_samplers() if self._prompt_of(name)]
        if not samplers:
            return None
        first = samplers[0]
        model, loras = self._model_of(first)
        width, height = self._size_of(first)
        negative = self._text_behind(first, ("negative",))
        guidance = self._number(first, ("cfg",))
        note = ("Several samplers stand one after the other; what the last one does is read.",)
        return FileSettings(
            program=PROGRAM,
            prompt=self._prompt_of(first),
            negative_prompt=negative,
            seed=whole_number(self._value_behind(first, _SEEDS[:2], ("noise",), _SEEDS)),
            steps=whole_number(self._value_behind(first, ("steps",), ("sigmas",), ("steps",))),
            guidance=guidance if guidance is not None else self._guidance_of(first),
            width=width,
            height=height,
            model=model,
            sampler=self._sampler_of(first),
            loras=loras,
            notes=note if len(samplers) > 1 else (),
        )

    def _upstream(
        self, start: str, through: Callable[[str], bool] = lambda _: True
    ) -> Iterator[str]:
        """A node and all that lead to it, the nearest first.

        Args:
            start: its name.
            through: whether an input of this name is followed.
        """
        seen, waiting = {start}, deque([start])
        while waiting:
            name = waiting.popleft()
            if name not in self._nodes:
                continue
            yield name
            for key, other in self._nodes[name].links.items():
                if other not in seen and through(key):
                    seen.add(other)
                    waiting.append(other)

    def _nearest_samplers(self) -> list[str]:
        def is_end(node: ComfyNode) -> bool:
            return "images" in node.links and ("Save" in node.kind or "Preview" in node.kind)

        ends = [name for name, node in self._nodes.items() if is_end(node)]
        # A saved image counts for more than one that is only shown.
        ends.sort(key=lambda name: "Save" not in self._nodes[name].kind)
        order = [name for end in ends for name in self._upstream(end)] or list(self._nodes)
        return [name for name in dict.fromkeys(order) if self._is_sampler(self._nodes[name])]

    def _is_sampler(self, node: ComfyNode) -> bool:
        given = {*node.values, *node.links}
        has_prompt = "positive" in node.links or "guider" in node.links
        return has_prompt and bool(
            given & {"seed", "noise_seed", "noise", "sampler_name", "sampler"}
        )

    def _prompt_of(self, sampler: str) -> str:
        return self._text_behind(sampler, _CONDITIONS)

    def _text_behind(self, node: str, names: tuple[str, ...]) -> str:
        """The first text that leads to one of these inputs."""
        for key in names:
            other = self._nodes[node].links.get(key)
            if other is None:
                continue
            for name in self._upstream(other, lambda key: key != "negative" and key != "model"):
                text = self._own_text(name)
                if text:
                    return text
        return ""

    def _own_text(self, name: str) -> str:
        values = self._nodes[name].values
        texts = (values.get(key) for key in _TEXTS)
        return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")

    def _value_behind(
        self,
        node: str,
        own: tuple[str, ...],
        inputs: tuple[str, ...],
        theirs: tuple[str, ...],
    ) -> object:
        """A value of a node, or of one that leads to that input or to another of `inputs`."""
        found = self._nodes[node]
        for key in own:
            if key in found.values:
                return found.values[key]
        for key in (*own, *inputs):
            if key in found.links:
                for name in self._upstream(found.links[key]):
                    values = self._nodes[name].values
                    value = next((values[one] for one in theirs if one in values), None)
                    if value is not None:
                        return value
        return None

    def _number(self, node: str, names: tuple[str, ...]) -> float | None:
        found = self._value_behind(node, names, ("guider",), (*names, "value", "float"))
        return real_number(found)

    def _guidance_of(self, sampler: str) -> float | None:
        for name in self._upstream(sampler, lambda key: key != "negative"):
            value = self._nodes[name].values.get("guidance")
            if value is not None:
                return real_number(value)
        return None

    def _sampler_of(self, sampler: str) -> str:
        named = self._value_behind(sampler, ("sampler_name",), ("sampler",), ("sampler_name",))
        scheduler = self._value_behind(sampler, ("scheduler",), ("sigmas",), ("scheduler",))
        return " ".join(str(part) for part in (named, scheduler) if isinstance(part, str))

    def _size_of(self, sampler: str) -> tuple[int | None, int | None]:
        for name in self._upstream(
            sampler, lambda key: key not in ("positive", "negative", "model")
        ):
            values = self._nodes[name].values
            width, height = whole_number(values.get("width")), whole_number(values.get("height"))
            if width and height:
                return width, height
        return None, None

    def _model_of(self, sampler: str) -> tuple[str, tuple[FileLora, ...]]:
        """The model's file, and the LoRAs on the way to it."""
        loras: list[FileLora] = []
        for name in self._upstream(sampler, lambda key: key in ("model", "guider", "sigmas")):
            values = self._nodes[name].values
            loras += _loras_in(values)
            named = (values.get(key) for key in _MODELS)
            model = next((value for value in named if isinstance(value, str) and value), "")
            if model:
                return model, tuple(loras)
        return "", tuple(loras)


def _loras_in(values: Mapping[str, object]) -> Iterator[FileLora]:
    name = values.get("lora_name")
    if isinstance(name, str) and name:
        yield _lora(name, values.get("strength_model", values.get("strength")))
    for value in values.values():
        # Of nodes that hold several, each with a switch of its own.
        found = as_object(value)
        if isinstance(found.get("lora"), str) and found.get("on", True):
            yield _lora(str(found["lora"]), found.get("strength"))


def _lora(name: str, weight: object) -> FileLora:
    found = real_number(weight)
    return FileLora(name, 1.0 if found is None else found)
