"""A process of its own that renders one clip with the fake, or resumes a job.

    python -m tests.fakes.worker HOME render OUT PROMPT
    python -m tests.fakes.worker HOME resume JOB

It prints the job id and then each event as a line of JSON.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.platform.paths import Paths
from core.studio import Studio
from core.video.request import RenderRequest, Sampling
from core.video.terms import Target
from tests.fakes.provider import ENTRY

if TYPE_CHECKING:
    from core.jobs.job import JobUpdate


def main(home: str, action: str, *rest: str) -> int:
    """Do one action; exit code 0 when it ended well."""
    studio = Studio([ENTRY], paths=Paths.below(Path(home)))

    def tell(update: JobUpdate) -> None:
        sys.stdout.write(update.event.model_dump_json() + "\n")
        sys.stdout.flush()

    studio.queue.subscribe(tell)
    if action == "resume":
        job_id = studio.queue.resume(rest[0])
    else:
        out, prompt = rest
        target = Target(provider="fake", deployment="local", model="fake-small")
        request = RenderRequest(target=target, prompt=prompt, sampling=Sampling(seed=7))
        job_id = studio.submit_render(studio.plan(request, out=Path(out)))
    sys.stdout.write(job_id + "\n")
    sys.stdout.flush()
    outcome = studio.queue.run_job(job_id)
    studio.close()
    return 0 if outcome.event == "succeeded" else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
