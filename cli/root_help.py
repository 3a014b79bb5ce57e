"""The help of the main command; choices and defaults are read from the model tables."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.arguments import RenderArguments, choose_target
from cli.console import WIDTH, wrapped
from core.config.settings import setting
from core.errors import UnsupportedRequest
from core.video.request import AUTO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cli.context import CliContext
    from core.video.spec import Durations, FloatRange, IntRange, ModelSpec

_COLUMN = 28
_MOST_NAMED = 3

_INTRODUCTION = """\
Usage: main.py -p PROMPT [options]
       main.py COMMAND [options]

Makes a clip from a prompt and prints its path on stdout; what is shown on the
way goes to stderr. Nothing is overwritten without --force.
"""
_COMMANDS = """\
Commands (each has its own --help):
  models                    What models there are, and which can run here.
  doctor                    What this machine has, and what it lacks.
  jobs                      List, show, cancel, resume and clear jobs.
  keys                      Set, test, remove and list keys for services.
  config                    Show and change settings.
  assemble                  Put clips together into a film.
  export                    Export the film of a folder or film file.
  cache                     Show or clear what exports keep.
"""
_ENDING = """\
Each option whose name begins with --ltx- (--ltx-deployment, --ltx-model,
--ltx-resolution, --ltx-aspect, --ltx-fps, --ltx-duration, --ltx-image,
--ltx-camera-motion, --ltx-guidance, --ltx-steps, --ltx-seed) is the option of
the same name without it.

Exit codes: 0 done, 1 failed, 2 something is wrong with what was asked for,
3 something is not set up or does not run here, 130 cancelled.
"""


@dataclass(frozen=True)
class _HelpRow:
    names: str
    text: str


def root_help(context: CliContext, given: Mapping[str, str]) -> str:
    """The help text; with `--model` among the given options, for that model alone."""
    specs, heading = _specs(context, given)
    parts = [_INTRODUCTION]
    for title, rows in _sections(context, specs):
        parts.append("\n".join([f"{title}:", *map(_row_text, rows), ""]))
    return "\n".join([parts[0], heading, "", *parts[1:], _COMMANDS, _ENDING]).rstrip()


def _specs(context: CliContext, given: Mapping[str, str]) -> tuple[tuple[ModelSpec, ...], str]:
    typed = RenderArguments(
        provider=given.get("--provider"),
        deployment=given.get("--deployment"),
        model=given.get("--model"),
    )
    registry = context.studio.registry
    target = choose_target(typed, context.studio.settings.render, registry.infos)
    try:
        if target.model != AUTO:
            spec = registry.spec(target)
            return (spec,), f"Values below: {spec.label} ({target})."
        specs = registry.open(target).models()
    except UnsupportedRequest as error:
        return (), wrapped(str(error), rest="")
    where = f"{target.provider} / {target.deployment}"
    text = (
        f"Values below: all models of {where}. For those of one model: "
        f"main.py --model {specs[-1].id} --help"
    )
    return specs, wrapped(text, rest="")


def _sections(
    context: CliContext, specs: tuple[ModelSpec, ...]
) -> Iterator[tuple[str, tuple[_HelpRow, ...]]]:
    settings = context.studio.settings
    infos = context.studio.registry.infos
    providers = _list(info.id for info in infos)
    deployments = _list(info.deployment for info in infos)

    def default(name: str) -> str:
        return f"; {setting(settings, f'render.{name}').value} when not given"

    yield (
        "What to make",
        (
            _HelpRow("-p, --prompt TEXT", "What the clip shows."),
            _HelpRow("--negative-prompt TEXT", "What it should not show" + _takers(
                specs, lambda spec: spec.takes_negative_prompt) + "."),
            _HelpRow("--image FILE", "A picture that the clip starts from; it is the first frame."),
            _HelpRow("-o, --out PATH", "The file (.mp4) or an existing folder; without it, the "
                 "output folder, under a name of date, prompt and seed."),
        ),
    )  # fmt: skip
    yield (
        "Who makes it",
        (
            _HelpRow("--provider NAME", f"{providers}{default('provider')}."),
            _HelpRow("--deployment NAME", f"Where it runs: {deployments}{default('deployment')}."),
            _HelpRow("--model NAME", f"{_list([AUTO, *(s.id for s in specs)])}{default('model')}."),
        ),
    )
    yield (
        "Picture and sound",
        (
            _HelpRow("--duration SECONDS", _range(specs, lambda spec: spec.durations, " s")),
            _HelpRow("--resolution NAME", _choices(specs, lambda spec: spec.resolutions,
                 lambda spec: spec.default_size.resolution) + " Or a size, such as "
                 f"{specs[-1].default_size if specs else '192x128'}."),
            _HelpRow("--aspect RATIO", _choices(specs, lambda spec: [a.value for a in spec.aspects],
                 lambda spec: spec.default_size.aspect.value)),
            _HelpRow("--fps NUMBER", _choices(specs, lambda spec: spec.fps,
                 lambda spec: spec.default_fps)),
            _HelpRow("--audio / --no-audio", "With sound or silent; with sound wherever the model "
                 "makes it" + _takers(specs, lambda spec: spec.has_audio) + "."),
            _HelpRow("--camera-motion NAME", _choices(
                 specs, lambda spec: spec.camera.motions if spec.camera else (), None)),
            _HelpRow("--camera-speed NUMBER", _range(
                 specs, lambda spec: spec.camera.speed if spec.camera else None)),
        ),
    )  # fmt: skip
    yield (
        "Sampling",
        (
            _HelpRow("--seed NUMBER", "The same seed gives the same clip; drawn when not given."),
            _HelpRow("--steps NUMBER", _range(specs, lambda spec: spec.steps)),
            _HelpRow("--guidance NUMBER", _range(specs, lambda spec: spec.guidance_scale)),
        ),
    )
    yield (
        "How to run",
        (
            _HelpRow("--dry-run", "Show the exact plan, or all that speaks against it, and stop."),
            _HelpRow("--force", "Replace the output file if it exists."),
            _HelpRow("--json", "Write events to stdout, one JSON object a line, and no text."),
            _HelpRow("-q, --quiet", "Show neither plan nor progress."),
            _HelpRow("--version", "Show the version."),
            _HelpRow("-h, --help", "Show this help."),
        ),
    )


def _row_text(row: _HelpRow) -> str:
    lines = textwrap.wrap(row.text, WIDTH - _COLUMN, break_on_hyphens=False)
    names = f"  {row.names}".ljust(_COLUMN)
    if len(names) > _COLUMN:
        return "\n".join([names, *(" " * _COLUMN + line for line in lines)])
    return "\n".join([names + lines[0], *(" " * _COLUMN + line for line in lines[1:])])


def _list(names: Iterable[object]) -> str:
    return ", ".join(dict.fromkeys(str(name) for name in names))


def _choices(
    specs: tuple[ModelSpec, ...],
    values: Callable[[ModelSpec], Iterable[object]],
    default: Callable[[ModelSpec], object] | None,
) -> str:
    offered = [value for spec in specs for value in values(spec)]
    if not offered:
        return "Not offered."
    if all(isinstance(value, int) for value in offered):
        offered.sort(key=str)
        offered.sort(key=lambda value: int(str(value)))
    text = _list(offered)
    if default is None:
        return f"{text}{_takers(specs, lambda spec: bool(list(values(spec))))}."
    return f"{text}; {_default(default(spec) for spec in specs)}."


def _range(
    specs: tuple[ModelSpec, ...],
    values: Callable[[ModelSpec], IntRange | FloatRange | Durations | None],
    unit: str = "",
) -> str:
    ranges = [found for spec in specs if (found := values(spec)) is not None]
    if not ranges:
        return "Not offered."
    low, high = min(r.minimum for r in ranges), max(r.maximum for r in ranges)
    takers = _takers(specs, lambda spec: values(spec) is not None)
    default = _default(f"{found.default:g}{unit}" for found in ranges)
    return f"{low:g} to {high:g}{unit}{takers}; {default}."


def _default(values: Iterable[object]) -> str:
    found = list(dict.fromkeys(values))
    return f"{found[0]} when not given" if len(found) == 1 else "each model has its own default"


def _takers(specs: tuple[ModelSpec, ...], takes: Callable[[ModelSpec], bool]) -> str:
    """In brackets, which models take this, unless all of them do."""
    taking = [spec.id for spec in specs if takes(spec)]
    if len(taking) == len(specs):
        return ""
    if not taking:
        return " (not offered)"
    refusing = [spec.id for spec in specs if not takes(spec)]
    fewer, word = (refusing, "not") if len(refusing) < len(taking) else (taking, "only")
    if len(fewer) > _MOST_NAMED:
        return f" ({len(taking)} of {len(specs)} models)"
    return f" ({word} {_list(fewer)})"
