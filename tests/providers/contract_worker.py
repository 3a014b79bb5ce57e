"""A process of its own that renders one clip and may be killed at any moment.

    python -m tests.providers.contract_worker MODULE:FUNCTION ARGUMENT HOME OUT REQUEST

FUNCTION(ARGUMENT) gives the provider's entry, REQUEST is JSON. It prints the job's id, then each
event as a line of JSON.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from core.platform.paths import Paths
from core.studio import Studio
from core.video.request import RenderRequest

if TYPE_CHECKING:
    from core.jobs.job import JobUpdate


def main(source: str, argument: str, home: str, out: str, request: str) -> None:
    """Queue the render and run it to its end."""
    module, function = source.split(":")
    entry = getattr(import_module(module), function)(argument)
    studio = Studio([entry], paths=Paths.below(Path(home)))
    planned = studio.plan(RenderRequest.model_validate_json(request), out=Path(out))
    job_id = studio.submit_render(planned)
    show(job_id)

    def tell(update: JobUpdate) -> None:
        show(update.event.model_dump_json())

    studio.queue.subscribe(tell)
    studio.queue.run_job(job_id)
    studio.close()


def show(text: str) -> None:
    """Write a line that the parent sees at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
