"""A graph as ComfyUI is sent it, built node by node from what the server says it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from providers.ltx_video.comfyui.nodes import NodeClass, NodeClasses, NodeInput

# Their lists show only the topmost folder of what lies there.
_FILES = ("image", "file", "audio")


@dataclass(frozen=True)
class Link:
    """One output of a node, as the inputs of others name it."""

    node: str
    slot: int = 0

    def of(self, slot: int) -> Link:
        """Another output of the same node."""
        return Link(self.node, slot)


@dataclass
class NodeGraph:
    """Nodes by their ids; an input that is not named gets what its class says is usual.

    Attributes:
        missing: classes that the server does not have; what is built with them cannot be sent.
        unknown: inputs, as "Class.input", that were to be set and that its class does not have.
        unfit: values that an input does not take, each in a few words.
    """

    classes: NodeClasses
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    missing: list[str] = field(default_factory=list[str])
    unknown: list[str] = field(default_factory=list[str])
    unfit: list[str] = field(default_factory=list[str])

    def add(self, class_type: str, **inputs: object) -> Link:
        """A node of a class; gives its first output."""
        found = self.classes.find(class_type)
        name = str(len(self.nodes) + 1)
        if found is None:
            self.missing.append(class_type)
            values = dict(inputs)
        else:
            values = self._values(found, inputs)
        sent = {each: _sent(value) for each, value in values.items()}
        self.nodes[name] = {"class_type": class_type, "inputs": sent}
        return Link(name)

    def _values(self, found: NodeClass, inputs: dict[str, object]) -> dict[str, object]:
        values = {
            name: given.usual
            for name, given in found.inputs.items()
            if given.is_required and given.usual is not None
        }
        for name, value in inputs.items():
            given = found.inputs.get(name)
            if given is None:
                self.unknown.append(f"{found.name}.{name}")
                continue
            values[name] = value
            if why := _misfit(given, value, name):
                self.unfit.append(f"{found.name}.{name} {why}")
        return values


def _misfit(given: NodeInput, value: object, name: str) -> str:
    """Why an input does not take a value; empty where it does."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if given.minimum is not None and value < given.minimum:
            return f"is at least {given.minimum:g}, not {value:g}"
        if given.maximum is not None and value > given.maximum:
            return f"is at most {given.maximum:g}, not {value:g}"
    if isinstance(value, str) and value and given.options and name not in _FILES:
        return "" if value in given.options else f"does not have {value!r}"
    return ""


def _sent(value: object) -> object:
    return [value.node, value.slot] if isinstance(value, Link) else value
