"""The page of models: what it shows, and what each control asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListView,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QWidget,
)

from core.config.settings import Appearance
from core.video.listing import ListedModel, ModelState
from core.video.model_store import FoundFiles, Installation, InstallSurvey, OnDisk
from core.video.provider import NotReady, Ready, ReasonCode
from core.video.spec import Licence
from core.video.terms import Target
from gui import theme
from gui.models.add_model_dialog import AddModelDialog
from gui.models.model_rows import Installing, InstallPhase
from gui.models.models_page import InstallDialog, ModelsPage
from tests.fakes.provider import BIG, SMALL, FakeProvider
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot


INFO = FakeProvider().info
FOLDER = Path("/models/fake-big")


def target(model: str) -> Target:
    return Target(provider="fake", deployment="local", model=model)


def big(on_disk: OnDisk, *, too_large: str = "", is_gated: bool = False) -> ListedModel:
    licence = Licence(name="Some Licence", url="http://127.0.0.1/licence", is_gated=is_gated)
    readiness = (
        Ready(FOLDER)
        if on_disk is OnDisk.WHOLE
        else NotReady(ReasonCode.NOT_INSTALLED, "Fake Big is not installed.", "Run 'a command'.")
    )
    return ListedModel(
        target(BIG.id),
        INFO,
        BIG.model_copy(update={"licence": licence}),
        readiness,
        Installation(on_disk, FOLDER, 0 if on_disk is OnDisk.NOTHING else 20_000_000_000),
        too_large,
    )


BUILT_IN = ListedModel(target(SMALL.id), INFO, SMALL, Ready())
SURVEY = InstallSurvey(FOLDER, 12, 50_000_000_000, 30_000_000_000, 99_000_000_000, "http://a/b")


class HeardPage(ModelsPage):
    """A page whose signals are kept for the tests."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        for name in ("install", "reuse", "pause", "resume", "verify", "remove", "keys"):
            getattr(self, f"{name}_wanted").connect(
                lambda target, name=name: self.said.append(f"{name} {target}")
            )
        self.add_wanted.connect(lambda: self.said.append("add"))
        self.news_wanted.connect(lambda: self.said.append("news"))


def make_page(qtbot: QtBot, listed: ListedModel | None = None) -> HeardPage:
    page = HeardPage()
    qtbot.addWidget(page)
    page.set_models((listed or big(OnDisk.NOTHING), BUILT_IN))
    return page


def words(page: QWidget) -> str:
    labels = [label for label in page.findChildren(QLabel) if label.isVisibleTo(page)]
    return "\n".join(label.text() for label in labels)


def offered(page: ModelsPage) -> set[str]:
    buttons = page.findChildren(QPushButton)
    seen = {button.objectName() for button in buttons if button.isVisibleTo(page)}
    # It has nothing to do with the model that is chosen.
    return seen - {"add", "news"}


def page_of(widget: QWidget) -> HeardPage:
    above: QWidget | None = widget
    while not isinstance(above, HeardPage):
        assert above is not None
        above = above.parentWidget()
    return above


def has_dialog(page: ModelsPage) -> bool:
    return page.findChild(InstallDialog) is not None


def shown_models(page: ModelsPage) -> list[str]:
    rows = child(page, QListView).model()
    return [rows.index(row, 0).data() for row in range(rows.rowCount())]


# Every control.


def confirm_removal(button: QAbstractButton) -> None:
    button.click()
    child(page_of(button), QAbstractButton, "confirm_remove").click()


def test_every_control_has_its_effect(qtbot: QtBot) -> None:
    def on(state: OnDisk, phase: InstallPhase | None, act: Callable) -> Callable:
        def do(widget: QWidget) -> None:
            page = page_of(widget)
            page.set_model(big(state, is_gated=True))
            page.set_installing(target(BIG.id), Installing(phase, "job") if phase else None)
            assert widget.isVisibleTo(page), f"{widget.objectName()} is not offered"
            act(widget)

        return do

    def click(button: QAbstractButton) -> None:
        button.click()

    def said(page: HeardPage) -> list[str]:
        return list(page.said)

    check_every_control(
        lambda: make_page(qtbot),
        [
            ControlCase("search", lambda line: qtbot.keyClicks(line, "built in"), shown_models),
            ControlCase("scope", lambda box: box.setCurrentIndex(1), shown_models),
            ControlCase(
                "models", lambda rows: qtbot.keyClick(rows, Qt.Key.Key_Down), lambda p: p.chosen
            ),
            ControlCase("install", on(OnDisk.NOTHING, None, click), said),
            ControlCase("pause", on(OnDisk.PARTLY, InstallPhase.RUNNING, click), said),
            ControlCase("resume", on(OnDisk.PARTLY, InstallPhase.STOPPED, click), said),
            ControlCase("adopt", on(OnDisk.NOTHING, None, click), said),
            ControlCase("verify", on(OnDisk.WHOLE, None, click), said),
            ControlCase("remove", on(OnDisk.WHOLE, None, confirm_removal), said),
            ControlCase("keys", on(OnDisk.NOTHING, None, click), said),
            ControlCase("add", click, said),
            ControlCase("news", click, said),
        ],
    )


def test_every_control_of_the_dialog_for_checkpoints_has_its_effect(qtbot: QtBot) -> None:
    def make() -> AddModelDialog:
        page = make_page(qtbot)
        dialog = AddModelDialog([SMALL, BIG], page)
        dialog.wanted.connect(lambda wanted: page.said.append(str(wanted)))
        dialog.open()
        return dialog

    def filled(button: QAbstractButton) -> None:
        dialog = button.window()
        child(dialog, QLineEdit, "add_path").setText("/a/mix.safetensors")
        child(dialog, QLineEdit, "add_name").setText("Mix")
        button.click()

    def said(dialog: AddModelDialog) -> list[str]:
        return list(page_of(dialog).said)

    def dialogs(dialog: AddModelDialog) -> int:
        return len(dialog.findChildren(QFileDialog))

    def texts(dialog: AddModelDialog) -> list[str]:
        return [line.text() for line in dialog.findChildren(QLineEdit)]

    check_every_control(
        make,
        [
            ControlCase("add_path", lambda line: qtbot.keyClicks(line, "/a"), texts),
            ControlCase("add_name", lambda line: qtbot.keyClicks(line, "Mix"), texts),
            ControlCase("add_file", lambda button: button.click(), dialogs),
            ControlCase("add_folder", lambda button: button.click(), dialogs),
            ControlCase(
                "add_like",
                lambda box: box.setCurrentIndex(2),
                lambda dialog: child(dialog, QComboBox, "add_like").currentData(),
            ),
            ControlCase("add_checkpoint", filled, said),
            ControlCase("cancel_add", lambda button: button.click(), lambda d: d.isVisible()),
        ],
    )


def test_every_control_explains_itself(qtbot: QtBot) -> None:
    for name, control in controls_of(make_page(qtbot)).items():
        assert control.toolTip(), name
        assert control.accessibleName(), name


# What is shown.


@pytest.mark.parametrize(
    ("on_disk", "phase", "buttons"),
    [
        (OnDisk.NOTHING, None, {"install", "adopt"}),
        (OnDisk.PARTLY, None, {"install", "adopt", "remove"}),
        (OnDisk.PARTLY, InstallPhase.RUNNING, {"pause"}),
        (OnDisk.NOTHING, InstallPhase.WAITING, {"pause"}),
        (OnDisk.PARTLY, InstallPhase.STOPPED, {"resume", "adopt", "remove"}),
        (OnDisk.PARTLY, InstallPhase.FAILED, {"resume", "adopt", "remove"}),
        (OnDisk.DAMAGED, None, {"install", "adopt", "remove", "verify"}),
        (OnDisk.WHOLE, None, {"remove", "verify"}),
        (OnDisk.WHOLE, InstallPhase.CHECKING, {"pause"}),
    ],
)
def test_only_what_can_be_done_is_offered(
    qtbot: QtBot, on_disk: OnDisk, phase: InstallPhase | None, buttons: set[str]
) -> None:
    page = make_page(qtbot, big(on_disk))
    page.set_installing(target(BIG.id), Installing(phase, "job") if phase else None)
    assert offered(page) == buttons


def test_a_checkpoint_of_ones_own_is_checked_and_removed_and_never_fetched(qtbot: QtBot) -> None:
    damaged = Installation(OnDisk.DAMAGED, FOLDER, 20_000_000_000, is_own=True)
    page = make_page(qtbot, replace(big(OnDisk.DAMAGED), installation=damaged))
    assert offered(page) == {"verify", "remove"}
    child(page, QPushButton, "remove").click()
    question = child(page, QMessageBox)
    assert "Your own files stay where they are." in question.informativeText()
    question.reject()


def test_a_whole_model_says_what_it_lacks_and_offers_to_add_it(qtbot: QtBot) -> None:
    missing = ("prompt enhancer", "duration head")
    whole = Installation(OnDisk.WHOLE, FOLDER, 20_000_000_000, missing_parts=missing)
    page = make_page(qtbot, replace(big(OnDisk.WHOLE), installation=whole))
    assert "installed without its prompt enhancer and duration head." in words(page)
    assert offered(page) == {"install", "adopt", "keys", "verify", "remove"}
    button = child(page, QPushButton, "install")
    assert button.text() == "Add missing parts…"
    button.click()
    assert page.said == [f"install {target(BIG.id)}"]


def test_a_built_in_model_offers_nothing_and_shows_its_facts(qtbot: QtBot) -> None:
    page = make_page(qtbot)
    page.choose(target(SMALL.id))
    assert offered(page) == set()
    messages = words(page)
    for part in ("Fake Small", "Built in", "1.0 MB", "public domain", "free", "0.5-4 s", "8, 16"):
        assert part in messages


@pytest.mark.parametrize(
    ("listed", "state"),
    [
        (BUILT_IN, ModelState.BUILT_IN),
        (big(OnDisk.NOTHING), ModelState.NOT_INSTALLED),
        (big(OnDisk.PARTLY), ModelState.PARTLY),
        (big(OnDisk.WHOLE), ModelState.INSTALLED),
        (big(OnDisk.DAMAGED), ModelState.DAMAGED),
        (big(OnDisk.NOTHING, too_large="It needs 99 GB."), ModelState.TOO_LARGE),
        (replace(BUILT_IN, spec=BIG), ModelState.INSTALLED),
        (
            replace(BUILT_IN, readiness=NotReady(ReasonCode.NETWORK_OFF, "", "")),
            ModelState.NETWORK_OFF,
        ),
    ],
)
def test_each_state_has_its_word(listed: ListedModel, state: ModelState) -> None:
    assert listed.state is state


@pytest.mark.parametrize("reason", ReasonCode)
def test_each_reason_has_its_state(reason: ReasonCode) -> None:
    state = replace(BUILT_IN, readiness=NotReady(reason, "", "")).state
    is_too_small = reason is ReasonCode.MACHINE_TOO_SMALL
    assert state.value == ("too large" if is_too_small else reason.value)


def test_the_model_to_have_is_told_in_list_and_details_and_stays_so(qtbot: QtBot) -> None:
    advised = replace(big(OnDisk.NOTHING), advice="It is the best that fits.")
    page = make_page(qtbot, advised)
    page.set_model(big(OnDisk.NOTHING))
    assert page.models()[0].state == "not installed, recommended"
    told = " ".join(label.text() for label in page.findChildren(QLabel))
    assert "Recommended for this machine. It is the best that fits." in told


def test_a_model_that_is_too_large_says_why(qtbot: QtBot) -> None:
    page = make_page(qtbot, big(OnDisk.NOTHING, too_large="It needs about 99 GB of memory."))
    assert "This machine cannot run it. It needs about 99 GB of memory." in words(page)
    child(page, QComboBox, "scope").setCurrentText("This machine can run")
    assert shown_models(page) == ["Fake Small: built in"]


def test_a_gated_model_explains_the_way_to_its_token(qtbot: QtBot) -> None:
    page = make_page(qtbot, big(OnDisk.NOTHING, is_gated=True))
    assert "make a token of the kind 'read'" in words(page)
    assert "keys" in offered(page)


def test_progress_is_shown_in_the_list_and_beside_it(qtbot: QtBot) -> None:
    page = make_page(qtbot, big(OnDisk.PARTLY))
    going_on = Installing(InstallPhase.RUNNING, "job", 0.25, "12.5 of 50.0 GB, 80 MB/s", 470)
    page.set_installing(target(BIG.id), going_on)
    assert shown_models(page)[0] == "Fake Big: installing"
    assert "25%, 12.5 of 50.0 GB, 80 MB/s, about 7 min 50 s left" in words(page)
    assert child(page, QProgressBar).value() == 250


def test_a_search_without_a_hit_says_so(qtbot: QtBot) -> None:
    page = make_page(qtbot)
    child(page, QLineEdit, "search").setText("nothing like it")
    assert "No model is like that." in words(page)
    assert "Choose a model" in words(page)


def test_the_choice_stays_when_the_models_are_looked_at_anew(qtbot: QtBot) -> None:
    page = make_page(qtbot)
    page.choose(target(SMALL.id))
    page.set_models((BUILT_IN, big(OnDisk.WHOLE)))
    assert page.chosen == target(SMALL.id)


def test_nobody_installs_without_consent(qtbot: QtBot) -> None:
    page = make_page(qtbot)
    agreed: list[bool] = []
    page.ask_consent(target(BIG.id), agreed.append, SURVEY)
    dialog = child(page, InstallDialog)
    assert not child(dialog, QCheckBox, "copy").isVisibleTo(dialog)
    messages = words(dialog)
    for part in ("50.0 GB in 12 files", "30.0 GB; 20.0 GB are on this machine already",
                 "99.0 GB", str(FOLDER), "Some Licence", "http://127.0.0.1/licence"):  # fmt: skip
        assert part in messages
    install = child(dialog, QPushButton, "confirm_install")
    assert not install.isEnabled()
    child(dialog, QCheckBox, "consent").click()
    install.click()
    assert agreed == [False]


def test_files_that_were_found_are_named_and_copied_only_on_demand(qtbot: QtBot) -> None:
    page = make_page(qtbot)
    agreed: list[bool] = []
    found = FoundFiles(Path("/ComfyUI/models"), 3, 20_000_000_000)
    survey = replace(SURVEY, found=(found,), passed_over=("A list is passed over: it is broken.",))
    survey = replace(survey, parts=("model for depth maps: 0.1 GB, under Apache 2.0",))
    survey = replace(survey, left_out=("The prompt enhancer is left out: it is closed.",))
    page.ask_consent(target(BIG.id), agreed.append, survey)
    dialog = child(page, InstallDialog)
    assert "20.0 GB in /ComfyUI/models" in words(dialog)
    assert "A list is passed over: it is broken." in words(dialog)
    assert "model for depth maps: 0.1 GB, under Apache 2.0" in words(dialog)
    assert "The prompt enhancer is left out: it is closed." in words(dialog)
    child(dialog, QCheckBox, "copy").click()
    child(dialog, QCheckBox, "consent").click()
    child(dialog, QPushButton, "confirm_install").click()
    assert agreed == [True]


def test_a_removal_says_what_it_frees_and_what_stays_with_others(qtbot: QtBot) -> None:
    shared = Installation(OnDisk.WHOLE, FOLDER, 20_000_000_000, shared_bytes=15_000_000_000)
    page = make_page(qtbot, replace(big(OnDisk.WHOLE), installation=shared))
    child(page, QPushButton, "remove").click()
    question = child(page, QMessageBox)
    assert "free 5.0 GB?" in question.text()
    assert "15.0 GB of it stay with other models" in question.informativeText()
    question.reject()


def test_a_removal_that_is_not_confirmed_removes_nothing(qtbot: QtBot) -> None:
    page = make_page(qtbot, big(OnDisk.WHOLE))
    child(page, QPushButton, "remove").click()
    question = child(page, QMessageBox)
    assert "free 20.0 GB" in question.text()
    question.reject()
    assert page.said == []


@pytest.mark.parametrize("look", [Appearance.LIGHT, Appearance.DARK])
def test_the_list_is_painted_in_both_themes(
    qtbot: QtBot, qapp: QApplication, look: Appearance
) -> None:
    theme.apply(qapp, look)
    try:
        page = make_page(qtbot)
        page.set_installing(target(BIG.id), Installing(InstallPhase.RUNNING, "job", 0.5, "half"))
        page.resize(900, 500)
        image = page.grab().toImage()
        assert len({image.pixel(x, y) for x in range(0, 300, 3) for y in range(0, 200, 3)}) > 20
    finally:
        theme.apply(qapp, Appearance.LIGHT)
