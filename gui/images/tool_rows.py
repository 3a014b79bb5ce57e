"""The rows of an image's order that the table of controls gives, shown where they mean a thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from core.video.control_row import Control, ControlKind
from core.video.controls import ROWS
from core.video.editing.tools import IMAGE_TOOLS
from core.video.terms import AUTO, FloatRange, OutputKind, Role, Task
from gui.render.control_fields import make_field
from gui.widgets.choice_field import Choice
from gui.widgets.fields import named
from gui.widgets.layouts import hbox
from gui.widgets.model_form import FieldPath

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.video.control_row import ControlRow
    from core.video.listing import ListedModel, ListedProvider, ModelListing
    from core.video.request import RenderChoices
    from core.video.spec import ModelSpec
    from gui.images.image_batch import ImageBatch

TOOL, _MASK = ROWS[Control.TOOL], ROWS[Control.MASK]
ROWS_OF_TABLE: tuple[ControlRow, ...] = tuple(
    ROWS[control]
    for control in (
        Control.MARGIN_LEFT,
        Control.MARGIN_RIGHT,
        Control.MARGIN_UP,
        Control.MARGIN_DOWN,
        Control.SEARCH,
        Control.UPSCALE_FACTOR,
        Control.STRENGTH,
        Control.STYLE_PRESET,
        Control.BACKGROUND,
        Control.NEGATIVE_PROMPT,
        Control.STEPS,
        Control.GUIDANCE_SCALE,
        Control.MEMORY,
        Control.PREVIEW,
    )
)
"""What an image may be asked for besides, in the order of the form."""
_NO_TOOL = Choice(None, "None", tip="Make an image, or edit one by words and within a mask")


class TableField(QWidget):
    """The field of one control, as the forms of clips have it.

    Signals:
        edited(object): its value in a request.
    """

    edited = Signal(object)

    def __init__(self, row: ControlRow) -> None:
        super().__init__()
        self.row = row
        self._field = make_field(row, from_list=row.kind is ControlKind.CHOICE)
        named(self._field.widget, f"image_{row.id}", row.tip, row.label)
        hbox(self._field.widget, of=self, grows=self._field.widget)
        self.setFocusProxy(self._field.widget)
        self._field.edited.connect(self._on_edited)

    def show_value(self, value: object) -> None:
        """Nothing: what it shows depends on the model, which `show_for` knows."""

    def show_for(self, choices: RenderChoices, spec: ModelSpec) -> None:
        """Show what the choices say, within what a model takes; tells nobody."""
        allowed = self.row.allowed(spec)
        if allowed is not None:
            self._field.show(choices, spec, allowed)

    @Slot(object)
    def _on_edited(self, value: object) -> None:
        self.edited.emit(self._field.read(value))


def path_of(row: ControlRow) -> FieldPath[ImageBatch]:
    """Where the value of a control lies in an order."""

    def put(batch: ImageBatch, value: object) -> ImageBatch:
        return batch.model_copy(update={"choices": row.with_value(batch.choices, value)})

    return FieldPath(lambda batch: row.value(batch.choices), put)


def is_for(row: ControlRow, batch: ImageBatch, spec: ModelSpec | None) -> bool:
    """Whether a control means something for an order to this model."""
    allowed = None if spec is None else row.allowed(spec)
    if allowed is None or (isinstance(allowed, FloatRange) and allowed.minimum == allowed.maximum):
        return False
    request = batch.requests[0]
    if row.image_tasks and request.task not in row.image_tasks:
        return False
    return row.image_needs is None or bool(request.of_role(row.image_needs))


def fitting(batch: ImageBatch, spec: ModelSpec | None) -> ImageBatch:
    """The order without what is not shown for it: what was said for another tool, or no image."""
    if spec is None:
        return batch
    choices, task = batch.choices, batch.requests[0].task
    for row in ROWS_OF_TABLE:
        if not is_for(row, batch, spec):
            choices = row.with_value(choices, None)
    if not spec.limit(Role.LORA):
        choices = choices.with_role(Role.LORA, ())
    update: dict[str, object] = {"choices": choices}
    if not (spec.limit(Role.MASK) and task in _MASK.image_tasks):
        update |= {"mask": None}
    if not spec.has_own_size(task):
        update |= {"resolution": "", "aspect": ""}
    if not spec.takes_seed:
        update |= {"seed": None}
    return batch.model_copy(update=update)


def without_others(batch: ImageBatch, specs: Sequence[ModelSpec]) -> ImageBatch:
    """The order without what none of the models takes; a model of one tool alone brings it."""
    choices = batch.choices
    for row in ROWS_OF_TABLE:
        if all(row.allowed(spec) is None for spec in specs):
            choices = row.with_value(choices, None)
    if not any(spec.limit(Role.LORA) for spec in specs):
        choices = choices.with_role(Role.LORA, ())
    offered = [task for spec in specs for task in spec.tasks]
    if choices.editing.tool not in offered:
        alone = offered[0] if len(offered) == 1 and offered[0] in IMAGE_TOOLS else None
        choices = TOOL.with_value(choices, alone)
    return batch.model_copy(update={"choices": choices})


def tool_choices(models: Iterable[ListedModel]) -> tuple[Choice, ...]:
    """The tools that some of these models have; empty where none has one."""
    offered = {task for model in models for task in model.spec.tasks}
    tools = [
        Choice(task, tool.label, tip=tool.tip)
        for task, tool in IMAGE_TOOLS.items()
        if task in offered
    ]
    return (_NO_TOOL, *tools) if tools else ()


def able_models(listing: ModelListing, batch: ImageBatch) -> tuple[ListedModel, ...]:
    """The models that an order may go to, the likeliest first."""
    provider = listing.provider(batch.target)
    chosen = listing.model(batch.target)
    if provider is None or batch.target.model != AUTO:
        return () if chosen is None else (chosen,)
    tool = batch.choices.editing.tool
    likely = () if chosen is None else (chosen,)
    others = tuple(model for model in provider.models if model != chosen)
    return tuple(model for model in (*likely, *others) if _does(model.spec, tool)) or likely


def _does(spec: ModelSpec, tool: Task | None) -> bool:
    if tool is not None:
        return tool in spec.tasks
    return bool({Task.TEXT_TO_IMAGE, Task.IMAGE_EDIT} & {*spec.tasks})


def makes_images(spec: ModelSpec) -> bool:
    """Whether it makes images at all."""
    return any(task.output is OutputKind.IMAGE for task in spec.tasks)


def models_of(provider: ListedProvider | None, batch: ImageBatch) -> tuple[ListedModel, ...]:
    """The models whose tools an order can have: all of a provider that chooses itself."""
    if provider is None:
        return ()
    if batch.target.model == AUTO:
        return provider.models
    chosen = provider.model(batch.target.model)
    return () if chosen is None else (chosen,)


def limit_of(models: Iterable[ListedModel], *roles: Role) -> int:
    """How many files of these roles one of the models takes for an image at most."""
    return max((sum(_limit(model.spec, role) for role in roles) for model in models), default=0)


def _limit(spec: ModelSpec, role: Role) -> int:
    # What makes clips of images, and images of words alone, takes none for an image.
    is_changed = any(
        task.output is OutputKind.IMAGE and task is not Task.TEXT_TO_IMAGE for task in spec.tasks
    )
    return spec.limit(role) if is_changed or role is Role.LORA else 0
