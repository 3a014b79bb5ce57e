"""The dialog that puts the training of a LoRA into the queue: choices, the plan, a start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QPushButton, QWidget
from typing_extensions import override

from core.errors import UnsupportedRequest, first_of
from core.platform.units import clock, count_text
from core.project.render.training_takes import list_set
from core.video.lora_training import TrainingRequest, list_trainable
from gui import theme
from gui.background import Background
from gui.render.plan_fixes import problem_in_window
from gui.theme import Tone
from gui.training.training_form import MoreTrainingForm, TrainingChoices, TrainingForm
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import FoldingSection, scrolled

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.studio import Studio
    from core.video.lora_training import TrainableModel, TrainingPlan

_SIZE = (560, 560)
_FIRST = "Choose a folder of images and clips with captions, a manifest, or a project."
_PLANNING = "Looking at the set…"


class TrainingDialog(QDialog):
    """Plans with every change, beside the main thread; what is started is shown by the queue.

    Signals:
        message(str): a sentence for the status console.
    """

    message = Signal(object)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Train a LoRA")
        self._studio = studio
        self._background = Background(self)
        self._plan: TrainingPlan | None = None
        self.form = TrainingForm()
        self.more = MoreTrainingForm()
        self.section = FoldingSection(
            "training_more", "More choices", "For those who know what they do", [self.more]
        )
        self._line = ToneLabel()
        self._line.setObjectName("training_plan")
        self._start = named(
            QPushButton("&Start training"),
            "training_start",
            "Put the training into the queue; it can be stopped and goes on from there",
        )
        close = named(QPushButton("Close"), "training_close", "Close; the choices stay")
        close.setAutoDefault(False)
        content = QWidget()
        vbox(self.form, self.section, None, of=content, gap=theme.GAP)
        vbox(
            scrolled(content),
            self._line,
            hbox(None, close, self._start, gap=theme.GAP),
            of=self,
            gap=theme.GAP,
            margin=theme.EDGE,
        )
        self.resize(*_SIZE)
        self.form.changed.connect(self._on_form)
        self.more.changed.connect(self._on_more)
        self._start.clicked.connect(self._on_start)
        close.clicked.connect(self.close)
        self._show_nothing(_FIRST)

    def close_down(self) -> None:
        """Stop what is being looked at; for the end of the program."""
        self._background.close()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # What is installed may have changed since the last time.
        self._background.run(self._read_models, self._take_models, self._complain, key="models")

    def _read_models(self, _: CancelToken) -> tuple[TrainableModel, ...]:
        return list_trainable(self._studio.registry)

    def _take_models(self, models: tuple[TrainableModel, ...]) -> None:
        self.form.set_models(models)
        self.more.set_models(models)
        self.more.set_value(self.form.value())
        self._plan_anew(self.form.value())

    @Slot(object)
    def _on_form(self, choices: TrainingChoices) -> None:
        self.more.set_value(choices)
        self._plan_anew(choices)

    @Slot(object)
    def _on_more(self, choices: TrainingChoices) -> None:
        self.form.set_value(choices)
        self._plan_anew(choices)

    def _plan_anew(self, choices: TrainingChoices) -> None:
        source = choices.source
        if source is None:
            self._show_nothing(_FIRST)
            return
        self._show_nothing(_PLANNING)

        def plan(cancel: CancelToken) -> TrainingPlan:
            listed = list_set(source)
            request = TrainingRequest(
                target=choices.target,
                listed=listed,
                choices=choices.choices,
                resolution=choices.resolution,
                length_s=choices.length,
                name=choices.name.strip() or self._studio.free_lora_name(listed),
            )
            return self._studio.plan_training(request, cancel)

        self._background.run(plan, self._take_plan, self._complain, key="plan")

    def _take_plan(self, plan: TrainingPlan) -> None:
        self._plan = plan
        self._start.setEnabled(True)
        if not self.form.value().name.strip():
            self.form.show_free_name(plan.name)
        time = f"about {clock(plan.est_seconds)}" if plan.est_seconds else "time not known yet"
        steps = count_text(plan.recipe.steps, "step")
        line = f"{plan.set_text}: {steps}, {time}, to {plan.path.name}."
        self._line.show_message("\n".join([line, *plan.notes]), Tone.GOOD)

    def _show_nothing(self, text: str) -> None:
        self._plan = None
        self._start.setEnabled(False)
        self._line.show_message(text, Tone.QUIET)

    def _complain(self, error: StudioError) -> None:
        self._show_nothing("")
        said = [str(error)]
        if isinstance(error, UnsupportedRequest):
            said = first_of(list(map(problem_in_window, error.problems)), 6)
        self._line.show_message("\n".join(said), Tone.BAD)

    @Slot()
    def _on_start(self) -> None:
        plan = self._plan
        if plan is None:
            return
        self._start.setEnabled(False)

        def submit(_: CancelToken) -> str:
            self._studio.submit_training(plan)
            return plan.name

        self._background.run(submit, self._on_started, self._complain, key="submit")

    def _on_started(self, name: str) -> None:
        self.message.emit(f"The LoRA {name!r} is in the queue.")
        # The next one is another LoRA, with a name of its own.
        unnamed = self.form.value().model_copy(update={"name": ""})
        self.form.set_value(unnamed)
        self.more.set_value(unnamed)
        self.form.show_free_name("")
        self._show_nothing("")
        self.close()
