"""An app that starts an engine, tells its process number and works until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

from core.jobs.job import CancelToken, JobContext, Report
from providers.ltx_video.local import LocalLTX
from tests.providers.tiny_home import TINY_MODELS, TINY_VIDEO, context_of, plan_for


def main(home: Path, workdir: Path) -> None:
    """Never returns by itself: the clip takes far longer than the test."""
    provider = LocalLTX(context_of(home), TINY_MODELS)
    plan = plan_for(provider, TINY_VIDEO, steps=100_000)
    events: list[Report] = []

    def report(event: Report) -> None:
        events.append(event)
        # The first event is the app's own, the second the engine's first.
        if len(events) == 2:
            sys.stdout.write(f"{psutil.Process().children()[0].pid}\n")
            sys.stdout.flush()

    provider.render(plan, JobContext(workdir, CancelToken(), report))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
