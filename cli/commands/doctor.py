"""`doctor`: what this machine has and lacks, and which models can run on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING

import typer

from cli.commands.models import state_of
from cli.console import wrapped
from cli.context import CliContext, JsonOption, context_of
from cli.render_command import tell_resumable
from cli.signals import EXIT_DONE, EXIT_NOT_CONFIGURED
from core.config.api_keys import source_of
from core.errors import FFmpegMissing
from core.film.model.delivery import AUDIO_ENCODERS, CODECS, IMAGE_ENCODERS
from core.media.ffmpeg_check import version_of
from core.media.ffmpeg_program import (
    FFmpegProgram,
    fault_of,
    ffmpeg_encoders,
    ffmpeg_in_use,
    other_ffmpegs,
    way_to_bundled,
)
from core.media.output import writing_problems
from core.platform.machine import free_disk_bytes
from core.platform.units import bytes_text, count_text
from core.video.listing import read_listing
from core.video.provider import NotReady, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.video.listing import ListedModel, ListedProvider

# By what a person calls each: what an export may ask for.
_ENCODERS = {
    **{traits.label: traits.encoder for traits in CODECS.values()},
    **{codec.value.upper(): encoder for codec, encoder in AUDIO_ENCODERS.items()},
    **{kind.value.upper(): encoder for kind, encoder in IMAGE_ENCODERS.items()},
}

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        advice: what to do where it is not as it should be.
        is_needed: no clip at all can be made while it is not.
    """

    subject: str
    text: str
    is_ok: bool = True
    advice: str = ""
    is_needed: bool = False


@app.command()
def doctor(ctx: typer.Context, json: JsonOption = False) -> int:
    """What this machine has and lacks, and which models can run on it."""
    context = context_of(ctx, is_json=json)
    tell_resumable(context)
    can_work = True
    for finding in (
        *_hardware(context),
        *_disks(context),
        *_ffmpeg(),
        *_packages(context),
        *_keys(context),
    ):
        can_work &= finding.is_ok or not finding.is_needed
        _show(context, finding)
    can_work &= _shows_usable_builtin(context)
    return EXIT_DONE if can_work else EXIT_NOT_CONFIGURED


def _show(context: CliContext, finding: Finding) -> None:
    _tell(context, finding)
    _say(context, finding)


def _tell(context: CliContext, finding: Finding) -> None:
    context.console.event(
        "finding",
        subject=finding.subject,
        text=finding.text,
        ok=finding.is_ok,
        advice=finding.advice or None,
    )


def _say(context: CliContext, finding: Finding) -> None:
    mark = "ok  " if finding.is_ok else "no  "
    text = f"{finding.subject}: {finding.text} {finding.advice}".strip()
    context.console.answer_in_words(wrapped(text, first=f"{mark}  ", rest=" " * 6))


def _hardware(context: CliContext) -> Iterator[Finding]:
    machine = context.setup.read_machine()
    yield Finding("Machine", f"{machine.system} {machine.architecture}, {machine.cpu_count} CPUs")
    yield Finding("Memory", f"{machine.ram_free_gb:.1f} GB free of {machine.ram_total_gb:.1f} GB")
    for gpu in machine.gpus:
        driver = f", driver {gpu.driver}" if gpu.driver else ""
        capability = gpu.compute_capability
        level = f", compute capability {capability[0]}.{capability[1]}" if capability else ""
        yield Finding(
            "GPU",
            f"{gpu.name}, {gpu.vram_free_gb:.1f} GB free of {gpu.vram_total_gb:.1f} GB{driver}"
            f"{level}",
        )
    if not machine.gpus:
        yield Finding(
            "GPU",
            "none found.",
            is_ok=False,
            advice="Models run on the CPU; the large ones need a GPU. For an NVIDIA card, install "
            "its driver (nvidia-smi must work).",
        )


def _disks(context: CliContext) -> Iterator[Finding]:
    paths = context.setup.paths
    problems = writing_problems(paths.output_dir)
    if problems:
        yield Finding("Clips", " ".join(problems), is_ok=False, is_needed=True)
    else:
        yield _disk("Clips", paths.output_dir)
    yield _disk("Models", paths.models_dir)


def _disk(subject: str, folder: Path) -> Finding:
    return Finding(subject, f"{folder}, {bytes_text(free_disk_bytes(folder))} free")


def _ffmpeg() -> Iterator[Finding]:
    """The FFmpeg in use and why, then the others here and what each cannot do."""
    try:
        program = ffmpeg_in_use()
    except FFmpegMissing as error:
        yield Finding("FFmpeg", error.message, is_ok=False, advice=error.hint, is_needed=True)
    else:
        missing = _missing_codecs(program)
        yield Finding(
            "FFmpeg",
            f"{program.path} (version {version_of(program.path)}), {program.found_by}{missing}.",
            is_ok=not missing,
            advice=way_to_bundled() if missing else "",
        )
    for other in other_ffmpegs():
        fault = fault_of(other)
        state = f"cannot be used: {fault}" if fault else f"could be{_missing_codecs(other)}."
        yield Finding("Other FFmpeg", f"{other.path}, {other.found_by}, is not in use, and {state}")


def _missing_codecs(program: FFmpegProgram) -> str:
    """What of the codecs that films may ask for an FFmpeg cannot write, to go on a sentence."""
    known = ffmpeg_encoders(program.path)
    missing = [f"{name} ({encoder})" for name, encoder in _ENCODERS.items() if encoder not in known]
    return f", without {', '.join(missing)}" if missing else ""


def _packages(context: CliContext) -> Iterator[Finding]:
    for info in context.setup.registry.infos:
        found: list[str] = []
        missing: list[str] = []
        if info.packages is None:
            continue
        for name in info.packages.names:
            try:
                found.append(f"{name} {metadata.version(name)}")
            except metadata.PackageNotFoundError:
                missing.append(name)
        subject = f"Packages for {info.id} / {info.deployment}"
        if missing:
            yield Finding(
                subject,
                f"{', '.join(missing)} not installed.",
                is_ok=False,
                advice=f"The first render with it installs them: {info.packages.download}."
                if context.setup.registry.can_install
                else info.packages.by_hand,
            )
        else:
            yield Finding(subject, ", ".join(found))


def _keys(context: CliContext) -> Iterator[Finding]:
    known = context.setup.known_keys()
    for owned in known.values():
        place = source_of(context.setup.keys, owned.key)
        yield Finding(
            f"{owned.key.label} key",
            f"set ({place})" if place else f"not set (what for: {owned.key.purpose}).",
            is_ok=place is not None,
            advice="" if place else f"If you need it: main.py keys set {owned.key.id}",
        )
    problem = context.setup.keys.keyring_problem() if known else None
    if problem:
        yield Finding("Keyring", problem, is_ok=False)


def _shows_usable_builtin(context: CliContext) -> bool:
    """Say of each model whether it can run; gives whether the built-in one can."""
    can_run_builtin = False
    for provider in read_listing(context.setup.registry).providers:
        if _has_no_key(provider):
            count = count_text(len(provider.models), "model")
            text = f"{count}, for which the key is missing."
            _show(context, Finding(f"{provider.name} at {provider.place}", text, is_ok=False))
            continue
        # Of many models the same is to be said, and it is said once.
        alike: dict[Finding, list[str]] = {}
        for item in provider.models:
            finding = _judge(item)
            can_run_builtin |= item.spec.is_builtin and finding.is_ok
            _tell(context, finding)
            names = alike.setdefault(replace(finding, subject=""), [])
            names.append(item.spec.id if names else finding.subject)
        for finding, names in alike.items():
            _say(context, replace(finding, subject=", ".join(names)))
    return can_run_builtin


def _has_no_key(provider: ListedProvider) -> bool:
    """Whether that is all that can be said of its models, which was said of the key already."""
    return all(
        isinstance(item.readiness, NotReady)
        and item.readiness.reason_code is ReasonCode.KEY_MISSING
        for item in provider.models
    )


def _judge(item: ListedModel) -> Finding:
    """Whether a model is there, and whether this machine could run it if it were."""
    not_ready = item.readiness if isinstance(item.readiness, NotReady) else None
    subject = str(item.target)
    if item.too_large:
        state = f"{not_ready.reason_code.value}, and " if not_ready else ""
        return Finding(subject, f"{state}too large here. {item.too_large}", is_ok=False)
    if not_ready is not None:
        return Finding(subject, not_ready.reason, is_ok=False, advice=not_ready.fix)
    place = "; this machine can run it" if item.info.is_local else ""
    return Finding(subject, f"{state_of(item)}{place}.")
