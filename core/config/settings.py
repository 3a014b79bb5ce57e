"""The user's settings: what can be set, its default and its help, and the file that keeps it."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from core.config.settings_schema import (
    SettingInfo,
    TargetPart,
)
from core.errors import SettingsError, UnsupportedRequest
from core.frozen import Frozen
from core.jobs.lanes import PLACES, Lane
from core.jobs.turns import MOST_PASSED
from core.mistakes import mistakes_in
from core.platform.files import set_aside, write_text_atomically
from core.platform.server_address import server_address
from core.platform.text_files import unicode_text
from core.video.spec import Residency
from core.video.terms import DEFAULT_TARGET, FallbackTarget, Target

log = logging.getLogger(__name__)


class Appearance(StrEnum):
    """The colours of the window; SYSTEM follows the desktop."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def _as_fallbacks(text: str | None) -> str | None:
    """The list as it is kept: each target with its model, divided by commas."""
    try:
        listed = ", ".join(map(str, _fallbacks(text)))
    except UnsupportedRequest as error:
        raise ValueError(error.message) from error
    return listed or None


def _fallbacks(text: str | None) -> tuple[FallbackTarget, ...]:
    words = (word.strip() for word in (text or "").split(","))
    return tuple(FallbackTarget.parse(word) for word in words if word)


class RenderSettings(Frozen):
    """Who renders when nobody says, and how."""

    provider: Annotated[str, SettingInfo("Provider", part=TargetPart.PROVIDER)] = Field(
        default=DEFAULT_TARGET.provider, description="The provider that renders."
    )
    deployment: Annotated[str, SettingInfo("Deployment", part=TargetPart.DEPLOYMENT)] = Field(
        default=DEFAULT_TARGET.deployment, description="Where that provider runs."
    )
    model: Annotated[str, SettingInfo("Model", part=TargetPart.MODEL)] = Field(
        default=DEFAULT_TARGET.model,
        description="The model; auto is the best one this machine can run.",
    )
    memory: Annotated[
        Residency | None,
        SettingInfo(
            "Memory",
            unset="Automatic",
            names={layout: layout.label for layout in Residency},
        ),
    ] = Field(
        default=None,
        description="How models lie in memory where a request does not say; automatic takes what "
        "fits. Models that offer no choice are not asked.",
    )
    fallbacks: Annotated[
        str | None,
        AfterValidator(_as_fallbacks),
        SettingInfo("If that cannot render", unset="Nobody else is asked"),
    ] = Field(
        default=None,
        description="Who renders instead, in this order: provider/deployment/model@USD, divided by "
        "commas. Behind @ stands the most that a clip may cost there.",
    )
    falls_back_to_paid: Annotated[bool, SettingInfo("Go on from free to paid")] = Field(
        default=False,
        description="Whether a render that costs nothing may go on, by that list, at a service "
        "that takes money.",
    )

    @property
    def target(self) -> Target:
        """The target of a request that names none."""
        return Target(provider=self.provider, deployment=self.deployment, model=self.model)

    @property
    def fallback_targets(self) -> tuple[FallbackTarget, ...]:
        """Who renders where that target cannot, in their order."""
        return _fallbacks(self.fallbacks)


def _from_home(folder: Path | None) -> Path | None:
    with suppress(RuntimeError):  # the system may know no home of this user
        return folder and folder.expanduser()
    return folder


class FolderSettings(Frozen):
    """Where big files go."""

    output: Annotated[
        Path | None,
        AfterValidator(_from_home),
        SettingInfo("Finished clips", unset="The usual folder"),
    ] = Field(default=None, description="The folder for finished clips; empty for the usual one.")
    models: Annotated[
        Path | None,
        AfterValidator(_from_home),
        SettingInfo("Models", unset="The usual folder", needs_restart=True),
    ] = Field(
        default=None, description="The folder for downloaded models; empty for the usual one."
    )
    wildcards: Annotated[
        Path | None,
        AfterValidator(_from_home),
        SettingInfo("Lists for wildcards", unset="The usual folder"),
    ] = Field(
        default=None,
        description="The folder for lists of words, each a text file: __colours__ in a prompt is a "
        "line of colours.txt. Empty for the usual one.",
    )


class ExportStoreSettings(Frozen):
    """What exports may keep on disk."""

    cache_gb: Annotated[float, SettingInfo("Kept pieces of films", unit="GB")] = Field(
        default=20.0,
        ge=0,
        allow_inf_nan=False,
        description="GB of finished pieces of films that are kept, so that a re-export is quick.",
    )

    @property
    def cache_bytes(self) -> int:
        """The same in bytes."""
        return int(self.cache_gb * 1e9)


class CloudSettings(Frozen):
    """How much is ordered from paid services."""

    parallel_jobs: Annotated[int, SettingInfo("Jobs at once", unit="jobs")] = Field(
        default=PLACES[Lane.CLOUD],
        ge=1,
        le=16,
        description="How many renders are ordered from services at the same time.",
    )
    daily_cap_usd: Annotated[
        float | None, SettingInfo("Spending cap of a day", unit="US dollars", unset="No cap")
    ] = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="Renders with which a calendar day would cost more than this are refused.",
    )
    spending_cap_usd: Annotated[
        float | None, SettingInfo("Spending cap of a month", unit="US dollars", unset="No cap")
    ] = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="Renders with which a calendar month would cost more than this are refused, "
        "and under any cap those whose price is not known.",
    )


class ImageSettings(Frozen):
    """What image files tell."""

    holds_prompt: Annotated[bool, SettingInfo("Prompt in image files")] = Field(
        default=True,
        description="Whether images made here hold their prompt and settings. Without them the "
        "record lies beside the image alone. That a model made it always stands in it.",
    )


class QueueSettings(Frozen):
    """In which order jobs run."""

    groups_by_model: Annotated[bool, SettingInfo("Renders of the loaded model first")] = Field(
        default=False,
        description="Among the renders that wait for this machine, those come first whose model is "
        f"loaded, so that it is loaded once for several. At most {MOST_PASSED} that came later run "
        "before any other, and jobs that you have moved stay where you put them.",
    )


class NetworkSettings(Frozen):
    """Whether anything may leave this machine."""

    is_off: Annotated[bool, SettingInfo("Network off")] = Field(
        default=False,
        description="No provider makes a call: no cloud renders, no downloads, no key tests. A "
        "server on this machine is still asked.",
    )


class ComfyUISettings(Frozen):
    """A ComfyUI that renders: where it is, and which of its files are taken."""

    address: Annotated[str, AfterValidator(server_address), SettingInfo("Address")] = Field(
        default="http://127.0.0.1:8188",
        description="Where ComfyUI runs, on this machine or another. IMAGEAI_COMFYUI overrules it.",
    )
    prefers: Annotated[str, SettingInfo("Preferred files", unset="The shortest name")] = Field(
        default="",
        description="Words in the names of files that are taken first where ComfyUI has several "
        "files of a model, such as fp8.",
    )


class LanguageSettings(Frozen):
    """Who writes prompts and storyboards, and where one's own servers of language models are."""

    model: Annotated[str, SettingInfo("Model", unset="None")] = Field(
        default="",
        description="The language model that is offered first, such as ollama/gemma4:e4b; 'main.py "
        "language' lists them.",
    )
    ollama: Annotated[str, AfterValidator(server_address), SettingInfo("Ollama")] = Field(
        default="http://127.0.0.1:11434",
        description="Where Ollama runs. OLLAMA_HOST overrules it.",
    )
    llama_cpp: Annotated[str, AfterValidator(server_address), SettingInfo("llama.cpp server")] = (
        Field(default="http://127.0.0.1:8080", description="Where a llama.cpp server runs.")
    )
    lm_studio: Annotated[str, AfterValidator(server_address), SettingInfo("LM Studio")] = Field(
        default="http://127.0.0.1:1234", description="Where the server of LM Studio runs."
    )
    vllm: Annotated[str, AfterValidator(server_address), SettingInfo("vLLM")] = Field(
        default="http://127.0.0.1:8000", description="Where a vLLM runs."
    )


class ProgramSettings(Frozen):
    """Programs of other people that this one runs."""

    ffmpeg: Annotated[
        str | None, SettingInfo("FFmpeg", unset="The one that comes with ImageAI")
    ] = Field(
        default=None,
        description="The FFmpeg to use, by its path or its name; it is tried before its first use. "
        "IMAGEAI_FFMPEG overrules it.",
    )


class WindowSettings(Frozen):
    """How the window looks and starts."""

    appearance: Annotated[
        Appearance,
        SettingInfo(
            "Appearance",
            names={
                Appearance.SYSTEM: "As the desktop",
                Appearance.LIGHT: "Light",
                Appearance.DARK: "Dark",
            },
        ),
    ] = Field(default=Appearance.SYSTEM, description="The colours of the window.")
    reopens_last_project: Annotated[bool, SettingInfo("Reopen the last project")] = Field(
        default=True, description="The window starts with the project that was open last."
    )


class Settings(Frozen):
    """Every setting, in sections; a setting is named "section.field"."""

    render: Annotated[RenderSettings, SettingInfo("Rendering")] = RenderSettings()
    folders: Annotated[FolderSettings, SettingInfo("Folders")] = FolderSettings()
    export: Annotated[ExportStoreSettings, SettingInfo("Export")] = ExportStoreSettings()
    cloud: Annotated[CloudSettings, SettingInfo("Cloud")] = CloudSettings()
    images: Annotated[ImageSettings, SettingInfo("Images")] = ImageSettings()
    queue: Annotated[QueueSettings, SettingInfo("Queue")] = QueueSettings()
    network: Annotated[NetworkSettings, SettingInfo("Network")] = NetworkSettings()
    comfyui: Annotated[ComfyUISettings, SettingInfo("ComfyUI")] = ComfyUISettings()
    language: Annotated[LanguageSettings, SettingInfo("Language models")] = LanguageSettings()
    programs: Annotated[ProgramSettings, SettingInfo("Programs")] = ProgramSettings()
    ui: Annotated[WindowSettings, SettingInfo("Window")] = WindowSettings()


@dataclass(frozen=True)
class SettingsResult:
    """Settings, and what the user must be told about how they came about."""

    settings: Settings
    notes: tuple[str, ...] = ()


class ConfigManager:
    """Reads and writes the settings file; an unreadable one is set aside, never overwritten."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> SettingsResult:
        """The settings in the file, or the defaults where there is none.

        Raises:
            SettingsError: the file exists, and can neither be read nor set aside.
        """
        try:
            text = unicode_text(self.path.read_bytes())
        except FileNotFoundError:
            return SettingsResult(Settings())
        except UnicodeDecodeError as error:
            return self._defaults_instead(str(error))
        except OSError as error:
            raise SettingsError(
                f"The settings file {str(self.path)!r} cannot be read: {error.strerror}.",
                hint="Make it readable, or remove it to start with the defaults.",
            ) from error
        try:
            return SettingsResult(Settings.model_validate_json(text))
        except ValidationError as error:
            return self._defaults_instead(mistakes_in(error, "the file"))

    def _defaults_instead(self, reason: str) -> SettingsResult:
        try:
            bad = set_aside(self.path)
        except OSError as error:
            raise SettingsError(
                f"The settings file {str(self.path)!r} is damaged ({reason}) and cannot be set "
                f"aside: {error.strerror}.",
                hint="Move it away by hand.",
            ) from error
        note = (
            f"The settings file was damaged ({reason}). It is kept as {str(bad)!r} and the "
            "defaults are used."
        )
        log.warning("%s", note)
        return SettingsResult(Settings(), (note,))

    def save(self, settings: Settings) -> None:
        """Write the settings; the old file stays whole until the new one is.

        Raises:
            SettingsError: the file cannot be written.
        """
        try:
            write_text_atomically(self.path, settings.model_dump_json(indent=2) + "\n")
        except OSError as error:
            raise SettingsError(
                f"The settings cannot be written to {str(self.path)!r}: {error.strerror}.",
                hint="Make the folder writable, or set IMAGEAI_HOME to another one.",
            ) from error
