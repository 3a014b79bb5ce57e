"""Models of the catalogue on a hub on loopback, and the variables by which it is asked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from providers.ltx_video.models.downloads import WEIGHTS
from tests.fakes.services.stub_hub import StubFile, StubHub, StubRepo, running_hub

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "ltx-video-2b-0.9.5"
GATED = "ltx-2.5-distilled"
ENHANCER = "google/gemma-4-E2B-it"
BIG_FILE = "transformer/diffusion_pytorch_model.safetensors"
BIG_BYTES = 900_000


@contextmanager
def catalogue_hub() -> Iterator[StubHub]:
    """A hub with both models, each in a repository of its own."""
    with running_hub() as hub:
        for model in (MODEL, GATED):
            hub.repos[WEIGHTS[model].repo_ids[0]] = _repository(model)
        yield hub


def _repository(model: str) -> StubRepo:
    """A repository with one file for everything that the catalogue asks it for."""
    wanted = WEIGHTS[model].sets[0]
    files = {
        pattern.replace("*", "config.json"): StubFile(pattern.encode())
        for part in WEIGHTS[model].sets
        for pattern in part.allow_patterns
    }
    files[BIG_FILE] = StubFile(b"\x07" * BIG_BYTES, is_lfs=True)
    commit = wanted.revision if len(wanted.revision) == 40 else "d" * 40
    return StubRepo(files, commit=commit)


def enhancer_repository() -> StubRepo:
    """What `GATED` rewrites prompts with, which the hub does not have at first."""
    wanted = (part for part in WEIGHTS[GATED].sets if part.repo_id == ENHANCER)
    names = [pattern.replace("*", "") for part in wanted for pattern in part.allow_patterns]
    return StubRepo({name: StubFile(name.encode()) for name in names})


def asking(hub: StubHub) -> dict[str, str]:
    """The environment of a program that asks this hub, without a key of whoever runs the tests."""
    return {
        "HF_ENDPOINT": hub.url,
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        "HF_TOKEN": "",
        "HUGGING_FACE_HUB_TOKEN": "",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
