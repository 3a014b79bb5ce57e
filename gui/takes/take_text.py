"""A take in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.platform.units import count_text, price

if TYPE_CHECKING:
    from datetime import date

    from core.project.model.project import Take


def take_name(number: int) -> str:
    """What a take is called."""
    return f"Take {number}"


def title_of(take: Take, number: int) -> str:
    """What a take is called: by its name, where it has one, and with its star."""
    name = f"{number} · {take.name}" if take.name else take_name(number)
    return f"★ {name}" if take.is_starred else name


def short_facts(take: Take) -> str:
    """Size and length: "1216×704 · 5.04 s"."""
    size = f"{take.width}×{take.height}" if take.width else ""
    length = f"{take.duration_s:.2f} s" if take.duration_s else "Still" if take.is_still else ""
    return " · ".join(part for part in (size, length) if part)


def seed_text(take: Take) -> str:
    """The seed in a few words; empty where it is not known."""
    return "" if take.seed is None else f"Seed {take.seed}"


def short_when(take: Take, today: date) -> str:
    """The time of a take that was made today, the day of an older one."""
    made = take.created_at.astimezone()
    if made.date() == today:
        return made.strftime("%H:%M")
    return made.strftime("%d %b" if made.year == today.year else "%d %b %Y")


def when_text(take: Take) -> str:
    """When it was made, by the clock on the wall."""
    return take.created_at.astimezone().strftime("%d %b %Y, %H:%M")


def describe_take(take: Take) -> str:
    """Everything that is known of a take, a line for each thing."""
    frames = (
        f"{count_text(take.num_frames, 'frame')} at {take.fps:g} per second" if take.fps else ""
    )
    return "\n".join(
        line
        for line in (
            take.path.name,
            take.model,
            short_facts(take),
            frames,
            "With sound" if take.has_audio else "Without sound",
            seed_text(take),
            _cost(take),
            f"Made {when_text(take)}",
        )
        if line
    )


def _cost(take: Take) -> str:
    if take.cost_usd is None:
        return ""
    return f"Cost {price(take.cost_usd)}" if take.cost_usd else "Free"
