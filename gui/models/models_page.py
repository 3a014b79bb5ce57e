"""The models: which there are, what this machine can run, and the ways to install and remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QListView,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from core.platform.units import bytes_text, count_text
from gui import theme
from gui.models.model_details import ModelAction, ModelDetails
from gui.models.model_rows import (
    ITEM_ROLE,
    Installing,
    ModelDelegate,
    ModelFilter,
    ModelItem,
    ModelListModel,
    Scope,
)
from gui.widgets.fields import SearchField, ignore_wheel, named
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.labels import LinkLabel, ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import Splitter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.video.listing import ListedModel, ServiceAnswer
    from core.video.model_store import InstallSurvey
    from core.video.spec import ModelSpec
    from core.video.terms import Target

_NEWS_SIZE = (620, 380)


class ModelsPage(QWidget):
    """The list, and all about the chosen model.

    Signals:
        install_wanted(Target): tell what installing it means, by `ask_consent`.
        reuse_wanted(Target): the same, with files of a folder instead of a download.
        pause_wanted(Target), resume_wanted(Target), verify_wanted(Target).
        remove_wanted(Target): it was confirmed.
        keys_wanted(Target): a token is to be set.
        add_wanted(): a checkpoint of the person's own is to become a model.
        news_wanted(): the services are to be asked what they say of their models.
    """

    install_wanted = Signal(object)
    reuse_wanted = Signal(object)
    pause_wanted = Signal(object)
    resume_wanted = Signal(object)
    verify_wanted = Signal(object)
    remove_wanted = Signal(object)
    keys_wanted = Signal(object)
    add_wanted = Signal()
    news_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = ModelListModel(self)
        self._filter = ModelFilter(self)
        self._filter.setSourceModel(self._model)
        self._search = SearchField(
            "search",
            "Search models",
            "Shows the models whose name, state or licence has these words.",
        )
        self._scope = named(
            QComboBox(), "scope", "Which models are shown.", "Which models are shown"
        )
        for scope in Scope:
            self._scope.addItem(scope.value, scope)
        self._list = named(
            QListView(),
            "models",
            "Every model of every provider: what works here first, and the best of it first.",
            "Models",
        )
        self._list.setModel(self._filter)
        self._list.setItemDelegate(ModelDelegate(self._list))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._nothing = ToneLabel(theme.Tone.QUIET, self)
        self._nothing.show_message("Looking for models…")
        self._add = named(
            QPushButton("Add a checkpoint…"),
            "add",
            "Makes a model of your own, fine-tuned or merged, one of these.",
            "Add a checkpoint",
        )
        self._add.clicked.connect(self.add_wanted)
        self._news = named(
            QPushButton("Ask for prices…"),
            "news",
            "Asks the services for prices and fields, and shows what changed.",
            "Ask the services for prices and fields",
        )
        self._news.clicked.connect(self.news_wanted)
        self._details = ModelDetails(self)
        self._signals = {
            ModelAction.PAUSE: self.pause_wanted,
            ModelAction.RESUME: self.resume_wanted,
            ModelAction.REUSE: self.reuse_wanted,
            ModelAction.VERIFY: self.verify_wanted,
            ModelAction.KEYS: self.keys_wanted,
        }
        self._lay_out()
        ignore_wheel(self)
        self._search.textChanged.connect(self._look_for)
        self._scope.currentIndexChanged.connect(self._look_for)
        self._list.selectionModel().currentChanged.connect(self._show_chosen)
        self._model.dataChanged.connect(self._show_chosen)
        self._details.wanted.connect(self._ask)

    def models(self) -> tuple[ModelItem, ...]:
        """Every model with its state."""
        return self._model.items()

    def set_models(self, models: Sequence[ListedModel]) -> None:
        """Show these models in this order; the choice stays."""
        chosen = self.chosen
        self._model.set_models(models)
        self._show_what_is_missing()
        self.choose(chosen)

    def set_model(self, listed: ListedModel) -> None:
        """Show one model as it stands now."""
        self._model.set_model(listed)

    def set_installing(self, target: Target, installing: Installing | None) -> None:
        """Show how far the installation of a model is, or that there is none."""
        self._model.set_installing(target, installing)

    @property
    def chosen(self) -> Target | None:
        """The model whose details are shown."""
        item = self._list.currentIndex().data(ITEM_ROLE)
        return item.listed.target if isinstance(item, ModelItem) else None

    def choose(self, target: Target | None) -> None:
        """Turn to a model; None is the first."""
        rows = [self._filter.index(row, 0) for row in range(self._filter.rowCount())]
        found = [index for index in rows if index.data(ITEM_ROLE).listed.target == target]
        for index in found or rows[:1]:
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self._list.selectionModel().setCurrentIndex(index, flag)
            return
        self._details.set_item(None)

    def ask_consent(
        self, target: Target, agreed: Callable[[bool], None], survey: InstallSurvey
    ) -> None:
        """Show what installing a model means, and call that when the person agrees.

        It is told whether files that lie elsewhere on this machine are to be copied.
        """
        item = self._model.item(target)
        if item is None:
            return
        self._details.show_problem("")
        dialog = InstallDialog(item.listed.spec, survey, self)
        dialog.accepted.connect(lambda: agreed(dialog.may_copy))
        dialog.open()

    def show_problem(self, target: Target, text: str) -> None:
        """Say why what was asked of a model cannot be done, while that model is looked at."""
        if self.chosen == target:
            self._details.show_problem(text)

    def show_answer(self, target: Target, text: str) -> None:
        """Say what came of what was asked of a model, while that model is looked at."""
        if self.chosen == target:
            self._details.show_answer(text)

    def _lay_out(self) -> None:
        head = hbox(self._search, self._scope, gap=theme.GAP, grows=self._search)
        left = QWidget(self)
        foot = FlowLayout(self._add, self._news, gap=theme.GAP)
        vbox(head, self._list, self._nothing, foot, of=left, gap=theme.GAP, grows=self._list)
        split = Splitter(Qt.Orientation.Horizontal, self)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(self._details)
        left.setMinimumWidth(250)
        split.setSizes([340, 560])
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        vbox(split, of=self, margin=theme.EDGE)

    def _show_what_is_missing(self) -> None:
        if self._filter.rowCount():
            self._nothing.show_message("")
        else:
            self._nothing.show_message(
                "No model is like that." if self._model.rowCount() else "No models."
            )

    @Slot()
    def _look_for(self) -> None:
        chosen = self.chosen
        self._filter.look_for(self._scope.currentData(), self._search.text())
        self._show_what_is_missing()
        self.choose(chosen)

    @Slot()
    def _show_chosen(self) -> None:
        item = self._list.currentIndex().data(ITEM_ROLE)
        self._details.set_item(item if isinstance(item, ModelItem) else None)

    @Slot(object)
    def _ask(self, action: ModelAction) -> None:
        target = self.chosen
        if target is None:
            return
        match action:
            case ModelAction.INSTALL:
                self._details.show_answer("Asking which files are needed…")
                self.install_wanted.emit(target)
            case ModelAction.REMOVE:
                self._confirm_removal(target)
            case _:
                self._details.show_problem("")
                self._signals[action].emit(target)

    def _confirm_removal(self, target: Target) -> None:
        item = self._model.item(target)
        on_disk = item.listed.installation if item else None
        if item is None or on_disk is None:
            return
        question = QMessageBox(self)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle(f"Remove {item.listed.spec.label}")
        question.setText(
            f"Remove {item.listed.spec.label} and free {bytes_text(on_disk.freed_bytes)}?"
        )
        shared = f" {bytes_text(on_disk.shared_bytes)} of it stay with other models and programs."
        question.setInformativeText(
            f"The folder {on_disk.folder} is deleted.{shared if on_disk.shared_bytes else ''} "
            + (
                "Your own files stay where they are."
                if on_disk.is_own
                else "To use the model again it must be installed again."
            )
        )
        remove = question.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        remove.setObjectName("confirm_remove")
        keep = question.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        question.setDefaultButton(keep)
        remove.clicked.connect(lambda: self.remove_wanted.emit(target))
        question.open()


class InstallDialog(QDialog):
    """Accepted only by whoever has agreed to the licence."""

    def __init__(self, spec: ModelSpec, survey: InstallSurvey, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Install {spec.label}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        facts = QFormLayout()
        facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for name, text in (
            (
                "Size",
                f"{bytes_text(survey.total_bytes)} in {count_text(survey.file_count, 'file')}",
            ),
            ("To download", _download(survey)),
            *(
                ("Found", f"{bytes_text(found.size_bytes)} in {found.folder}")
                for found in survey.found
            ),
            *(("Passed over", text) for text in survey.passed_over),
            *(("With it", text) for text in survey.parts),
            *(("Left out", text) for text in survey.left_out),
            ("Free on the disk", bytes_text(survey.free_bytes)),
            ("Folder", str(survey.folder)),
            ("Licence", spec.licence.name),
        ):
            shown = QLabel(text, self)
            shown.setTextFormat(Qt.TextFormat.PlainText)
            shown.setWordWrap(True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            facts.addRow(f"{name}:", shown)
        terms = ToneLabel(theme.Tone.QUIET, self)
        terms.show_message(spec.licence.summary)
        links: list[QWidget] = []
        for words, url in (
            ("Read the licence", spec.licence.url),
            ("Open the model's page", survey.page_url),
        ):
            link = LinkLabel(self)
            link.lead(words, url)
            links.append(link)
        consent = named(
            QCheckBox("I accept the terms of the licence"),
            "consent",
            "Without your consent nothing is installed.",
        )
        self._copies = named(
            QCheckBox("Copy the files that were found, do not link them"),
            "copy",
            "A link takes no room, and shows what the other program makes of its file.",
        )
        self._copies.setVisible(bool(survey.found))
        buttons = QDialogButtonBox()
        install = buttons.addButton("Install", QDialogButtonBox.ButtonRole.AcceptRole)
        named(install, "confirm_install", "Begin; it can be paused at any time.")
        install.setEnabled(False)
        cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        named(cancel, "cancel_install", "Install nothing.")
        consent.toggled.connect(install.setEnabled)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        parts = (facts, terms, *links, self._copies, consent, None, buttons)
        vbox(*parts, of=self, gap=theme.GAP, margin=theme.EDGE)
        self.resize(460, self.sizeHint().height())

    @property
    def may_copy(self) -> bool:
        """Whether files that lie elsewhere on this machine are to be copied."""
        return self._copies.isChecked()


def _download(survey: InstallSurvey) -> str:
    here = survey.total_bytes - survey.fetch_bytes
    if not survey.fetch_bytes:
        return "nothing: all of it is on this machine"
    if here <= 0:
        return bytes_text(survey.fetch_bytes)
    return f"{bytes_text(survey.fetch_bytes)}; {bytes_text(here)} are on this machine already"


class NewsDialog(QDialog):
    """What the services say of their models, asked just now: prices and fields that changed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Prices and fields")
        self._state = ToneLabel()
        self._text = named(QPlainTextEdit(), "news_text", "", "What the services say")
        self._text.setReadOnly(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        named(close, "news_close", "Close; what the services said counts from now on.")
        buttons.rejected.connect(self.reject)
        parts = (self._state, self._text, buttons)
        vbox(*parts, of=self, gap=theme.GAP, grows=self._text, margin=theme.EDGE)
        self.resize(*_NEWS_SIZE)
        self._state.show_message("Asking the services, which costs nothing…")

    def show_answers(self, answers: Sequence[ServiceAnswer]) -> None:
        """Show what came of asking each of them."""
        nobody = "No provider here is a service: there is nobody to ask."
        self._state.show_message("" if answers else nobody)
        self._text.setPlainText("\n\n".join(answer.text for answer in answers))
