"""The dialog that compares one prompt on several models: the prompt, the models, the price."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QDialog, QPushButton, QWidget
from typing_extensions import override

from core.comparison.render.comparison_plan import (
    ComparisonRequest,
    look_at_targets,
    plan_comparison,
)
from core.comparison.render.comparison_run import ComparisonRun
from core.errors import UnsupportedRequest, first_of
from core.frozen import Frozen
from core.platform.units import count_text, price
from core.video.listing import read_listing
from core.video.planning.render_planner import total_usd
from core.video.request import FrameRequest, Input, RenderRequest
from core.video.terms import OutputKind, Role
from gui import theme
from gui.background import Background
from gui.comparison.target_list import TargetList
from gui.render.plan_fixes import problem_in_window
from gui.render.render_agreement import agree
from gui.theme import Tone
from gui.widgets.choice_field import ChoiceField, choices_of
from gui.widgets.fields import TextField, ignore_wheel, named
from gui.widgets.file_field import IMAGES, FileField, FileKind
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.model_form import ModelForm
from gui.widgets.number_field import Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from core.comparison.render.comparison_plan import ComparisonPlan, PlannedTarget
    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.studio import Studio
    from core.video.listing import ModelListing
    from core.video.terms import Target

_SIZE = (820, 600)
_PAUSE_MS = 300
_MOST_SHOWN = 6
_OWN = "Each model's own"
_SIZES = {None: _OWN, **{name: name for name in ("480p", "720p", "1080p", "1440p", "4k")}}
_LENGTH = NumberLook(1, 0.5, " s", none_text=_OWN, first=5.0)
_FIRST = "Write a prompt, and tick two models or more."


class ComparisonChoices(Frozen):
    """What a person has chosen so far; None is each model's own.

    Attributes:
        length: in seconds.
        size: by its name.
        image: that the clips start from.
    """

    prompt: str = ""
    length: float | None = None
    size: str | None = None
    image: Path | None = None

    def request(self) -> RenderRequest:
        """The request that every model gets."""
        inputs = () if self.image is None else (Input(role=Role.START, path=self.image),)
        frame = FrameRequest(resolution=self.size, duration_s=self.length)
        return RenderRequest(prompt=self.prompt, frame=frame, inputs=inputs)


class ComparisonForm(ModelForm[ComparisonChoices]):
    """What every model is asked for."""

    def __init__(self) -> None:
        super().__init__(ComparisonChoices(), "comparison_")
        self.add_row("prompt", "&Prompt", TextField(lines=3), "What is to be seen, for all of them")
        self.add_row(
            "length", "&Length", NumberField(Limits(0.5, 60.0), _LENGTH),
            "How long each clip is; where a model has not this length, the nearest is taken",
        )  # fmt: skip
        self.add_row(
            "size", "Si&ze", ChoiceField(choices_of(_SIZES)),
            "How large each clip is; where a model has not this size, the nearest is taken",
        )  # fmt: skip
        image = FileField(
            "comparison_image", FileKind("a start frame", (IMAGES,), none_text="None")
        )
        self.add_row("image", "Start &frame", image)
        ignore_wheel(self)


class ComparisonDialog(QDialog):
    """Plans with every change, beside the main thread; what is started is shown by the queue.

    Signals:
        message(str): a sentence for the status console.
    """

    message = Signal(object)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare models")
        self._studio = studio
        self._background = Background(self)
        self._plans: dict[Target, PlannedTarget] = {}
        self.form = ComparisonForm()
        self.targets = TargetList()
        self._line = named(ToneLabel(), "comparison_plan")
        self._compare = named(
            QPushButton("&Compare"),
            "comparison_start",
            "Make the prompt with each ticked model; the page opens when all are there",
        )
        close = named(QPushButton("Close"), "comparison_close", "Close; the choices stay")
        close.setAutoDefault(False)
        vbox(
            self.form,
            self.targets,
            self._line,
            hbox(None, close, self._compare, gap=theme.GAP),
            of=self,
            gap=theme.GAP,
            margin=theme.EDGE,
            grows=self.targets,
        )
        for button in self.form.findChildren(QPushButton):
            # Return compares, and chooses no file.
            button.setAutoDefault(False)
        self._compare.setDefault(True)
        self.resize(*_SIZE)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._plan_anew)
        self.form.changed.connect(self._on_form)
        self.targets.edited.connect(self._show_total)
        self._compare.clicked.connect(self._on_compare)
        close.clicked.connect(self.close)
        self._show_total()

    def close_down(self) -> None:
        """Stop what is being planned; for the end of the program."""
        self._pause.stop()
        self._background.close()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # What is installed, and which keys are set, may have changed since the last time.
        self._background.run(self._read_models, self._take_models, self._complain, key="models")

    def _read_models(self, cancel: CancelToken) -> ModelListing:
        return read_listing(self._studio.registry, cancel, weighs=False)

    def _take_models(self, listing: ModelListing) -> None:
        self.targets.set_models(
            model
            for model in listing.models
            if any(task.output is OutputKind.VIDEO for task in model.spec.tasks)
        )
        self._plan_anew()

    @Slot(object)
    def _on_form(self, _: object) -> None:
        self._plans = {}
        self._pause.start()
        self._show_total()

    @Slot()
    def _plan_anew(self) -> None:
        choices, targets = self.form.value(), self.targets.ready
        if not choices.prompt.strip() or not targets:
            self._plans = {}
            self.targets.show_no_plans()
            self._show_total()
            return
        asked = ComparisonRequest(choices.request(), targets)

        def plan(cancel: CancelToken) -> tuple[PlannedTarget, ...]:
            return look_at_targets(self._studio, asked, cancel)

        self._background.run(plan, self._take_plans, self._complain, key="plans")

    def _take_plans(self, plans: tuple[PlannedTarget, ...]) -> None:
        self._plans = {one.entry.target: one for one in plans}
        self.targets.show_plans(plans)
        self._show_total()

    @Slot()
    def _show_total(self, _: object = None) -> None:
        """Say what the ticked ones cost together, or why they cannot be compared."""
        ticked = self.targets.ticked
        found = [self._plans[target] for target in ticked if target in self._plans]
        is_known = len(found) == len(ticked) > 1
        self._compare.setEnabled(is_known and not any(one.problems for one in found))
        if not self.form.value().prompt.strip() or len(ticked) < 2:
            self._line.show_message(_FIRST, Tone.QUIET)
        elif not is_known:
            self._line.show_message("Planning…", Tone.QUIET)
        elif any(one.problems for one in found):
            said = [
                f"{one.entry.label}: {problem_in_window(problem)}"
                for one in found
                for problem in one.problems
            ]
            self._line.show_message("\n".join(first_of(said, _MOST_SHOWN)), Tone.BAD)
        else:
            total = total_usd(one.planned for one in found if one.planned is not None)
            clips = count_text(len(found), "clip")
            self._line.show_message(f"{clips}, {price(total)} in all.", Tone.GOOD)

    def _complain(self, error: StudioError) -> None:
        self._compare.setEnabled(bool(self._plans))
        said = [str(error)]
        if isinstance(error, UnsupportedRequest):
            said = first_of(list(map(problem_in_window, error.problems)), _MOST_SHOWN)
        self._line.show_message("\n".join(said), Tone.BAD)

    @Slot()
    def _on_compare(self) -> None:
        self._compare.setEnabled(False)
        asked = ComparisonRequest(self.form.value().request(), self.targets.ticked)

        def plan(cancel: CancelToken) -> ComparisonPlan:
            return plan_comparison(self._studio, asked, cancel)

        self._background.run(plan, self._agree, self._complain, key="compare")

    def _agree(self, plan: ComparisonPlan) -> None:
        """Ask about the price, and begin."""
        if not agree(self, plan.to_buy):
            self._show_total()
            return
        run = ComparisonRun(self._studio, plan)
        self._background.run(lambda _: run.begin(), lambda _: self._on_begun(plan), self._complain)

    def _on_begun(self, plan: ComparisonPlan) -> None:
        clips = count_text(len(plan.to_buy), "clip is", "clips are")
        self.message.emit(f"{clips} in the queue to be compared; the page opens when all are done.")
        self.close()
        self._show_total()
