"""The very same clip or picture once more, from what its record says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.project.files.project_file import INPUTS
from core.project.files.recent import RecentProjects
from core.project.render.from_record import request_again
from core.video.read_metadata import find_start_image

if TYPE_CHECKING:
    from core.studio import PlannedRender, Studio
    from core.video.record import ClipRecord
    from core.video.request import RenderRequest


def plan_again(studio: Studio, record: ClipRecord) -> PlannedRender:
    """The plan that makes it once more: a picture of a picture's record, else a clip.

    Looks for the picture that it starts from, so it is to be called beside the main thread.

    Raises:
        UnsupportedRequest: it cannot be made, or that picture is not to be found.
    """
    request = _request(studio, record)
    return studio.plan(request) if record.still_frame is None else studio.plan_still(request)


def _request(studio: Studio, record: ClipRecord) -> RenderRequest:
    request = request_again(record)
    if request.inputs.start_image is None:
        return request
    recent = RecentProjects(studio.paths.state_dir)
    projects = [entry.folder / INPUTS for entry in recent.entries()]
    image = find_start_image(record, [studio.paths.inputs_dir / record.job_id, *projects])
    if image is None:
        name = request.inputs.start_image.name
        message = f"The picture {name!r} that it starts from is not to be found."
        raise UnsupportedRequest([Problem("inputs.start_image", message)])
    inputs = request.inputs.model_copy(update={"start_image": image})
    return request.model_copy(update={"inputs": inputs})
