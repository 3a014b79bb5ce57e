"""Every place where clips are made, in tables: what it offers, how it is set up, what it costs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from core.comparison.report.measures import MEASURES
from core.config.api_keys import ApiKeys
from core.config.settings import Settings
from core.platform.machine import read_machine
from core.platform.network import NetworkSwitch
from core.platform.paths import Paths
from core.platform.units import bytes_text, price
from core.video.price import Billed
from core.video.provider import ProviderContext
from core.video.terms import OutputKind, Role, Target, Task
from providers import PROVIDERS as EVERY_PROVIDER
from scripts.markdown import markdown_table

if TYPE_CHECKING:
    from core.video.provider import ProviderEntry, ProviderInfo
    from core.video.spec import FrameSize, ModelSpec

PROVIDERS = tuple(one for one in EVERY_PROVIDER if OutputKind.VIDEO in one.info.makes)
"""Those that make clips."""

# Pages on how something is built, and the one that these tables are for, have none on a place.
_NO_GUIDES = ("Adding-a-Provider", "Architecture", "Benchmarks", "CodeMap", "Comparison")
_NO_WORDS = frozenset(
    ("a", "an", "and", "at", "by", "for", "in", "its", "of", "on", "own", "the", "this", "with",
     "your")
)  # fmt: skip
_LEAVES = "What leaves"
_SHOWN_TASKS = tuple(task for task in Task if task.output is OutputKind.VIDEO)
_ASKED_S, _ASKED_LINES = 6.0, 1080


@dataclass(frozen=True)
class Chapter:
    """A chapter of a guide, by its page and its heading."""

    page: str
    heading: str
    text: str

    @property
    def link(self) -> str:
        """Where it is, from a page beside it."""
        anchor = re.sub(r"[^\w -]", "", self.heading.lower()).replace(" ", "-")
        return f"[{self.heading}]({self.page}#{anchor})"

    def paragraph(self, begins: str) -> str:
        """The paragraph with such a bold beginning, without that, as one line; empty for none."""
        found = re.search(
            rf"^\*\*{begins}[^*]*\*\* (.+?)$\n\n", self.text, re.MULTILINE | re.DOTALL
        )
        return " ".join(found[1].split()) if found else ""


@cache
def models_of(entry: ProviderEntry) -> tuple[ModelSpec, ...]:
    """The models that a provider has wherever it is opened: without files, keys and network."""
    with TemporaryDirectory() as folder:
        paths = Paths.below(Path(folder))
        keys = ApiKeys(paths.state_dir / "kept-keys")
        off = NetworkSwitch(is_off=True)
        provider = entry.open(ProviderContext(paths, Settings, keys, read_machine, off))
        try:
            return provider.models()
        finally:
            provider.close()


def places() -> str:
    """Every provider on every deployment: what it is good for, in its own words."""
    rows = [
        (
            f"`{entry.info.id}/{entry.info.deployment}`",
            _name(entry.info),
            entry.info.summary,
            _count(entry),
            _range(entry),
        )
        for entry in PROVIDERS
    ]
    return markdown_table(("target", "place", "in short", "models", "a clip costs"), rows)


def abilities() -> str:
    """What can be had at each place, from some model or other."""
    rows: list[tuple[str, ...]] = []
    for entry in PROVIDERS:
        specs = models_of(entry)
        tasks = {task for spec in specs for task in spec.tasks}
        lines = [min(size.width, size.height) for spec in specs for size in spec.sizes]
        largest = max(lines, default=0)
        # What reads no words makes no clip of its own, however long those are that it is given.
        making = (spec for spec in specs if spec.fps and spec.takes_prompt)
        longest = max((spec.durations.maximum for spec in making), default=0.0)
        rows.append(
            (
                _name(entry.info),
                *("yes" if task in tasks else "-" for task in _SHOWN_TASKS),
                "yes" if any(spec.limit(Role.LORA) for spec in specs) else "-",
                f"{largest} lines" if largest else "what it offers",
                f"{longest:g} s" if longest else "what it offers",
            )
        )
    head = ("place", *(task.value for task in _SHOWN_TASKS), "LoRAs", "largest", "longest")
    return markdown_table(head, rows)


def set_up(root: Path) -> str:
    """How each is set up, in a line, and where more stands."""
    return "\n".join(
        f"- **{_name(entry.info)}**: {_steps(entry.info)}{_more(entry.info, root)}"
        for entry in PROVIDERS
    )


def leaves(root: Path) -> str:
    """What leaves this machine for each, in the words of its guide."""
    lines: list[str] = []
    for entry in PROVIDERS:
        info = entry.info
        usual = "Nothing." if info.is_local else f"Prompt and files go to {info.label}."
        said = _told_of_leaving(info, root) or usual
        lines.append(f"- **{_name(info)}**: {said}")
    return "\n".join(lines)


def models() -> str:
    """Every model that makes clips from words, by the name that `--targets` takes."""
    rows = [
        (
            f"`{Target(provider=entry.info.id, deployment=entry.info.deployment, model=spec.id)}`",
            _sizes(spec),
            str(spec.durations),
            ", ".join(map(str, spec.fps)),
            "yes" if spec.audio else "no",
            _download(entry, spec),
        )
        for entry in PROVIDERS
        for spec in models_of(entry)
        if Task.TEXT_TO_VIDEO in spec.tasks
    ]
    return markdown_table(("target", "sizes", "seconds", "fps", "sound", "takes first"), rows)


def costs() -> str:
    """What the same clip costs with each model that is paid for."""
    head = ("target", f"nearest to {_ASKED_S:g} s of {_ASKED_LINES}p", "price", "list", "as of")
    rows = [
        row
        for entry in PROVIDERS
        for spec in models_of(entry)
        if Task.TEXT_TO_VIDEO in spec.tasks and str(spec.price) != "free"
        for row in [_cost(entry, spec)]
    ]
    return markdown_table(head, rows)


def measures() -> str:
    """What is measured of each clip."""
    rows = [(row.name, row.unit, row.says, row.omits) for row in MEASURES]
    return markdown_table(("measure", "unit", "says", "does not say"), rows)


def chapter_of(info: ProviderInfo, root: Path) -> Chapter | None:
    """The chapter of a guide whose heading is made of the words that a provider goes by."""
    own = _words(
        f"{info.id} {info.deployment} {info.label} {info.name} {info.place} {info.summary}"
    )
    fitting = [one for one in chapters(root) if _words(one.heading) <= own]
    # What tells it from others of its provider counts more than the provider's own name.
    special = _words(f"{info.deployment} {info.label} {info.place} {info.summary}")
    return max(
        fitting,
        key=lambda one: (len(_words(one.heading) & special), len(_words(one.heading))),
        default=None,
    )


def chapters(root: Path) -> tuple[Chapter, ...]:
    """Every chapter of every guide."""
    found: list[Chapter] = []
    for page in sorted((root / "Docs").glob("*.md")):
        if any(name in page.name for name in _NO_GUIDES):
            continue
        parts = re.split(r"^(#{1,2} .+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for heading, text in zip(parts[1::2], parts[2::2], strict=True):
            found.append(Chapter(page.name, heading.lstrip("# ").strip(), text))
    return tuple(found)


def _told_of_leaving(info: ProviderInfo, root: Path) -> str:
    """What its chapter says of it, else a chapter of the same page; empty where neither does."""
    chapter = chapter_of(info, root)
    if chapter is None:
        return ""
    beside = (
        " ".join(one.text.strip().split("\n\n")[0].split())
        for one in chapters(root)
        if one.page == chapter.page and one.heading.startswith(_LEAVES)
    )
    return chapter.paragraph(_LEAVES) or next(beside, "")


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text.lower())) - _NO_WORDS


def _name(info: ProviderInfo) -> str:
    return info.label if info.is_local else f"{info.shown_name} at {info.place or info.label}"


def _count(entry: ProviderEntry) -> str:
    return str(len(models_of(entry))) if models_of(entry) else "what it offers"


def _range(entry: ProviderEntry) -> str:
    """The lowest list price of all models; what no model tells is unknown."""
    prices = list(dict.fromkeys(str(spec.price) for spec in models_of(entry)))
    if prices == ["free"] or (entry.info.is_local and not prices):
        return "free"
    rows = [row for spec in models_of(entry) for row in spec.price.rows if row.usd]
    return f"from {min(rows, key=lambda row: row.usd)}" if rows else "price unknown"


def _steps(info: ProviderInfo) -> str:
    keys = [] if info.is_local else [
        f"make a key at <{key.url}> and give it with `python3 main.py keys set {key.id}`"
        for key in info.keys
    ]  # fmt: skip
    steps = keys or ["no account is needed"]
    if info.packages is not None:
        steps.append(f"the first render installs {info.packages}")
    return f"{'; '.join(steps)}."


def _more(info: ProviderInfo, root: Path) -> str:
    chapter = chapter_of(info, root)
    return f" More: {chapter.link}." if chapter else ""


def _sizes(spec: ModelSpec) -> str:
    return ", ".join(dict.fromkeys(size.resolution for size in spec.sizes))


def _download(entry: ProviderEntry, spec: ModelSpec) -> str:
    if not entry.info.is_local:
        return "a key"
    return "nothing" if spec.is_builtin else f"a download of {bytes_text(spec.size_bytes)}"


def _cost(entry: ProviderEntry, spec: ModelSpec) -> tuple[str, ...]:
    size = _nearest_size(spec)
    seconds = spec.durations.nearest(_ASKED_S)
    fps = spec.default_fps
    billed = Billed(
        OutputKind.VIDEO,
        size.resolution,
        size.width,
        size.height,
        round(seconds * fps),
        duration_s=seconds,
        has_audio=spec.audio is not None,
    )
    table = spec.price
    target = Target(provider=entry.info.id, deployment=entry.info.deployment, model=spec.id)
    audio = "with sound" if spec.audio else "silent"
    clip = f"{seconds:g} s, {size}, {audio}"
    as_of = f"{table.as_of:%Y-%m-%d}, {table.source}" if table.rows else "-"
    return f"`{target}`", clip, price(table.cost_usd(billed)), str(table), as_of


def _nearest_size(spec: ModelSpec) -> FrameSize:
    """The size of about so many lines, wide before tall."""
    return min(
        spec.sizes,
        key=lambda size: (
            abs(min(size.width, size.height) - _ASKED_LINES),
            size.height > size.width,
            abs(size.width * 9 - size.height * 16),
        ),
    )
