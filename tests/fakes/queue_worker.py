"""A process of its own that queues renders of the fake and works on them until it is killed.

    python -m tests.fakes.queue_worker HOME FOLDER PROMPT [PROMPT ...]

It prints the job ids, in the order in which they are queued, then each event as a line of JSON.
With MOVE=last the last of them is moved to the front before the work begins.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.jobs.lanes import Lane
from core.platform.paths import Paths
from core.studio import Studio
from core.video.request import RenderRequest, Sampling
from core.video.terms import Target
from tests.fakes.provider import ENTRY

if TYPE_CHECKING:
    from core.jobs.job import JobUpdate


def main(home: str, folder: str, *prompts: str) -> None:
    """Queue everything, then run the lane."""
    studio = Studio([ENTRY], paths=Paths.below(Path(home)))
    target = Target(provider="fake", deployment="local", model="fake-small")
    ids = [
        studio.submit_render(
            studio.plan(
                RenderRequest(target=target, prompt=prompt, sampling=Sampling(seed=7)),
                out=Path(folder) / f"{number}.mp4",
            )
        )
        for number, prompt in enumerate(prompts)
    ]
    if os.environ.get("MOVE") == "last":
        studio.queue.move(ids[-1], ids[0])
    show_message(" ".join(ids))

    def tell(update: JobUpdate) -> None:
        show_message(f"{update.job_id} {update.event.model_dump_json()}")

    studio.queue.subscribe(tell)
    studio.queue.run(Lane.GPU)


def show_message(text: str) -> None:
    """Write a line that the parent sees at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
