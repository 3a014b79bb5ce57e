"""How a file says that it was made, whatever program wrote it; and the text that most read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from core.metadata.image_chunks import MAX_TEXT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

JsonObject: TypeAlias = dict[str, Any]
_MOST_DEPTH = 64
_NEGATIVE = "Negative prompt:"
_FACT = re.compile(r'(\w[\w \-/]{0,60}):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)')
_LEAST_FACTS = 3
_LORA = re.compile(r" ?<(?:lora|lyco):([^:>]{1,200})(?::(-?[\d.]{1,12}))?(?::[^>]{0,200})?>")
_SIZE = re.compile(r"(\d{1,6})\s*[x×,]\s*(\d{1,6})")


@dataclass(frozen=True)
class FileLora:
    """A LoRA as a file names it, and how much it counted."""

    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class FileSettings:
    """How a file says that it was made; None and empty is what it does not say.

    Attributes:
        program: which wrote it, as it is called.
        guidance: the scale of it, CFG.
        model: the name of a file or of a service's model.
        others: what else it says, as names and values to read.
        notes: what there is to know of how it was read.
    """

    program: str
    prompt: str = ""
    negative_prompt: str = ""
    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    width: int | None = None
    height: int | None = None
    model: str = ""
    sampler: str = ""
    loras: tuple[FileLora, ...] = ()
    others: tuple[tuple[str, str], ...] = field(default=())
    notes: tuple[str, ...] = ()


def load_json(text: str) -> Any:
    """What a text of another program holds; None where it is no JSON, huge, or nested endlessly."""
    if len(text) > MAX_TEXT_BYTES:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    level = [value]
    for _ in range(_MOST_DEPTH):
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            return value
    return None


def _inside(item: Any) -> Iterable[Any]:
    return as_object(item).values() or as_items(item)


def as_object(value: object) -> JsonObject:
    """A JSON object, or one with nothing in it."""
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def as_items(value: object) -> list[Any]:
    """A JSON list, or one with nothing in it."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def whole_number(value: object) -> int | None:
    """A whole number as programs store one, as a number or as text; None for anything else."""
    try:
        return None if isinstance(value, bool) else int(str(value).strip())
    except ValueError:
        return None


def real_number(value: object) -> float | None:
    """A finite number as programs store one; None for anything else."""
    try:
        found = float(str(value).strip())
    except ValueError:
        return None
    return found if abs(found) < 1e9 else None


def read_size(value: object) -> tuple[int | None, int | None]:
    """Width and height of a text such as "832x1216" or "(832, 1216)"."""
    found = _SIZE.search(str(value))
    return (int(found[1]), int(found[2])) if found else (None, None)


def without_loras(prompt: str) -> tuple[str, tuple[FileLora, ...]]:
    """A prompt without the marks that call LoRAs, and the LoRAs that they call."""
    found = tuple(
        FileLora(match[1].strip(), 1.0 if (weight := real_number(match[2])) is None else weight)
        for match in _LORA.finditer(prompt)
    )
    return (_LORA.sub("", prompt).strip() if found else prompt), found


def read_parameters(text: str) -> FileSettings | None:
    """The text that AUTOMATIC1111 introduced and many write; None where it is none.

    The prompt, a line that begins with "Negative prompt:", and last a line of names and values.
    """
    lines = text.strip().replace("\r\n", "\n").split("\n")
    facts = _facts(lines[-1])
    if len(facts) < _LEAST_FACTS and not ("Steps" in facts or "Seed" in facts):
        return None
    prompt: list[str] = []
    negative: list[str] = []
    into = prompt
    for line in lines[:-1]:
        stripped = line.strip()
        if stripped.startswith(_NEGATIVE):
            into = negative
            stripped = stripped.removeprefix(_NEGATIVE).strip()
        into.append(stripped)
    words, loras = without_loras("\n".join(prompt).strip())
    width, height = read_size(facts.pop("Size", ""))
    known = {name: facts.pop(name, "") for name in ("Steps", "Seed", "CFG scale", "Model")}
    sampler = facts.pop("Sampler", "")
    scheduler = facts.pop("Schedule type", "")
    return FileSettings(
        program=_program(facts.get("Version", "")),
        prompt=words,
        negative_prompt="\n".join(negative).strip(),
        seed=whole_number(known["Seed"]),
        steps=whole_number(known["Steps"]),
        guidance=real_number(known["CFG scale"]),
        width=width,
        height=height,
        model=known["Model"],
        sampler=" ".join(filter(None, (sampler, scheduler))),
        loras=loras,
        others=tuple(facts.items()),
    )


def _facts(line: str) -> dict[str, str]:
    return {name.strip(): _unquoted(value.strip()) for name, value in _FACT.findall(line)}


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        read = load_json(value)
        return read if isinstance(read, str) else value[1:-1]
    return value


def _program(version: str) -> str:
    """Who wrote a text, by the version in it: v1.10.1, f2.0.1v1.10.1, or Fooocus v2.5."""
    if not version or re.match(r"v?\d", version):
        return "AUTOMATIC1111"
    return "Forge" if re.match(r"f\d|neo", version) else version


def write_parameters(settings: FileSettings) -> str:
    """The same as that text; others that read it find the prompt and what is known beside it."""
    size = f"{settings.width}x{settings.height}" if settings.width and settings.height else ""
    facts = {
        "Steps": settings.steps,
        "Sampler": settings.sampler,
        "CFG scale": None if settings.guidance is None else f"{settings.guidance:g}",
        "Seed": settings.seed,
        "Size": size,
        "Model": settings.model,
        **dict(settings.others),
        "Version": settings.program,
    }
    listed = [
        f"{name}: {_quoted(str(value))}" for name, value in facts.items() if value not in (None, "")
    ]
    loras = " ".join(f"<lora:{lora.name}:{lora.weight:g}>" for lora in settings.loras)
    words = " ".join(filter(None, (settings.prompt, loras)))
    negative = f"{_NEGATIVE} {settings.negative_prompt}" if settings.negative_prompt else ""
    return "\n".join(filter(None, (words, negative, ", ".join(listed))))


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search(r'[,:"\n\\]', value) else value
