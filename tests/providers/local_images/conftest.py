"""Tiny image models, installed, and the provider that runs them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.jobs.job import CancelToken, JobContext
from core.video.inputs import check_inputs
from core.video.planning.clip_plan import make_plan
from providers.local_images.provider import LocalImages
from tests.providers.local_images.tiny_rows import ROWS, tiny_home
from tests.providers.tiny_home import Watched, context_of, made_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.jobs.job import Report
    from core.video.plan import RenderPlan
    from core.video.request import RenderRequest


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny models, and images to work on."""
    return made_by("tiny_images", tmp_path_factory.mktemp("tiny-images"))


@pytest.fixture(scope="session")
def bare(made: Path) -> Path:
    """What plain diffusers makes of them."""
    return made_by("bare_images", made) / "bare"


@pytest.fixture(scope="module")
def models_home(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tiny models are installed."""
    return tiny_home(tmp_path_factory.mktemp("home"), made)


@pytest.fixture(scope="module")
def provider(models_home: Path) -> Iterator[LocalImages]:
    """The provider, with one warm engine."""
    opened = LocalImages(context_of(models_home), ROWS)
    yield opened
    opened.close()


@pytest.fixture
def fitted(provider: LocalImages) -> Callable[[RenderRequest], RenderPlan]:
    """The plan of a request, as the studio would make it."""

    def plan(request: RenderRequest) -> RenderPlan:
        spec = next(one for one in provider.models() if one.id == request.target.model)
        return provider.fit(make_plan(request, spec, check_inputs(request)))

    return plan


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """The context of a job."""
    workdir = tmp_path / "work"
    workdir.mkdir()
    kept = Watched(JobContext(workdir=workdir, cancel=CancelToken(), report=lambda _: None))

    def report(event: Report) -> None:
        kept.events.append(event)
        kept.on_event(event)

    kept.context = replace(kept.context, report=report)
    return kept
