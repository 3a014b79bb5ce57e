"""An image that is worked on: what that needs, what it is not for, and the size of what comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.platform.units import count_text
from core.video.allowed import listed
from core.video.control_row import Control
from core.video.controls import CONTROLS, ROWS
from core.video.editing.tools import IMAGE_TOOLS, PromptUse, result_size, sized_as
from core.video.inputs import ROLES, field_of
from core.video.planning.asked_mask import mask_size_problem
from core.video.planning.judge import Judge
from core.video.terms import OutputKind, Role

if TYPE_CHECKING:
    from core.video.control_row import ControlRow
    from core.video.inputs import CheckedInputs
    from core.video.spec import FrameSize

# Of an image that cannot be read or is not named, which is told; its plan is shown to nobody.
_UNREAD = (1024, 1024)


@dataclass(frozen=True)
class AskedTool(Judge):
    """Judges what is asked of an image by its tool, and by what a model cannot do without."""

    @property
    def needs_prompt(self) -> bool:
        """Whether nothing can be made without words."""
        return self.spec.prompt_use(self.request.task) is PromptUse.NEEDED

    @property
    def reads_no_prompt(self) -> bool:
        """Whether words mean nothing for it."""
        return self.spec.prompt_use(self.request.task) is PromptUse.UNUSED

    @property
    def has_own_size(self) -> bool:
        """Whether a size can be chosen; else it follows from the image."""
        if self.request.output is not OutputKind.IMAGE:
            return bool(self.spec.sizes)
        return self.spec.has_own_size(self.request.task)

    @property
    def field(self) -> str:
        """The part of a request that says what kind of work it is."""
        is_tool = self.request.editing.tool is not None or {*self.spec.tasks} <= {*IMAGE_TOOLS}
        return ROWS[Control.TOOL].path if is_tool else "task"

    @property
    def name(self) -> str:
        """What does the work, in sentences."""
        task = self.request.task
        return f"The tool {task.value}" if task in IMAGE_TOOLS else self.spec.label

    def check(self, known: CheckedInputs) -> None:
        """All that is needed must be there, and each image must be one that the model takes."""
        task, spec = self.request.task, self.spec
        if self.request.output is not OutputKind.IMAGE or task not in spec.tasks:
            return
        image = (Role.START,) if task in IMAGE_TOOLS else ()
        for role in dict.fromkeys((*image, *spec.required)):
            if not self.request.of_role(role):
                what = "image to work on" if role is Role.START else ROLES[role].name
                article = "an" if what[0] in "aeiou" else "a"
                self.refuse(field_of(role), f"{self.name} needs {article} {what}. Name one.")
        needed = [row for row in CONTROLS if task in row.needed_by]
        if needed and not any(row.value(self.request) for row in needed):
            nouns = listed(tuple(row.noun for row in needed))
            self.refuse(needed[0].path, f"{self.name} needs a {nouns}. Name one.")
        if spec.image_limits is None:
            return
        for place, item in enumerate(self.request.inputs):
            size = known.image_sizes.get(place)
            problem = None if size is None else spec.image_limits.problem(size, spec.label)
            if item.role is not Role.MASK and problem is not None:
                self.refuse(field_of(item.role), problem)

    def unfit(self, row: ControlRow) -> str | None:
        """Why a control is not for this kind of result or work at all; None where it is."""
        task, is_image = self.request.task, self.request.output is OutputKind.IMAGE
        if not (row.is_for_images if is_image else row.is_for_clips):
            what = "An image" if is_image else "A clip"
            return f"{what} has no {row.noun}. Leave it out."
        if not is_image:
            return None
        if row.image_tasks and task not in row.image_tasks:
            which = listed(tuple(one.value for one in row.image_tasks))
            return f"A {row.noun} is for {which}, and this is {task.value}. Leave it out."
        is_own = row.id in (Control.RESOLUTION, Control.ASPECT)
        if is_own and not self.has_own_size:
            return (
                f"{self.name} makes an image whose size follows from the one that it gets. Leave "
                f"the {row.noun} out."
            )
        return None

    def check_mask(self, known: CheckedInputs, size: FrameSize) -> None:
        """What is made is laid over the image within the mask, and has to fit there."""
        problem = mask_size_problem(known, size, self.spec)
        if problem is not None:
            self.problems.append(problem)
        elif Role.MASK in known.sizes and Role.START in known.sizes:
            width, height = known.sizes[Role.START]
            self.notes.append(
                f"What is made is laid over the image within the mask, which keeps its {width}x"
                f"{height}."
            )

    def size(self, known: CheckedInputs) -> FrameSize:
        """The size that follows from the image."""
        image, editing, spec = known.sizes.get(Role.START, _UNREAD), self.request.editing, self.spec
        tool = IMAGE_TOOLS.get(self.request.task)
        if tool is None:
            return sized_as(*image)
        factor = editing.upscale_factor
        if factor is None and spec.upscale_factor is not None:
            factor = spec.upscale_factor.default
        if factor is None and spec.upscaled_pixels is not None and Role.START in known.sizes:
            megapixels = spec.upscaled_pixels / 1e6
            self.notes.append(
                f"{spec.label} enlarges it to about {count_text(round(megapixels), 'megapixel')}; "
                "the exact size is known once it is here."
            )
        if factor is not None and factor <= 0:
            return sized_as(*image)  # refused by its own row
        margins = editing.margins
        if any((side or 0) < 0 for side in (margins.left, margins.right, margins.up, margins.down)):
            return sized_as(*image)  # likewise
        return result_size(tool.size, image, margins, factor, spec.upscaled_pixels)
