"""The page of a comparison: one HTML file that needs nothing but the clips beside it."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import quote

from core.comparison.report.comparison import FILM_FILE, ComparedTarget, TargetState
from core.comparison.report.measures import MEASURES, Better
from core.platform.units import bytes_text, clock, count_text, price
from core.video.control_row import Control
from core.video.controls import CONTROLS
from core.video.request import Input

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.comparison.report.comparison import Comparison
    from core.comparison.report.measures import Measures
    from core.video.control_row import ControlRow

_TEMPLATE = Path(__file__).with_name("page.html")
_USUAL_FPS = 24.0
_STATES = {
    TargetState.ORDERED: "It was not finished.",
    TargetState.FAILED: "It failed.",
    TargetState.REFUSED: "It was not ordered.",
}
# Told at the top, or by each clip.
_SHOWN_ELSEWHERE = (
    Control.PROMPT,
    Control.TARGET,
    Control.SEED,
    Control.MEMORY,
    Control.TEXT_ENCODER,
    Control.WEBHOOK,
)


def page_of(comparison: Comparison) -> str:
    """The page, whole; clips and film are named by paths beside it, and nothing else is."""
    made = comparison.made
    rates = [one.measures.fps for one in made if one.measures is not None]
    parts = {
        "program": escape(comparison.program),
        "title": escape(f"Comparison: {' '.join(comparison.request.prompt.split())[:60]}"),
        "prompt": escape(comparison.request.prompt),
        "asked": escape(_asked(comparison)),
        "notes": "".join(f'<p class="quiet">{escape(note)}</p>' for note in comparison.notes),
        "bar": _BAR if made else "",
        "clips": "\n".join(_clip(entry) for entry in comparison.entries),
        "film": _film(comparison),
        "table": _table(comparison.entries),
        "says": "\n".join(
            f"<dt>{escape(row.name)}, in {escape(row.unit)}</dt>"
            f"<dd>{escape(row.says)}</dd><dd class=quiet>{escape(row.omits)}</dd>"
            for row in MEASURES
        ),
        "step": f"{1 / max(rates, default=_USUAL_FPS):.6f}",
    }
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(parts)


_BAR = """<div class="bar">
<button id="play" type="button">Play</button>
<button id="back" type="button" title="One frame back" aria-label="One frame back">&#9664;</button>
<button id="on" type="button" title="One frame on" aria-label="One frame on">&#9654;</button>
<input id="seek" type="range" min="0" max="1" step="any" value="0" aria-label="Moment">
<output id="time">0.00 s</output>
<label>Speed <select id="speed"><option value="0.25">&frac14;</option>
<option value="0.5">&frac12;</option><option value="1" selected>1</option></select></label>
<label><input id="loop" type="checkbox" checked> Repeat</label>
<label><input name="hear" type="radio" value="" checked> Silent</label>
</div>"""


def _asked(comparison: Comparison) -> str:
    """What was asked beside the prompt, in one line."""
    moment = comparison.created_at.astimezone()
    count = count_text(len(comparison.entries), "target")
    asked = [
        f"{row.label.lower()} {text}"
        for row in CONTROLS
        if row.id not in _SHOWN_ELSEWHERE and (text := _value_text(row, comparison))
    ]
    rest = [f"seed {comparison.seed}", *asked, f"{moment:%Y-%m-%d %H:%M}"]
    return f"{count} were asked for the same: {', '.join(rest)}."


def _value_text(row: ControlRow, comparison: Comparison) -> str:
    value = row.value(comparison.request)
    if row.path.startswith("target.") or value in (None, "", ()):
        return ""
    if isinstance(value, Input):
        return value.path.name
    if isinstance(value, tuple):
        return ", ".join(one.path.name for one in comparison.request.inputs if one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    number = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{number} {row.unit}".strip()


def _head(entry: ComparedTarget, beside: str = "") -> str:
    return (
        f"<header><div><h3>{escape(entry.label)}</h3>"
        f'<p class="quiet">{escape(entry.place)} &middot; {escape(str(entry.target))}</p></div>'
        f"{beside}</header>"
    )


def _clip(entry: ComparedTarget) -> str:
    notes = "".join(f"<li>{escape(note)}</li>" for note in entry.notes)
    notes = f"<ul>{notes}</ul>" if notes else ""
    if entry.state is not TargetState.MADE:
        reason = entry.reason or _STATES[entry.state]
        body = f'<p class="reason">{escape(reason)}</p>'
        return f'<figure class="clip">{_head(entry)}{body}<div class="body">{notes}</div></figure>'
    address = quote(entry.file)
    name = escape(str(entry.target), quote=True)
    has_audio = entry.measures is not None and entry.measures.has_audio
    hear = (
        f'<label class="hear"><input name="hear" type="radio" value="{name}"> Hear it</label>'
        if has_audio
        else '<span class="hear quiet">no sound</span>'
    )
    chips = "".join(f'<span class="chip">{escape(text)}</span>' for text in _chips(entry))
    settings = "".join(
        f"<dt>{escape(key)}</dt><dd>{escape(text)}</dd>" for key, text in entry.settings
    )
    return (
        f'<figure class="clip">{_head(entry, hear)}'
        f'<video src="{address}" data-name="{name}" muted playsinline preload="auto"></video>'
        f'<div class="body"><div class="chips">{chips}</div>{notes}'
        f'<details><summary>Settings</summary><dl class="small">{settings}</dl></details>'
        f"</div></figure>"
    )


def _chips(entry: ComparedTarget) -> list[str]:
    found = entry.measures
    chips = [] if found is None else [f"{found.width}×{found.height}", f"{found.fps:g} fps"]
    chips += [] if found is None else [f"{found.duration_s:.2f} s", price(entry.cost_usd)]
    return chips if entry.seconds is None else [*chips, f"made in {clock(entry.seconds)}"]


def _film(comparison: Comparison) -> str:
    if not comparison.has_film:
        return ""
    entry = next((one for one in comparison.made if str(one.target) == comparison.audio_of), None)
    audio = "It is silent." if entry is None else f"It has the sound of {entry.label}."
    return (
        f'<h2>Side by side</h2><p><a href="{quote(FILM_FILE)}">{escape(FILM_FILE)}</a> shows all '
        "clips at one height and from one start; a shorter one holds its last frame. "
        f"{escape(audio)}</p>"
    )


def _table(entries: Sequence[ComparedTarget]) -> str:
    head = "".join(
        f'<th scope="col">{escape(one.label)}<br>'
        f'<span class="quiet">{escape(one.place)}</span></th>'
        for one in entries
    )
    rows = [_row(name, [cell(one) for one in entries]) for name, cell in _FACTS.items()]
    for measure in MEASURES:
        found = [None if one.measures is None else measure.value(one.measures) for one in entries]
        texts = ["-" if one.measures is None else measure.text(one.measures) for one in entries]
        # As they are shown: what looks the same is not better.
        shown = [None if value is None else round(value, measure.digits) for value in found]
        rows.append(_row(measure.name, texts, _best(shown, measure.better)))
    return (
        f'<table><thead><tr><th scope="col">What</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _row(name: str, texts: Sequence[str], best: frozenset[int] = frozenset()) -> str:
    cells = "".join(
        f"<td{' class=best' if at in best else ''}>{escape(text)}</td>"
        for at, text in enumerate(texts)
    )
    return f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'


def _best(values: Sequence[float | None], better: Better) -> frozenset[int]:
    """Where the better value stands; nowhere where there is nothing to choose from."""
    known = [value for value in values if value is not None]
    if better is Better.NEITHER or len(set(known)) < 2:
        return frozenset()
    best = max(known) if better is Better.HIGHER else min(known)
    return frozenset(at for at, value in enumerate(values) if value == best)


def _measured(text: Callable[[Measures], str]) -> Callable[[ComparedTarget], str]:
    return lambda entry: "-" if entry.measures is None else text(entry.measures)


def _cost(entry: ComparedTarget) -> str:
    return price(entry.cost_usd) if entry.state is TargetState.MADE else "-"


def _time(entry: ComparedTarget) -> str:
    is_made = entry.state is TargetState.MADE
    return "-" if not is_made else "unknown" if entry.seconds is None else clock(entry.seconds)


_FACTS: dict[str, Callable[[ComparedTarget], str]] = {
    "Price": _cost,
    "Time to make": _time,
    "Size": _measured(lambda clip: f"{clip.width}×{clip.height}"),
    "Frame rate": _measured(lambda clip: f"{clip.fps:g} fps"),
    "Length": _measured(lambda clip: f"{clip.duration_s:.2f} s, {clip.num_frames} frames"),
    "Sound": _measured(lambda clip: "yes" if clip.has_audio else "no"),
    "File": _measured(lambda clip: bytes_text(clip.size_bytes)),
}
