"""The tiny models on disk, once for all tests of the engine, and a provider that runs them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from core.platform.paths import Paths
from providers.ltx_video.local import LocalLTX
from tests.providers.mode_requests import GUIDED, MODELS
from tests.providers.tiny_home import context_of, install, made_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]


@pytest.fixture(scope="session")
def mode_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny models, and what plain diffusers makes with them, from a process of their own."""
    return made_by("tiny_modes", tmp_path_factory.mktemp("modes"))


@pytest.fixture(scope="module")
def mode_provider(mode_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLTX]:
    home = tmp_path_factory.mktemp("home")
    models = Paths.below(home).models_dir
    for model in (*MODELS, GUIDED):
        like = model.id.replace("098", "095").removesuffix("-guided")
        shutil.copytree(mode_files / like, models / model.id)
        install(models / model.id, model)
    with_engine = LocalLTX(context_of(home), (*MODELS, GUIDED))
    yield with_engine
    with_engine.close()
