"""What every part that makes clips shares: a home of its own, plans, and jobs run to their end."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from core.errors import NotConfigured
from core.jobs.job import Succeeded
from core.platform.paths import Paths
from core.studio import Studio
from core.video.provider import NotReady
from core.video.request import RenderRequest, Sampling
from core.video.terms import Target
from providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Generator

    from core.video.planning.render_planner import PlannedRender

TARGET = Target.parse("ltx-video/local/ltx-mini")
SEED = 7

# Their counts have no divisor in common, so that the same three meet again after 210 prompts.
_COLOURS = ("red", "blue", "green", "yellow", "purple", "orange", "pink")
_MOVES = ("moving right", "moving left", "rising", "falling", "standing still")
_AT = ("at sunset", "at night", "in the field", "over the sea", "in the desert", "in the snow")


def prompt(number: int) -> str:
    """The prompt of the clip with this number; neighbours differ, so that none is read twice."""
    colour, move, at = (words[number % len(words)] for words in (_COLOURS, _MOVES, _AT))
    return f"a {colour} ball {move} {at} with a steady tone"


@contextmanager
def scratch() -> Generator[Path]:
    """An empty folder that is gone afterwards."""
    with TemporaryDirectory(prefix="imageai-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def fresh_studio(folder: Path) -> Generator[Studio]:
    """The studio of a new user, whose engine is started by the first clip and ends with it."""
    studio = Studio(PROVIDERS, paths=Paths.below(folder))
    try:
        yield studio
    finally:
        studio.close()


def planned(studio: Studio, number: int) -> PlannedRender:
    """The default clip of LTX Mini, with the prompt of this number.

    Raises:
        NotConfigured: it cannot be made here.
    """
    request = RenderRequest(target=TARGET, prompt=prompt(number), sampling=Sampling(seed=SEED))
    return planned_request(studio, request)


def planned_request(studio: Studio, request: RenderRequest) -> PlannedRender:
    """What is asked of LTX Mini, planned; raises as `planned`."""
    plan = studio.plan(request)
    if isinstance(plan.readiness, NotReady):
        raise NotConfigured(plan.readiness.reason, target=str(TARGET), hint=plan.readiness.fix)
    return plan


def run_job(studio: Studio, job: PlannedRender) -> None:
    """Run one job as the command line does.

    Raises:
        RuntimeError: there is no clip.
    """
    outcome = studio.queue.run_job(studio.submit_render(job))
    if not isinstance(outcome, Succeeded):
        raise RuntimeError(f"A clip was not made: {outcome}")
