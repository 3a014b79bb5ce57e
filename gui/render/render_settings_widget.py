"""Who renders, and how large, long and fluent the clips become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.video.provider import NotReady
from core.video.request import AUTO, Target
from gui import theme
from gui.render.choice_box import BoxChoice, ChoiceBox, with_kept
from gui.render.choice_row import ChoiceGrid, RowLabels
from gui.render.choices_panel import ChoicesPanel
from gui.render.model_choices import find_model, find_offer, model_label
from gui.render.number_box import NumberBox
from gui.widgets.fields import ignore_wheel
from gui.widgets.labels import ToneLabel

if TYPE_CHECKING:
    from core.video.spec import FrameSize, ModelSpec

_PROVIDER = RowLabels("provider", "target", "Provider", "Who makes the clips")
_MODEL = RowLabels("model", "target", "Model", "Which model makes the clips")
_FORM = (
    RowLabels("resolution", "resolution", "Resolution", "How large the clips are"),
    RowLabels("aspect", "aspect", "Aspect", "Width to height of the clips"),
    RowLabels(
        "duration_s",
        "duration_s",
        "Duration",
        "How long a clip is, in seconds; the line below tells the exact length",
    ),
    RowLabels("fps", "fps", "Frame rate", "Frames per second of the clips"),
)


class RenderSettingsWidget(ChoicesPanel):
    """Edits provider, model, resolution, aspect, duration and frame rate."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scope_line = ToneLabel()
        self._state = ToneLabel()
        self._provider, self._model = ChoiceBox(), ChoiceBox()
        self._resolution, self._aspect, self._fps = ChoiceBox(), ChoiceBox(), ChoiceBox()
        self._duration = NumberBox(decimals=2, step=0.5, suffix=" s")
        grid = ChoiceGrid()
        # One way back for both, because both stand for the target.
        self.add_row(grid, _PROVIDER, self._provider, has_reset=False)
        self.add_row(grid, _MODEL, self._model)
        grid.grid.addWidget(self._state, grid.grid.rowCount(), 1)
        for words, editor in zip(
            _FORM, (self._resolution, self._aspect, self._duration, self._fps), strict=True
        ):
            self.add_row(grid, words, editor)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self._scope_line)
        layout.addWidget(grid)
        ignore_wheel(self)
        self._provider.edited.connect(self._on_target)
        self._model.edited.connect(self._on_target)
        self._resolution.edited.connect(self._on_resolution)
        self._aspect.edited.connect(self._on_aspect)
        self._duration.edited.connect(self._on_duration)
        self._fps.edited.connect(self._on_fps)
        self.show_rows()

    def show_rows(self) -> None:
        """Fill the rows from value, scope and offers."""
        self._scope_line.show_message(
            f"{self._scope.label} alone: what is marked differs from the project."
            if self._scope
            else ""
        )
        self._show_target()
        spec = self.spec()
        for words in _FORM:
            self.show_row(words.name, is_offered=spec is not None)
        if spec is not None:
            self._show_size(spec)
            limits = spec.duration_s
            asked = self._value.duration_s
            shown = limits.default if asked is None else asked
            self._duration.show_number(shown, limits.minimum, limits.maximum)
            self._show_fps(spec)

    def _show_target(self) -> None:
        target = self._value.target
        self._provider.show_choices(self._provider_choices(), self._provider_value(target))
        offer = find_offer(self._offers, target)
        models: list[BoxChoice] = []
        if offer is not None:
            automatic = offer.model(AUTO)
            stands_for = None if automatic is None else automatic.spec
            planned = self.spec() if target.model == AUTO else stands_for
            now = f": {planned.label}" if planned is not None else ""
            models.append(
                BoxChoice(offer.target, f"Automatic{now}", tip="The best model that can run here")
            )
            models += [
                BoxChoice(
                    offer.target.with_model(model.spec.id),
                    model_label(model, offer.info),
                    tip=model.spec.summary,
                )
                for model in offer.models
            ]
        unknown = f"{target.model} (not known)" if self._offers else target.model
        self._model.show_choices(with_kept(models, target, unknown), target)
        self._show_state()
        self.show_row("provider", is_offered=True, has_usual=False)
        self.show_row("model", is_offered=True, has_usual=False)

    def _provider_choices(self) -> list[BoxChoice]:
        """A line for each provider, which stands for its first deployment."""
        target = self._value.target
        first: dict[str, BoxChoice] = {}
        for offer in self._offers:
            choice = BoxChoice(offer.target, offer.name, tip=offer.info.summary)
            first.setdefault(offer.info.id, choice)
        if target.provider not in first:
            name = f"{target.provider} (not known)" if first else target.provider
            first[target.provider] = BoxChoice(target.with_model(AUTO), name)
        return list(first.values())

    def _provider_value(self, target: Target) -> object:
        for choice in self._provider_choices():
            if isinstance(choice.value, Target) and choice.value.provider == target.provider:
                return choice.value
        return target

    def _show_state(self) -> None:
        """What the model is good at, or why it cannot render now."""
        if not self._offers:
            self._state.show_message("Looking at what there is…", theme.Tone.QUIET)
            return
        model = find_model(self._offers, self._value.target)
        spec = self.spec()
        if model is None or spec is None:
            self._state.show_message("There is no such model here. Choose another.", theme.Tone.BAD)
        elif isinstance(model.readiness, NotReady):
            self._state.show_message(model.readiness.reason, theme.Tone.WARNING)
        else:
            self._state.show_message(spec.summary, theme.Tone.QUIET)

    def _show_size(self, spec: ModelSpec) -> None:
        value = self._value
        aspects = [aspect.value for aspect in spec.aspects]
        shown_aspect = value.aspect if value.aspect in aspects else None
        resolutions = [
            BoxChoice(name, _resolution_label(spec, name, shown_aspect))
            for name in spec.resolutions
        ]
        usual = spec.default_size
        self._resolution.show_choices(
            with_kept(resolutions, value.resolution, f"{value.resolution} (not with {spec.label})"),
            value.resolution or usual.resolution,
        )
        automatic = BoxChoice(
            None,
            f"Automatic ({usual.aspect.value})",
            tip="As the start frame, where there is one",
        )
        choices = [automatic, *(BoxChoice(aspect, aspect) for aspect in aspects)]
        self._aspect.show_choices(
            with_kept(choices, value.aspect, f"{value.aspect} (not with {spec.label})"),
            value.aspect,
        )

    def _show_fps(self, spec: ModelSpec) -> None:
        asked = self._value.fps
        rates = [BoxChoice(fps, f"{fps} fps") for fps in spec.fps]
        self._fps.show_choices(
            with_kept(rates, asked, f"{asked} fps (not with {spec.label})"),
            spec.default_fps if asked is None else asked,
        )

    @Slot(object)
    def _on_target(self, target: object) -> None:
        self.choose("target", target)

    @Slot(object)
    def _on_resolution(self, resolution: object) -> None:
        self.choose("resolution", resolution)

    @Slot(object)
    def _on_aspect(self, aspect: object) -> None:
        self.choose("aspect", aspect)

    @Slot(object)
    def _on_duration(self, duration_s: object) -> None:
        self.choose("duration_s", duration_s)

    @Slot(object)
    def _on_fps(self, fps: object) -> None:
        self.choose("fps", fps)


def _resolution_label(spec: ModelSpec, resolution: str, aspect: str | None) -> str:
    size = _size_of(spec, resolution, aspect or spec.default_size.aspect.value)
    return f"{resolution} (not at {aspect})" if size is None else f"{size} ({resolution})"


def _size_of(spec: ModelSpec, resolution: str, aspect: str) -> FrameSize | None:
    sizes = [size for size in spec.sizes if size.resolution == resolution]
    return next((size for size in sizes if size.aspect.value == aspect), None)
