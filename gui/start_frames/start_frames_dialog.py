"""The dialog that orders start frames: who makes them, for which scenes, and the whole price."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QDialog, QGroupBox, QPushButton, QRadioButton, QWidget
from typing_extensions import override

from core.errors import UnsupportedRequest, first_of
from core.platform.units import count_text, price
from core.project.render.start_frames import frame_scenes, without_frame
from core.video.listing import ModelListing, read_listing
from core.video.provider import Ready
from core.video.request import RenderChoices
from core.video.terms import OutputKind, Target
from gui import theme
from gui.images.image_form import USUAL, model_choices
from gui.render.plan_fixes import problem_in_window
from gui.render.render_agreement import can_start, lost_orders_text
from gui.theme import Tone
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import ignore_wheel, named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.model_form import FieldPath, ModelForm, part
from gui.widgets.panes import scrolled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.errors import StudioError
    from core.project.model.project import Scene
    from core.project.render.orders import RenderOffer
    from core.project.render.start_frames import StartFrames
    from core.studio import Studio
    from core.video.spec import ModelSpec
    from gui.background import Background
    from gui.project.project_model import ProjectModel

_SIZE = (560, 520)
_AFTER_MS = 150
_MOST_LINES = 12
_PLANNING = "Looking at the scenes…"


class FrameScope(StrEnum):
    """Which scenes get a start frame."""

    MISSING = "missing"
    SELECTED = "selected"
    ALL = "all"


_SCOPES = {
    FrameScope.MISSING: ("Scenes &without one", "Every scene that starts from words alone"),
    FrameScope.SELECTED: ("&Selected scenes", "The scenes that are selected in the table"),
    FrameScope.ALL: ("&All scenes", "Every scene but those that go on from the one before"),
}


class FrameChoicesForm(ModelForm[RenderChoices]):
    """Edits who makes images, how large they are, and how much work goes into them."""

    def __init__(self, value: RenderChoices) -> None:
        super().__init__(value, "frames_")
        self._listing = ModelListing()
        self._model = ChoiceField()
        self._resolution = ChoiceField()
        self._quality = ChoiceField()
        target = FieldPath[RenderChoices](lambda choices: choices.target, _for_model)
        resolution = FieldPath[RenderChoices](
            lambda choices: choices.frame.resolution or "",
            lambda choices, name: part("frame", "resolution").put(choices, name or None),
        )
        quality = FieldPath[RenderChoices](
            lambda choices: choices.quality or "",
            lambda choices, name: part("quality").put(choices, name or None),
        )
        self.add_row("model", "M&odel", self._model, "Who makes the images", target)
        self.add_row(
            "resolution", "Si&ze", self._resolution,
            "How large they are; their aspect is that of each scene's clip", resolution,
        )  # fmt: skip
        self.add_row(
            "quality", "&Quality", self._quality, "How much work goes into each; more costs more",
            quality, lambda _: bool(self._spec and self._spec.qualities),
        )  # fmt: skip
        ignore_wheel(self)
        self.refresh(value)

    def set_listing(self, listing: ModelListing) -> None:
        """What there is to make images with."""
        self._listing = listing
        self._follow()

    @property
    def is_ready(self) -> bool:
        """Whether it is known what there is to choose from."""
        return bool(self._listing.providers)

    @property
    def _spec(self) -> ModelSpec | None:
        model = self._listing.model(self._value.target)
        return None if model is None else model.spec

    @override
    def refresh(self, value: RenderChoices) -> None:
        """Offer what there is to choose from, and what the model has."""
        reading = [Choice(value.target, "Looking for models…")]
        self._model.show_choices(model_choices(self._listing) or reading, value.target)
        resolutions = () if self._spec is None else self._spec.resolutions
        offered = (USUAL, *(Choice(name, name) for name in resolutions))
        self._resolution.show_choices(offered, value.frame.resolution or "")
        qualities = () if self._spec is None else self._spec.qualities
        usual = Choice("", f"{USUAL.label} ({qualities[0]})") if qualities else USUAL
        offered = (usual, *(Choice(name, name) for name in qualities))
        self._quality.show_choices(offered, value.quality or "")


def _for_model(choices: RenderChoices, target: Target) -> RenderChoices:
    """Sizes and qualities are a model's own."""
    return RenderChoices(target=target) if target != choices.target else choices


class StartFramesDialog(QDialog):
    """Plans with every change, beside the main thread; its button has the whole price on it.

    Signals:
        fix_wanted(Fix): what only another room can mend.
    """

    fix_wanted = Signal(object)

    def __init__(
        self,
        studio: Studio,
        model: ProjectModel,
        frames: StartFrames,
        background: Background,
        selected: Sequence[str],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("start_frames_dialog")
        self.setWindowTitle("Generate Images")
        self._studio = studio
        self._model = model
        self._frames = frames
        self._background = background
        self._selected = frozenset(selected)
        self._offer: RenderOffer | None = None
        render = studio.settings.render
        usual = RenderChoices(target=Target(provider=render.provider, deployment=render.deployment))
        self.form = FrameChoicesForm(model.project.images or usual)
        self._scopes: dict[FrameScope, QRadioButton] = {}
        self._what = ToneLabel()
        self._what.show_message(
            "One image for each scene, which its clip begins with. Characters and references of "
            "the scene go along. What a scene starts from now is kept."
        )
        self._line = ToneLabel()
        self._line.setObjectName("frames_plan")
        self._warning = ToneLabel(Tone.WARNING)
        self._warning.setObjectName("frames_warning")
        self._notes = ToneLabel()
        self._notes.setObjectName("frames_notes")
        self._make = named(QPushButton(), "frames_make")
        self._pause = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._lay_out()
        self._pause.timeout.connect(self._plan)
        self.form.changed.connect(self._plan_anew)
        self._make.clicked.connect(self._on_make)
        model.changed.connect(self._plan_anew)
        self._show_offer(None)
        self._read_models()

    def _lay_out(self) -> None:
        box = QGroupBox("For")
        scenes = {scope: len(self._scenes(scope)) for scope in FrameScope}
        for scope, (text, tip) in _SCOPES.items():
            button = named(QRadioButton(f"{text} ({scenes[scope]})"), f"frames_{scope}", tip)
            button.setEnabled(scenes[scope] > 0)
            button.toggled.connect(self._plan_anew)
            self._scopes[scope] = button
        first = next((scope for scope, count in scenes.items() if count), FrameScope.MISSING)
        is_several = len(self._selected) > 1 and scenes[FrameScope.SELECTED] > 0
        self._scopes[FrameScope.SELECTED if is_several else first].setChecked(True)
        vbox(*self._scopes.values(), of=box, margin=theme.GAP)
        cancel = named(QPushButton("Cancel"), "frames_cancel", "Order nothing")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        # Nothing that costs money is ordered by Enter in a field.
        self._make.setAutoDefault(False)
        content = QWidget()
        vbox(
            self._what, self.form, box, self._line, self._warning, self._notes, None,
            of=content, gap=theme.GAP,
        )  # fmt: skip
        buttons = hbox(None, cancel, self._make, gap=theme.GAP)
        area = scrolled(content, "frames_area")
        vbox(area, buttons, of=self, gap=theme.GAP, margin=theme.EDGE, grows=area)
        self.resize(*_SIZE)

    def _scenes(self, scope: FrameScope) -> tuple[Scene, ...]:
        scenes = frame_scenes(self._model.project)
        match scope:
            case FrameScope.MISSING:
                return without_frame(scenes)
            case FrameScope.SELECTED:
                return tuple(one for one in self._model.project.scenes if one.id in self._selected)
            case FrameScope.ALL:
                return scenes

    def _read_models(self) -> None:
        self._background.run(
            lambda cancel: read_listing(
                self._studio.registry, cancel, weighs=False, asks_keyring=False
            ),
            self._take_listing,
            self._complain,
            key="frame-models",
        )

    def _take_listing(self, listing: ModelListing) -> None:
        self.form.set_listing(listing.making(OutputKind.IMAGE))
        self._plan_anew()

    @Slot()
    def _plan_anew(self, _: object = None) -> None:
        self._show_offer(None)
        self._line.show_message(_PLANNING)
        self._pause.start()

    @Slot()
    def _plan(self) -> None:
        if not self.form.is_ready:
            return
        wanted = {
            scene.id
            for scope, button in self._scopes.items()
            if button.isChecked()
            for scene in self._scenes(scope)
        }
        if not wanted:
            self._line.show_message("There is no scene to make an image for.")
            return
        self._frames.plan(wanted, self.form.value(), self._show_offer, self._complain)

    def _show_offer(self, offer: RenderOffer | None) -> None:
        self._offer = offer
        planned = () if offer is None else offer.planned
        can = bool(planned) and offer is not None and offer.refusal is None
        self._make.setEnabled(can)
        images = count_text(len(planned), "image") if planned else "images"
        cost = None if offer is None else offer.cost_usd
        is_free = offer is None or not planned or cost == 0
        self._make.setText(f"&Generate {images}" + ("" if is_free else f" · {price(cost)}"))
        self._line.show_message("")
        if offer is not None:
            self._tell(offer)
        else:
            self._warning.show_message("")
            self._notes.show_message("")

    def _tell(self, offer: RenderOffer) -> None:
        project = self._model.project
        if offer.planned:
            plan = offer.planned[0].planned.plan
            total = "free" if offer.cost_usd == 0 else f"{price(offer.cost_usd)} in all"
            count = count_text(len(offer.planned), "image")
            self._line.show_message(f"{plan.spec.label}: {count}, {total}.")
        else:
            self._line.show_message("No image can be made as it is.")
        numbers = {scene.id: place for place, scene in enumerate(project.scenes, start=1)}
        refused = [
            f"Scene {numbers.get(one.scene.id, 0)} is left out: "
            + " ".join(map(problem_in_window, one.problems))
            for one in offer.refused
        ]
        against = [] if offer.refusal is None else [str(offer.refusal)]
        lost = lost_orders_text(project, offer)
        warnings = [*against, *([lost] if lost else []), *refused]
        self._warning.show_message("\n".join(first_of(warnings, _MOST_LINES, "And {:,} more.")))
        notes: dict[str, list[int]] = {}
        for item in offer.planned:
            readiness = item.planned.readiness
            installs = readiness.installs if isinstance(readiness, Ready) else None
            first = [f"Python packages are installed first, once: {installs}."] if installs else []
            for note in (*first, *item.planned.plan.notes, *item.sent.notes):
                notes.setdefault(note, []).append(numbers.get(item.scene.id, 0))
        lines = [
            note if len(places) == len(offer.planned) else f"{_named(places)}: {note}"
            for note, places in notes.items()
        ]
        shown = first_of(lines, _MOST_LINES, "And {:,} more.")
        self._notes.show_message("\n".join(f"• {line}" for line in shown))

    @Slot()
    def _on_make(self) -> None:
        offer = self._offer
        if offer is None or not self._make.isEnabled():
            return
        renders = [item.planned for item in offer.planned]
        if not can_start(self, self._studio.registry, renders, self.fix_wanted.emit):
            return
        choices = self.form.value()
        # What else changes the project now plans nothing anew.
        self._model.changed.disconnect(self._plan_anew)
        self._model.edit(
            "Choose how start frames are made",
            self._model.project.model_copy(update={"images": choices}),
        )
        self._frames.queue(offer)
        self.accept()

    def _complain(self, error: StudioError) -> None:
        is_many = isinstance(error, UnsupportedRequest)
        text = " ".join(map(problem_in_window, error.problems)) if is_many else str(error)
        self._line.show_message("")
        self._warning.show_message(text)


def _named(places: Sequence[int]) -> str:
    return f"{'Scene' if len(places) == 1 else 'Scenes'} {', '.join(map(str, places))}"
