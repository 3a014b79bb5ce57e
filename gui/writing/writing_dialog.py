"""The dialog that asks who is to write, and shows the whole price before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QDialog, QPushButton, QWidget
from typing_extensions import override

from core.errors import UnsupportedRequest
from core.language.model import LanguageModel, at_most
from core.language.tasks.storyboards import NO_MODEL
from core.spending.caps import ProjectBudget
from core.video.provider import NotReady, ReasonCode
from gui import theme
from gui.render.plan_fixes import SetKey
from gui.theme import Tone
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import LineField, WrappingCheckBox, named
from gui.widgets.labels import ToneLabel, label_of
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import scrolled

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.config.api_keys import KeySpec
    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.language.language_models import ListedLanguage, PlannedWriting
    from core.language.tasks.prompts import ContinuityTask, EnhanceTask
    from core.language.tasks.storyboards import StoryboardTask
    from core.studio import Studio
    from gui.background import Background
    from gui.project.project_model import ProjectModel

    Task = EnhanceTask | ContinuityTask | StoryboardTask

_SIZE = (540, 420)
_AFTER_MS = 150
_LOOKING = "Looking for language models…"
_PLANNING = "Counting the words…"
_NONE = (
    "No language model is there. Install Ollama (ollama.com) and fetch one by 'ollama pull "
    "gemma4:e4b', which is free and stays on this machine; or set the key of a service."
)


class WritingDialog(QDialog):
    """Looks for language models when it is opened; its button has the whole price on it.

    Signals:
        agreed(PlannedWriting): a person wants this to be asked, at this price.
        fix_wanted(Fix): what only another room can mend.
    """

    agreed = Signal(object)
    fix_wanted = Signal(object)

    def __init__(
        self,
        studio: Studio,
        model: ProjectModel,
        background: Background,
        make_task: Callable[[str, bool], Task],
        parent: QWidget,
        *,
        title: str,
        what: str,
        style_tip: str,
        num_selected: int = 0,
        is_storyboard: bool = False,
    ) -> None:
        """A dialog for one task.

        Args:
            studio: has the language models.
            model: the open project.
            background: for what takes its time.
            make_task: makes the task of a style, and of whether only selected scenes are meant;
                called beside the main thread; raises UnsupportedRequest.
            parent: the window.
            title: of the dialog.
            what: says what is done.
            style_tip: says what the style is for.
            num_selected: how many scenes are selected; 0 where that says nothing.
            is_storyboard: whether there is another way without a language model.
        """
        super().__init__(parent)
        self.setObjectName("writing_dialog")
        self.setWindowTitle(title)
        self._studio = studio
        self._project = model.project
        self._background = background
        self._make_task = make_task
        self._is_storyboard = is_storyboard
        self._planned: PlannedWriting | None = None
        self._key: KeySpec | None = None
        self._begun: list[CancelToken] = []
        self._what = ToneLabel()
        self._what.show_message(what)
        self._model = named(
            ChoiceField([Choice(None, _LOOKING)]), "writing_model", "Who writes", "Model"
        )
        self._style = named(LineField(), "writing_style", style_tip, "Style")
        self._style.setPlaceholderText("Such as: ink on paper, cold light")
        self._selected = named(
            WrappingCheckBox(f"Only the &selected scenes ({num_selected})"), "writing_selected",
            "Leave all other scenes as they are",
        )  # fmt: skip
        self._selected.setVisible(num_selected > 0)
        self._selected.setChecked(num_selected > 0)
        self._line = named(ToneLabel(), "writing_plan")
        self._warning = named(ToneLabel(Tone.WARNING), "writing_warning")
        self._others = named(ToneLabel(), "writing_others")
        self._set_key = named(QPushButton("Set &key…"), "writing_key", "Enter a service's key")
        self._again = named(
            QPushButton("&Look again"), "writing_look", "Look for language models once more"
        )
        self._cancel = named(QPushButton("Cancel"), "writing_cancel", "Ask nobody")
        self._ask = named(QPushButton(), "writing_ask", "Send the words, and wait for the answer")
        self._pause = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._lay_out()
        self._model.edited.connect(self._plan_anew)
        self._style.textChanged.connect(self._plan_anew)
        self._selected.toggled.connect(self._plan_anew)
        self._pause.timeout.connect(self._plan)
        self._again.clicked.connect(self._look)
        self._set_key.clicked.connect(self._on_key)
        self._cancel.clicked.connect(self.reject)
        self._ask.clicked.connect(self._on_ask)
        self._look()

    @override
    def done(self, result: int) -> None:
        """Close; nothing arrives any more at a dialog that is gone."""
        self._pause.stop()
        for token in self._begun:
            token.cancel()
        super().done(result)

    def _lay_out(self) -> None:
        # Nothing that costs money is ordered by Enter in a field.
        for button in (self._set_key, self._again, self._cancel, self._ask):
            button.setAutoDefault(False)
        content = QWidget()
        vbox(
            self._what,
            hbox(label_of(self._model, "&Model"), self._model, self._again, gap=theme.GAP,
                 grows=self._model),
            hbox(label_of(self._style, "St&yle"), self._style, gap=theme.GAP, grows=self._style),
            self._selected, self._line, self._warning, hbox(self._set_key, None), self._others,
            None, of=content, gap=theme.GAP,
        )  # fmt: skip
        content.setContentsMargins(0, 0, theme.GAP, 0)
        area = scrolled(content, "writing_area")
        buttons = hbox(None, self._cancel, self._ask, gap=theme.GAP)
        vbox(area, buttons, of=self, gap=theme.GAP, margin=theme.EDGE, grows=area)
        self.resize(*_SIZE)
        self._set_key.hide()

    @Slot()
    def _look(self) -> None:
        self._show_plan(None)
        self._again.setEnabled(False)
        self._line.show_message(_LOOKING)
        self._begun.append(
            self._background.run(
                lambda _: self._studio.language.listed(), self._take_list, self._complain
            )
        )

    def _take_list(self, listed: list[ListedLanguage]) -> None:
        self._again.setEnabled(True)
        usual = self._studio.settings.language.model
        choices: list[Choice] = []
        for one in listed:
            why_not = one.readiness.reason if isinstance(one.readiness, NotReady) else ""
            for place, model in enumerate(one.models):
                text = f"{model.label} · {model.terms}"
                begins = place == 0 and bool(choices)
                choices.append(Choice(model, text, why_not, model.summary, begins_group=begins))
        usable = [choice.value for choice in choices if not choice.why_not]
        chosen = next(
            (one for one in usable if isinstance(one, LanguageModel) and one.name == usual), None
        )
        # A model that costs money is chosen by a person, here or in the settings.
        free = [one for one in usable if isinstance(one, LanguageModel) and one.is_free]
        chosen = chosen or next(iter(free), None)
        self._model.show_choices(choices or [Choice(None, "None is there")], chosen)
        absent = [f"{one.info.label}: {one.error}" for one in listed if one.error is not None]
        if usual and chosen is None:
            absent.insert(0, f"{usual}, which the settings name, is not there.")
        keys = [
            one.info.key
            for one in listed
            if isinstance(one.readiness, NotReady)
            and one.readiness.reason_code is ReasonCode.KEY_MISSING
        ]
        self._key = next(iter(keys), None)
        self._set_key.setVisible(self._key is not None)
        self._others.show_message("\n".join(f"• {line}" for line in absent))
        self._line.show_message("")
        if usable:
            self._plan_anew()
            return
        without = f"{NO_MODEL}\n\n" if self._is_storyboard else ""
        off = [
            f"{one.readiness.reason} {one.readiness.fix}".strip()
            for one in listed
            if isinstance(one.readiness, NotReady)
            and one.readiness.reason_code is ReasonCode.NETWORK_OFF
        ]
        self._warning.show_message("\n\n".join([f"{without}{_NONE}", *off[:1]]))

    @Slot()
    def _plan_anew(self, _: object = None) -> None:
        self._show_plan(None)
        if isinstance(self._model.value(), LanguageModel):
            self._line.show_message(_PLANNING)
            self._pause.start()
        else:
            self._line.show_message("Choose who writes.")

    @Slot()
    def _plan(self) -> None:
        model = self._model.value()
        if not isinstance(model, LanguageModel):
            return
        style, is_selected = self._style.text().strip(), self._selected.isChecked()
        budget = ProjectBudget.of(self._project)

        def work(cancel: CancelToken) -> PlannedWriting:
            task = self._make_task(style, is_selected)
            planned = self._studio.language.plan(task, model)
            cancel.check()
            self._studio.language.check_caps(planned, project=budget)
            return planned

        self._begun.append(
            self._background.run(work, self._show_plan, self._complain, key="writing")
        )

    def _show_plan(self, planned: PlannedWriting | None) -> None:
        readiness = None if planned is None else planned.readiness
        why_not = readiness.reason if isinstance(readiness, NotReady) else ""
        self._planned = None if why_not else planned
        self._ask.setEnabled(self._planned is not None)
        cost = 0.0 if planned is None else planned.at_most_usd
        self._ask.setText(f"&Ask · {at_most(cost)}" if cost else "&Ask")
        notes = () if planned is None else planned.notes
        self._line.show_message("\n".join(f"• {note}" for note in notes))
        hint = readiness.fix if isinstance(readiness, NotReady) else ""
        self._warning.show_message(f"{why_not} {hint}".strip())

    def _complain(self, error: StudioError) -> None:
        self._again.setEnabled(True)
        is_many = isinstance(error, UnsupportedRequest)
        text = " ".join(one.message for one in error.problems) if is_many else str(error)
        self._line.show_message("")
        self._warning.show_message(text)

    @Slot()
    def _on_key(self) -> None:
        if self._key is not None:
            # It would keep a person from the settings.
            self.reject()
            self.fix_wanted.emit(SetKey(self._key))

    @Slot()
    def _on_ask(self) -> None:
        if self._planned is not None:
            self.agreed.emit(self._planned)
            self.accept()
