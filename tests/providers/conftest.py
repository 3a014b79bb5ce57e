from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from core.jobs.job import CancelToken, JobContext, Report
from core.platform.paths import Paths
from providers.ltx_video.local import LocalLTX
from tests.fakes.installation import MODEL, REPO, Run, small_model
from tests.fakes.services.stub_hub import StubHub, running_hub
from tests.providers.tiny_home import (
    ALL_MODELS,
    TINY_MODELS,
    Watched,
    context_of,
    install,
    made_by,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


pytest.register_assert_rewrite("tests.providers.contract", "tests.providers.paid_contract")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StubHub]:
    with running_hub() as hub:
        hub.repos[REPO] = small_model()
        # Other programs' folders are looked for there.
        monkeypatch.setenv("HOME", str(tmp_path / "user"))
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
        yield hub


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def folder(models_dir: Path) -> Path:
    return models_dir / MODEL


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


@pytest.fixture(scope="session")
def tiny_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny models and what plain diffusers makes with them, from a process of their own."""
    return made_by("tiny_models", tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_home(tiny_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the tiny models are installed."""
    home = tmp_path_factory.mktemp("home")
    models = Paths.below(home).models_dir
    for model in ALL_MODELS:
        source = tiny_files / model.id.removesuffix("-guided")
        shutil.copytree(source, models / model.id)
        install(models / model.id, model)
    return home


@pytest.fixture(scope="session")
def provider(tiny_home: Path) -> Iterator[LocalLTX]:
    """The provider, its engine warm from test to test."""
    with_engine = LocalLTX(context_of(tiny_home), TINY_MODELS)
    yield with_engine
    with_engine.close()


@pytest.fixture
def watched(tmp_path: Path) -> Callable[[], Watched]:
    """Makes the context of one more job, in a folder of its own."""
    jobs: list[Watched] = []

    def new() -> Watched:
        workdir = tmp_path / f"job{len(jobs)}"
        workdir.mkdir()

        def report(event: Report) -> None:
            job.events.append(event)
            job.on_event(event)

        job = Watched(JobContext(workdir, CancelToken(), report))
        jobs.append(job)
        return job

    return new
