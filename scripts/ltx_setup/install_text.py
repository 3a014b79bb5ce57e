"""What installing a model would mean on this machine, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import NotConfigured, OutputError
from core.platform.machine import free_disk_bytes
from core.platform.units import bytes_text, count_text
from core.video.listing import weigh
from core.video.terms import Target
from providers.ltx_video.models.catalog import BY_ID, DEPLOYMENT, PROVIDER
from providers.weights.hub import SET_TOKEN, find_token
from providers.weights.installed import model_folder

if TYPE_CHECKING:
    from pathlib import Path

    from core.config.api_keys import ApiKeys
    from core.errors import StudioError
    from core.studio import Studio
    from core.video.registry import ProviderRegistry
    from providers.ltx_video.install.weights import Installable, Survey
    from scripts.voice import Voice


def tell_survey(
    model: Installable, survey: Survey, studio: Studio, voice: Voice, *, may_copy: bool
) -> None:
    """Tell what a look at hub and disk has shown, and whether the model runs here."""
    folder = model_folder(studio.paths.models_dir, model.id)
    parts = model.weights.licensed_parts(survey.files)
    obstacles = _no_room_to_run(model, studio.registry)
    voice.tell_fields(
        "survey",
        model=model.id,
        licence=model.licence.name,
        folder=str(folder),
        total_bytes=survey.total_bytes,
        fetch_bytes=survey.fetch_bytes,
        free_bytes=survey.free_bytes,
        obstacles=obstacles,
        parts=list(parts),
        left_out=list(survey.left_out),
        found=[
            {"folder": str(found.folder), "size_bytes": found.size_bytes} for found in survey.found
        ],
        files=[
            {"place": file.place, "repo_id": file.repo_id, "size_bytes": file.size_bytes}
            for file in survey.files
        ],
    )
    lines = [
        f"{model.label}: {count_text(len(survey.files), 'file')}, "
        f"{bytes_text(survey.total_bytes)}.",
        *(
            f"Found: {bytes_text(found.size_bytes)} in {found.folder}"
            f"{'' if may_copy else ', to be linked'} once they are proved."
            for found in survey.found
        ),
        f"To download: {bytes_text(survey.fetch_bytes)}; "
        f"free on the disk: {bytes_text(survey.free_bytes)}.",
        *(f"With it: {text}." for text in parts),
        *survey.left_out,
        *_terms(model, folder),
        *obstacles,
    ]
    for line in lines:
        voice.say(line)


def list_files(survey: Survey, voice: Voice) -> None:
    """Tell each file with its size and where it is from."""
    for file in survey.files:
        voice.say(f"{bytes_text(file.size_bytes):>10}  {file.place}  ({file.repo_id})")


def tell_known(model: Installable, studio: Studio, voice: Voice, error: StudioError) -> None:
    """Tell what the catalogue says of a model whose files cannot be listed now.

    Args:
        model: to be installed.
        studio: knows the machine, its folders and the hub's token.
        voice: says it.
        error: why they cannot be listed, which is told by itself.
    """
    weights, folder = model.weights, model_folder(studio.paths.models_dir, model.id)
    free_bytes = free_disk_bytes(folder)
    obstacles = _no_room_to_run(model, studio.registry)
    if not isinstance(error, NotConfigured):
        obstacles += _closed_gate(model, studio.keys)
    if not isinstance(error, OutputError) and free_bytes < weights.download_bytes:
        obstacles.append(
            f"It does not fit on the disk: about {bytes_text(weights.download_bytes)} are needed, "
            f"and {bytes_text(free_bytes)} are free. Make room, or keep the models elsewhere: "
            "'main.py config set folders.models FOLDER'."
        )
    voice.tell_fields(
        "known",
        model=model.id,
        licence=model.licence.name,
        folder=str(folder),
        about_bytes=weights.download_bytes,
        as_of=weights.as_of.isoformat(),
        free_bytes=free_bytes,
        obstacles=obstacles,
        repo_ids=list(weights.repo_ids),
    )
    lines = [
        f"{model.label}: about {bytes_text(weights.download_bytes)} from "
        f"{' and '.join(weights.repo_ids)}, as of {weights.as_of}; "
        f"free on the disk: {bytes_text(free_bytes)}.",
        *_terms(model, folder),
        "Not known: its files one by one, and what of them lies on this machine already.",
        *obstacles,
    ]
    for line in lines:
        voice.say(line)


def _no_room_to_run(model: Installable, registry: ProviderRegistry) -> list[str]:
    target = Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model.id)
    _, why_not = weigh(registry.open(target), target, BY_ID[model.id].spec)
    return [f"It does not run on this machine: {why_not}"] if why_not else []


def _closed_gate(model: Installable, keys: ApiKeys) -> list[str]:
    if not model.licence.is_gated or find_token(keys) is not None:
        return []
    return [
        f"Its licence must be accepted first, at {model.weights.page_url}, and no Hugging Face "
        f"token of that account is set here: {SET_TOKEN}."
    ]


def _terms(model: Installable, folder: Path) -> list[str]:
    licence = model.licence
    return [
        f"Licence: {licence.name}. {licence.summary} {licence.url}".rstrip(),
        f"Page: {model.weights.page_url}",
        f"Folder: {folder}",
    ]
