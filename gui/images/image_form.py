"""What picture is to be made: words, model, size, seed, how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from core.project.model.project import DEFAULT_TARGET
from core.video.image_batch import MAX_COUNT, ImageBatch
from core.video.request import Target
from core.video.spec import Task
from gui import theme
from gui.render.model_choices import find_model, model_label
from gui.render.plan_fixes import ChooseValue
from gui.render.seed_field import SeedField
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import TextField
from gui.widgets.ignore_wheel import ignore_wheel
from gui.widgets.tone_label import ToneLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.video.spec import ModelSpec
    from gui.render.model_choices import ModelOffer, Offer

_USUAL = Choice("", "The model's usual one")
_NO_WORDS = "It makes clips from a picture only, not from words."


class ImageForm(QWidget):
    """Edits an `ImageBatch`.

    Signals:
        changed(ImageOrder): a person changed it.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = ImageBatch(target=DEFAULT_TARGET)
        self._offers: tuple[Offer, ...] = ()
        self._prompt = TextField(lines=5)
        self._prompt.setObjectName("image_prompt")
        self._prompt.setToolTip("What the picture shows, in your own words")
        self._prompt.setPlaceholderText("Describe the picture.")
        self._prompt.setAccessibleName("Prompt")
        self._model = ChoiceField()
        self._resolution = ChoiceField()
        self._aspect = ChoiceField()
        self._seed = SeedField(what="picture")
        self._count = QSpinBox()
        self._count.setRange(1, MAX_COUNT)
        self._told = ToneLabel()
        self._lay_out()
        self._connect()
        ignore_wheel(self)
        self._show()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(theme.GAP)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field, name, tip in (
            ("M&odel", self._model, "image_model", "Who makes the picture"),
            ("Reso&lution", self._resolution, "image_resolution", "How large the picture is"),
            ("As&pect", self._aspect, "image_aspect", "Width to height"),
            ("See&d", self._seed, "image_seed", "The same seed gives the same picture"),
            ("Ho&w many", self._count, "image_count", "Each has a seed of its own"),
        ):
            field.setObjectName(name)
            field.setToolTip(tip)
            label = QLabel(words)
            label.setBuddy(field)
            form.addRow(label, field)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GAP)
        rows.addWidget(self._prompt)
        rows.addLayout(form)
        rows.addWidget(self._told)

    def _connect(self) -> None:
        self._prompt.edited.connect(self._on_prompt)
        self._model.edited.connect(self._on_model)
        self._resolution.edited.connect(self._on_resolution)
        self._aspect.edited.connect(self._on_aspect)
        self._seed.edited.connect(self._on_seed)
        self._count.valueChanged.connect(self._on_count)

    def value(self) -> ImageBatch:
        """The order as it stands."""
        return self._value

    def set_value(self, value: ImageBatch) -> None:
        """Show another order; tells nobody."""
        self._value = value
        self._show()

    def set_offers(self, offers: tuple[Offer, ...]) -> None:
        """What there is to make pictures with."""
        self._offers = offers
        self._show()

    def set_last_seed(self, seed: int | None) -> None:
        """The seed that "same again" stands for; None where there is none."""
        self._seed.set_last(seed)

    @property
    def model(self) -> ModelOffer | None:
        """The model that would make the picture, where it is known."""
        return find_model(self._offers, self._value.target)

    def focus_prompt(self) -> None:
        """Go to the words."""
        self._prompt.setFocus()

    def choose(self, fix: ChooseValue) -> None:
        """Set one field as a person would; one that pictures do not have is left alone."""
        match fix:
            case ChooseValue(field="target", value=Target() as target):
                self._on_model(target)
            case ChooseValue(field="resolution" | "aspect" | "seed" as name, value=value):
                self._change(name, value if name == "seed" else value or "")
            case _:
                pass

    def _show(self) -> None:
        self._prompt.show_value(self._value.prompt)
        # The value before the choices: so the old one leaves no row among the new.
        self._model.show_value(self._value.target)
        self._model.set_choices(_models(self._offers) or [_not_read(self._value.target)])
        model = self.model
        spec = None if model is None else model.spec
        resolutions = () if spec is None else spec.resolutions
        self._resolution.show_value(self._value.resolution)
        self._resolution.set_choices((_USUAL, *(Choice(name, name) for name in resolutions)))
        aspects = [] if spec is None else _aspects(spec, self._value.resolution)
        self._aspect.show_value(self._value.aspect)
        self._aspect.set_choices((_USUAL, *(Choice(name, name) for name in aspects)))
        self._seed.show_seed(self._value.seed)
        with QSignalBlocker(self._count):
            self._count.setValue(self._value.count)
        self._told.show_message("" if spec is None else _origin(spec))

    def _change(self, name: str, value: object) -> None:
        self._tell(self._value.model_copy(update={name: value}))

    def _tell(self, value: ImageBatch) -> None:
        if value != self._value:
            self._value = value
            self._show()
            self.changed.emit(value)

    @Slot(object)
    def _on_prompt(self, text: object) -> None:
        self._change("prompt", text)

    @Slot(object)
    def _on_model(self, target: object) -> None:
        # The other model may not have that size.
        changes = {"target": target, "resolution": "", "aspect": ""}
        self._tell(self._value.model_copy(update=changes))

    @Slot(object)
    def _on_resolution(self, name: object) -> None:
        self._change("resolution", name)

    @Slot(object)
    def _on_aspect(self, name: object) -> None:
        self._change("aspect", name)

    @Slot(object)
    def _on_seed(self, seed: object) -> None:
        self._change("seed", seed)

    @Slot(int)
    def _on_count(self, count: int) -> None:
        self._change("count", count)


def _not_read(target: Target) -> Choice:
    return Choice(target, "Looking for models…")


def _models(offers: Sequence[Offer]) -> list[Choice]:
    choices: list[Choice] = []
    for offer in offers:
        automatic = offer.model(offer.target.model)
        name = "" if automatic is None else f": {automatic.spec.label}"
        choices.append(
            Choice(offer.target, f"{offer.name}, automatic{name}", begins_group=bool(choices))
        )
        for model in offer.models:
            why_not = "" if Task.TEXT_TO_VIDEO in model.spec.tasks else _NO_WORDS
            target = offer.target.with_model(model.spec.id)
            label = model_label(model, offer.info)
            choices.append(Choice(target, label, why_not, model.spec.summary))
    return choices


def _aspects(spec: ModelSpec, resolution: str) -> list[str]:
    """Those that the model has in this resolution, or in any where that says none."""
    fitting = [size for size in spec.sizes if size.resolution == resolution] or spec.sizes
    return list(dict.fromkeys(size.aspect.value for size in fitting))


def _origin(spec: ModelSpec) -> str:
    return f"{spec.label} makes clips: the picture is the middle frame of its shortest one."
