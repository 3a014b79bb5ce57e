"""What picture is to be made: words, model, size, seed, how many."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget
from typing_extensions import override

from core.video.control_row import Control
from core.video.controls import ROWS
from core.video.editing.tools import PromptUse
from core.video.editing.variations import VARIATIONS, variation_of
from core.video.inputs import limit_problems
from core.video.listing import ModelListing
from core.video.model_text import listed_text
from core.video.request import MAX_COUNT, images_as_inputs
from core.video.terms import DEFAULT_TARGET, Role, Target
from gui import theme
from gui.images.image_batch import ImageBatch
from gui.images.outpaint_frame import OutpaintFrame
from gui.images.tool_rows import (
    ROWS_OF_TABLE,
    TOOL,
    TableField,
    able_models,
    fitting,
    is_for,
    limit_of,
    makes_images,
    models_of,
    path_of,
    tool_choices,
    without_others,
)
from gui.render.input_list import InputList, InputRow
from gui.render.lora_list import LoraList
from gui.render.plan_fixes import ChooseFrame, ChooseValue, ClearFrame
from gui.render.seed_field import SeedField
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import TextField, ignore_wheel, named
from gui.widgets.file_field import IMAGES, FileField, FileKind, is_image_name
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.model_form import FieldPath, ModelForm, part
from gui.widgets.number_field import Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.control_row import ControlRow
    from core.video.listing import ListedModel
    from core.video.record import ClipRecord
    from core.video.request import Input
    from core.video.spec import ModelSpec
    from gui.images.outpaint_frame import FramedImage
    from gui.render.lora_list import OfferedLora

USUAL = Choice("", "The model's usual one")
"""Leaves a choice to the model."""
_KIND = FileKind("images to edit or to go by", (IMAGES,))
_MASK = FileKind("the mask", (IMAGES,), none_text="All of the image")
_NO_IMAGES = "It makes no pictures from words."


class _ImageRow(InputRow):
    """One image, with what it is for."""

    def __init__(self, number: int) -> None:
        super().__init__(f"image_input_remove_{number}", "Leave this image out")
        use = ToneLabel()
        use.show_message("edited" if number == 0 else "to go by")
        hbox(self.name, use, self.remove, of=self, grows=self.name)


class _ImageInputs(InputList):
    """Edits the paths of images, in their order."""

    def __init__(self) -> None:
        add = named(
            QPushButton("Add images…"),
            "image_inputs_add",
            "Images to edit or to go by: the first is edited, the others are looked at",
        )
        super().__init__(
            add,
            _KIND,
            make_row=_ImageRow,
            is_wanted=is_image_name,
            inputs_for=images_as_inputs,
        )
        self.lines.addWidget(add)
        self.setFocusProxy(add)

    def show_value(self, value: object) -> None:
        """Show these; tells nobody."""
        paths = cast("tuple[Path, ...]", value)
        self.show_inputs(images_as_inputs(paths), self.limit)

    def set_limit(self, limit: int) -> None:
        """How many the model takes."""
        self.show_inputs(self.items, limit)


class _ImageLoras(LoraList):
    """Edits the LoRAs of an order, each with its strength."""

    def show_value(self, value: object) -> None:
        """Show these; tells nobody."""
        self.show_inputs(cast("tuple[Input, ...]", value), self.limit)


class _MaskField(QWidget):
    """Edits the path of a mask, which can be chosen or painted.

    Signals:
        edited(Path | None)
        paint_wanted(): it is to be painted, or painted on.
    """

    edited = Signal(object)
    paint_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._file = FileField("image_mask", _MASK)
        paint = named(
            QPushButton("Paint mask…"),
            "image_mask_paint",
            "Paint over the first image what is to be edited",
        )
        vbox(self._file, paint, of=self, gap=2)
        self.setFocusProxy(self._file)
        self._file.edited.connect(self.edited)
        paint.clicked.connect(self.paint_wanted)

    def show_value(self, value: object) -> None:
        """Show a path or that there is none; tells nobody."""
        self._file.show_value(value)


class ImageForm(ModelForm[ImageBatch]):
    """Edits an `ImageBatch`.

    Signals:
        mask_wanted(): a mask is to be painted over the image that is edited.
        preview_wanted(Path): the image is to be shown in its frame, read beside the main thread.
    """

    mask_wanted = Signal()
    preview_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__(ImageBatch(target=DEFAULT_TARGET), "image_")
        self._listing = ModelListing()
        self._form.setSpacing(theme.GAP)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._prompt = TextField(lines=5)
        self._prompt.setPlaceholderText("Describe the picture.")
        self._prompt.setAccessibleName("Prompt")
        self._model = ChoiceField()
        self._resolution = ChoiceField()
        self._aspect = ChoiceField()
        self._seed = SeedField(what="picture")
        count = NumberField(Limits(1, MAX_COUNT), NumberLook(0, 1.0, is_whole=True))
        self._quality = ChoiceField()
        self._tool = ChoiceField()
        self._table = [TableField(row) for row in ROWS_OF_TABLE]
        self._images = _ImageInputs()
        self._loras = _ImageLoras()
        mask = _MaskField()
        mask.paint_wanted.connect(self.mask_wanted)
        model = FieldPath[ImageBatch](lambda batch: batch.target, self._for_model)
        images = FieldPath[ImageBatch](lambda batch: batch.images, _with_images)
        loras = FieldPath[ImageBatch](lambda batch: batch.choices.of_role(Role.LORA), _with_loras)
        self.add_row("prompt", "", self._prompt, "What the picture shows, in your own words")
        # What its wildcards become.
        self.words = ToneLabel()
        self._form.addRow(self.words)
        self.add_row("model", "M&odel", self._model, "Who makes the picture", model)
        self.add_row(
            "images", "I&mages", self._images, "", images, lambda _: self._limit(Role.START) > 0
        )
        self.add_row(
            "tool", "&Tool", self._tool, TOOL.tip, path_of(TOOL), lambda _: bool(self._tools)
        )
        self.add_row(
            "mask", "Mas&k", mask, "White where the first image is edited, black where it stays",
            is_shown=lambda batch: self._takes_mask(batch),
        )  # fmt: skip
        self._frame_of: Path | None = None
        self._frame = OutpaintFrame()
        self.add_row(
            "frame", "", self._frame,
            "Pull the frame to where the image is to reach; the arrow keys add to a side, with "
            "Shift they take away",
            part("choices", "editing", "margins"),
            lambda batch: bool(batch.images) and self._is_for(ROWS[Control.MARGIN_LEFT], batch),
        ).setAccessibleName("Frame around the image")  # fmt: skip
        for field in self._table:
            row = field.row
            self.add_row(
                row.id, row.label, field, row.tip, path_of(row), partial(self._is_for, row)
            )
        self.add_row("loras", "LoRAs", self._loras, "", loras, lambda _: self._limit(Role.LORA) > 0)
        self.add_row(
            "resolution", "Reso&lution", self._resolution, "How large the picture is",
            is_shown=self._has_size,
        )  # fmt: skip
        self.add_row("aspect", "As&pect", self._aspect, "Width to height", is_shown=self._has_size)
        self.add_row(
            "quality", "&Quality", self._quality, "How much work goes into it; more costs more",
            is_shown=lambda _: bool(self._spec and self._spec.qualities),
        )  # fmt: skip
        self.add_row(
            "seed", "See&d", self._seed, "The same seed gives the same picture",
            is_shown=lambda _: self._spec is None or self._spec.takes_seed,
        )  # fmt: skip
        self.add_row("count", "Ho&w many", count, "Each is an order of its own")
        ignore_wheel(self)
        self.refresh(self._value)

    def set_listing(self, listing: ModelListing) -> None:
        """What there is to make pictures with."""
        self._listing = listing
        self._follow()

    def set_last_seed(self, seed: int | None) -> None:
        """The seed that "same again" stands for; None where there is none."""
        self._seed.set_last(seed)

    def set_loras(self, offered: tuple[OfferedLora, ...]) -> None:
        """Offer a person's own LoRAs by their names."""
        self._loras.set_offered(offered)

    @property
    def model(self) -> ListedModel | None:
        """The model that would make the picture, where it is known."""
        models, request = self._models, self._value.requests[0]
        for model in models:
            if request.task in model.spec.tasks and not limit_problems(request, model.spec):
                return model
        return next(iter(models), None)

    @property
    def _models(self) -> tuple[ListedModel, ...]:
        """Those that it may go to."""
        return able_models(self._listing, self._value)

    @property
    def _tools(self) -> tuple[Choice, ...]:
        provider = self._listing.provider(self._value.target)
        return tool_choices(models_of(provider, self._value))

    @property
    def can_be_made(self) -> bool:
        """Whether it says what there is to make."""
        batch, spec = self._value, self._spec
        task = batch.requests[0].task
        needs_words = spec is None or spec.prompt_use(task) is PromptUse.NEEDED
        return bool(batch.prompt.strip()) or not needs_words

    def _is_for(self, row: ControlRow, batch: ImageBatch) -> bool:
        return is_for(row, batch, self._spec)

    def _takes_mask(self, batch: ImageBatch) -> bool:
        """Whether one of the models takes a mask for this, and there is an image for it."""
        task = batch.requests[0].task
        is_taken = task in ROWS[Control.MASK].image_tasks and self._limit(Role.MASK) > 0
        return bool(batch.images) and is_taken

    def _has_size(self, batch: ImageBatch) -> bool:
        """Whether its size can be chosen."""
        return self._spec is None or self._spec.has_own_size(batch.requests[0].task)

    @property
    def _spec(self) -> ModelSpec | None:
        return None if self.model is None else self.model.spec

    def _limit(self, *roles: Role) -> int:
        """How many files of these roles the model takes."""
        return limit_of(self._models, *roles)

    def _for_model(self, batch: ImageBatch, target: Target) -> ImageBatch:
        """The same for another model, without what is not of its own or what it does not take."""
        update = {"target": target, "resolution": "", "aspect": "", "quality": ""}
        other = batch.model_copy(update=update)
        models = models_of(self._listing.provider(target), other)
        left_out: dict[str, object] = {}
        if not any(model.spec.takes_seed for model in models):
            left_out |= {"seed": None}
        if not limit_of(models, Role.START):
            left_out |= {"images": ()}
        if not limit_of(models, Role.MASK):
            left_out |= {"mask": None}
        specs = [model.spec for model in models]
        return without_others(other.model_copy(update=left_out), specs)

    def focus_prompt(self) -> None:
        """Go to the words."""
        self._prompt.setFocus()

    def vary(self, record: ClipRecord, image: Path) -> None:
        """Ask for others that differ from an image a little, as a person would."""
        provider = self._listing.provider(record.request.target)
        specs = [] if provider is None else [model.spec for model in provider.models]
        request = variation_of(record.request, image, specs, record.seed)
        self.set_value(ImageBatch.of(request, VARIATIONS))
        self.changed.emit(self._value)

    def choose(self, fix: ChooseValue | ChooseFrame | ClearFrame) -> None:
        """Set one field as a person would; one that pictures do not have is left alone."""
        match fix:
            case ChooseValue(field="target", value=Target() as target):
                self.put("model", target)
            case ChooseValue(field="resolution" | "aspect" | "seed" as name, value=value):
                self.put(name, value if name == "seed" else value or "")
            case ClearFrame() | ChooseFrame():
                self.put("images", ())
                if isinstance(fix, ChooseFrame):
                    self._images.add.click()
            case _:
                pass

    @override
    def value(self) -> ImageBatch:
        """The order as it is shown; what another tool was told comes back with that one."""
        return fitting(self._value, self._spec)

    @override
    def refresh(self, value: ImageBatch) -> None:
        """Offer what there is to choose from, and what the model has."""
        models = model_choices(self._listing, value.target, self.model)
        models = models or [_not_read(value.target)]
        self._model.show_choices(models, value.target)
        spec = self._spec
        self._tool.show_choices(self._tools, value.choices.editing.tool)
        for field in self._table:
            if spec is not None:
                field.show_for(value.choices, spec)
        self._show_frame(value)
        self._images.set_limit(self._limit(Role.START, Role.REFERENCE))
        self._loras.show_inputs(self._loras.items, self._limit(Role.LORA))
        qualities = () if spec is None else spec.qualities
        usual = Choice("", f"{USUAL.label} ({qualities[0]})") if qualities else USUAL
        self._quality.show_choices(
            (usual, *(Choice(name, name) for name in qualities)), value.quality
        )
        resolutions = () if spec is None else spec.resolutions
        self._resolution.show_choices(
            (USUAL, *(Choice(name, name) for name in resolutions)), value.resolution
        )
        aspects = [] if spec is None else _aspects(spec, value.resolution)
        self._aspect.show_choices((USUAL, *(Choice(name, name) for name in aspects)), value.aspect)

    def show_preview(self, path: Path, framed: FramedImage | None) -> None:
        """Show the image of a file in its frame; None where it cannot be read."""
        if path == self._frame_of:
            self._frame.show_image(framed)

    def _show_frame(self, batch: ImageBatch) -> None:
        """Show the margins, and ask for the image where it is another one."""
        self._frame.show_value(batch.choices.editing.margins)
        self._frame.set_most(0 if self._spec is None else self._spec.most_margin)
        if self._form.isRowVisible(self._frame) and batch.images[0] != self._frame_of:
            self._frame_of = batch.images[0]
            self._frame.show_waiting()
            self.preview_wanted.emit(self._frame_of)


def _with_loras(batch: ImageBatch, value: object) -> ImageBatch:
    loras = cast("tuple[Input, ...]", value)
    return batch.model_copy(update={"choices": batch.choices.with_role(Role.LORA, loras)})


def _with_images(batch: ImageBatch, inputs: tuple[Input, ...]) -> ImageBatch:
    """The same from other images; a mask is for the very image that it was painted over."""
    images = tuple(item.path for item in inputs)
    mask = batch.mask if images[:1] == batch.images[:1] else None
    return batch.model_copy(update={"images": images, "mask": mask})


def _not_read(target: Target) -> Choice:
    return Choice(target, "Looking for models…")


def model_choices(
    listing: ModelListing, chosen: Target | None = None, stands_for: ListedModel | None = None
) -> list[Choice]:
    """Who makes pictures, as a list to choose a target from.

    Args:
        listing: of those who do.
        chosen: the target for which `stands_for` is what its `auto` means now.
        stands_for: that model.
    """
    choices: list[Choice] = []
    names = [offer.name for offer in listing.providers]
    for offer in listing.providers:
        is_chosen = offer.target == chosen
        automatic = stands_for if is_chosen else offer.model(offer.target.model)
        name = "" if automatic is None else f": {automatic.spec.label}"
        # Whoever makes images in several places is told by the place.
        who = offer.name if names.count(offer.name) == 1 else offer.place
        choices.append(Choice(offer.target, f"{who}, automatic{name}", begins_group=bool(choices)))
        for model in offer.models:
            why_not = "" if makes_images(model.spec) else _NO_IMAGES
            target = offer.target.with_model(model.spec.id)
            label = listed_text(model)
            choices.append(Choice(target, label, why_not, model.spec.summary))
    return choices


def _aspects(spec: ModelSpec, resolution: str) -> list[str]:
    """Those that the model has in this resolution, or in any where that says none."""
    fitting = [size for size in spec.sizes if size.resolution == resolution] or spec.sizes
    return list(dict.fromkeys(size.aspect.value for size in fitting))
