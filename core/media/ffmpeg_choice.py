"""Which FFmpeg a person names, by the environment or the settings; nothing is looked at."""

from __future__ import annotations

import os
from enum import StrEnum

FFMPEG_VARIABLE = "IMAGEAI_FFMPEG"
FFMPEG_SETTING = "programs.ffmpeg"


class FoundBy(StrEnum):
    """Why a program is looked at; each in words that go on from "the FFmpeg at …"."""

    VARIABLE = f"named by {FFMPEG_VARIABLE}"
    SETTING = f"named by the setting {FFMPEG_SETTING}"
    BUNDLED = "the one that comes with ImageAI"
    PATH = "found on the PATH"


class _Settings:
    """What the settings name. It is the process's, like the variable: see decision 0026."""

    program = ""


def use_ffmpeg(name: str | None) -> None:
    """Take the FFmpeg of this name or path from now on, unless the variable names one."""
    _Settings.program = (name or "").strip()


def named_ffmpeg() -> tuple[str, FoundBy] | None:
    """The name or path that a person gives, and where; None where the program chooses."""
    name = os.environ.get(FFMPEG_VARIABLE, "").strip()
    if name:
        return name, FoundBy.VARIABLE
    return (_Settings.program, FoundBy.SETTING) if _Settings.program else None
