"""What picture is to be made: words, model, size, seed, how many."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFormLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from core.project.project import DEFAULT_TARGET
from core.video.image_order import MAX_COUNT, ImageOrder
from gui import theme
from gui.theme import Tone
from gui.video.offers import model_label
from gui.video.plan_line import PlanLine
from gui.video.seed_field import SeedField
from gui.widgets.calm import keep_calm
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.text_fields import WordsField
from gui.widgets.tone_label import ToneLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.video.request import Target
    from gui.video.offers import ModelOffer, Offer

_USUAL = Choice("", "The model's usual one")


class ImageOrderBox(QWidget):
    """Edits an `ImageOrder`.

    Signals:
        changed(ImageOrder)
        make_wanted(ImageOrder)
    """

    changed = Signal(object)
    make_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = ImageOrder(target=DEFAULT_TARGET)
        self._offers: tuple[Offer, ...] = ()
        self._prompt = WordsField(lines=5)
        self._prompt.setObjectName("image_prompt")
        self._prompt.setToolTip("What the picture shall show")
        self._prompt.setPlaceholderText("Describe the picture.")
        self._prompt.setAccessibleName("Prompt")
        self._model = ChoiceField()
        self._resolution = ChoiceField()
        self._aspect = ChoiceField()
        self._seed = SeedField()
        self._count = QSpinBox()
        self._count.setRange(1, MAX_COUNT)
        self._told = ToneLabel(Tone.QUIET)
        self.line = PlanLine()
        self._make = QPushButton("&Make picture")
        self._make.setObjectName("image_make")
        self._make.setShortcut("Ctrl+Return")
        self._make.setToolTip("Put it into the queue (Ctrl+Return)")
        self._lay_out()
        self._connect()
        keep_calm(self)
        self._show()

    def _lay_out(self) -> None:
        form = QFormLayout()
        for words, field, name, tip in (
            ("M&odel", self._model, "image_model", "Who makes the picture"),
            ("&Resolution", self._resolution, "image_resolution", "How large the picture is"),
            ("&Aspect", self._aspect, "image_aspect", "Width to height"),
            ("&Seed", self._seed, "image_seed", "The same seed gives the same picture"),
            ("&How many", self._count, "image_count", "Each has the next seed"),
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
        rows.addWidget(self.line)
        rows.addWidget(self._make)
        rows.addStretch(1)

    def _connect(self) -> None:
        self._prompt.edited.connect(self._on_prompt)
        self._model.edited.connect(self._on_model)
        self._resolution.edited.connect(self._on_resolution)
        self._aspect.edited.connect(self._on_aspect)
        self._seed.edited.connect(self._on_seed)
        self._count.valueChanged.connect(self._on_count)
        self._make.clicked.connect(self._on_make)

    def value(self) -> ImageOrder:
        """The order as it stands."""
        return self._value

    def set_value(self, value: ImageOrder) -> None:
        """Show another order; tells nobody."""
        self._value = value
        self._show()

    def set_offers(self, offers: tuple[Offer, ...]) -> None:
        """What there is to make pictures with."""
        self._offers = offers
        self._show()

    def set_last_seed(self, seed: int | None) -> None:
        """The seed of the picture that was made last."""
        self._seed.set_last(seed)

    @property
    def model(self) -> ModelOffer | None:
        """The model that would make the picture, where it is known."""
        target = self._value.target
        for offer in self._offers:
            if (offer.info.id, offer.info.deployment) == (target.provider, target.deployment):
                return offer.model(target.model)
        return None

    def _show(self) -> None:
        self._prompt.show_value(self._value.prompt)
        self._model.set_choices(_models(self._offers))
        self._model.show_value(self._value.target)
        model = self.model
        resolutions = () if model is None else model.spec.resolutions
        aspects = [] if model is None else [aspect.value for aspect in model.spec.aspects]
        self._resolution.set_choices((_USUAL, *(Choice(name, name) for name in resolutions)))
        self._resolution.show_value(self._value.resolution)
        self._aspect.set_choices((_USUAL, *(Choice(name, name) for name in aspects)))
        self._aspect.show_value(self._value.aspect)
        self._seed.show_seed(self._value.seed)
        self._count.blockSignals(True)
        self._count.setValue(self._value.count)
        self._count.blockSignals(False)
        if model is not None:
            self._told.say(
                f"{model.spec.label} makes clips: the picture is the middle frame of the "
                "shortest one."
            )
        self._make.setEnabled(bool(self._value.prompt.strip()))
        self._make.setText("&Make picture" if self._value.count == 1 else "&Make pictures")

    def _change(self, name: str, value: object) -> None:
        self._value = self._value.model_copy(update={name: value})
        self._show()
        self.changed.emit(self._value)

    @Slot(object)
    def _on_prompt(self, text: object) -> None:
        self._change("prompt", text)

    @Slot(object)
    def _on_model(self, target: object) -> None:
        # The other model may not have that size.
        changes = {"target": cast("Target", target), "resolution": "", "aspect": ""}
        self._value = self._value.model_copy(update=changes)
        self._show()
        self.changed.emit(self._value)

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

    @Slot()
    def _on_make(self) -> None:
        self.make_wanted.emit(self._value)


def _models(offers: Sequence[Offer]) -> tuple[Choice, ...]:
    choices: list[Choice] = []
    for offer in offers:
        automatic = offer.model(offer.target.model)
        name = "" if automatic is None else f": {automatic.spec.label}"
        choices.append(
            Choice(offer.target, f"{offer.name}, automatic{name}", begins_group=bool(choices))
        )
        choices += [
            Choice(offer.target.with_model(model.spec.id), model_label(model, offer.info))
            for model in offer.models
        ]
    return tuple(choices)
