"""Which node classes a ComfyUI has, and what each of them takes: its `/object_info`, read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_CHOICES = ("COMBO", "COMFY_DYNAMICCOMBO_V3")
_USUAL = {"INT": 0, "FLOAT": 0.0, "STRING": "", "BOOLEAN": False}


@dataclass(frozen=True)
class NodeInput:
    """An input of a node class.

    Attributes:
        kind: what it takes, such as "INT" or "MODEL"; "COMBO" for one of `options`.
        options: the values that there are; empty where any of its kind may stand.
        default: None where the class names none.
    """

    kind: str
    is_required: bool
    options: tuple[str, ...] = ()
    default: object = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def usual(self) -> object:
        """What stands there when nobody says anything; None where it has to be linked."""
        if self.default is not None:
            return self.default
        if self.options:
            return self.options[0]
        return _USUAL.get(self.kind)


@dataclass(frozen=True)
class NodeClass:
    """A node class: its inputs by name, and the kinds of its outputs in their order."""

    name: str
    inputs: Mapping[str, NodeInput]
    outputs: tuple[str, ...]
    is_output: bool = False


@dataclass(frozen=True)
class NodeClasses:
    """All that one server has."""

    document: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __contains__(self, name: str) -> bool:
        return name in self.document

    def find(self, name: str) -> NodeClass | None:
        """The class of that name; None where the server has none."""
        found = _object(self.document.get(name))
        if not found:
            return None
        given = _object(found.get("input"))
        inputs = {
            each: _read_input(shape, is_required=group == "required")
            for group in ("required", "optional")
            for each, shape in _object(given.get(group)).items()
        }
        outputs = tuple(str(kind) for kind in _list(found.get("output")))
        return NodeClass(name, inputs, outputs, bool(found.get("output_node")))

    def options(self, name: str, given: str) -> tuple[str, ...]:
        """What may stand in an input of a class, such as the files of a loader."""
        found = self.find(name)
        if found is None or given not in found.inputs:
            return ()
        return found.inputs[given].options

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those that the server does not have."""
        return tuple(name for name in dict.fromkeys(names) if name not in self)


def _read_input(shape: object, *, is_required: bool) -> NodeInput:
    """One input, whose choices are written in any of the three ways that occur side by side."""
    parts = _list(shape)
    kind, about = [*parts, None, None][:2]
    about = _object(about)
    if isinstance(kind, list):
        options, kind = cast("list[Any]", kind), "COMBO"
    elif kind in _CHOICES:
        options, kind = _list(about.get("options")), "COMBO"
    else:
        options = []
    names = tuple(
        # A choice that brings inputs of its own is an object with its name under "key".
        str(_object(option).get("key", option))
        for option in cast("list[object]", options)
    )
    return NodeInput(
        str(kind),
        is_required,
        names,
        about.get("default"),
        _number(about.get("min")),
        _number(about.get("max")),
    )


def _object(found: object) -> dict[str, Any]:
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _list(found: object) -> list[Any]:
    return cast("list[Any]", found) if isinstance(found, list) else []


def _number(found: object) -> float | None:
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return float(cast("float", found)) if is_number else None
