"""The page of models: what it shows, what each control asks for, and real installations."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, Qt, Signal
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

from core.config.settings import Appearance, with_text
from core.jobs.lanes import Lane
from core.platform.machine import Gpu, Machine
from core.platform.paths import Paths
from core.studio import Studio
from core.video.listing import ListedModel, ModelState
from core.video.model_store import FoundFiles, Installation, InstallSurvey, OnDisk
from core.video.provider import NotReady, Ready, ReasonCode
from core.video.request import Target
from core.video.spec import Licence
from gui import theme
from gui.background import Background
from gui.models.add_model_dialog import AddModelDialog
from gui.models.model_rows import Installing, InstallPhase
from gui.models.models_controller import ModelsController
from gui.models.models_page import InstallDialog, ModelsPage
from providers import PROVIDERS
from providers.ltx_video.install.installed import check_installed
from providers.ltx_video.models.downloads import WEIGHTS
from tests.fakes.checkpoints import TINY_ENTRY, install_layers, save, weights_like
from tests.fakes.provider import BIG, SMALL, FakeProvider
from tests.fakes.services.stub_hub import StubFile, StubHub, StubRepo, running_hub
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.providers.tiny_home import TINY_VIDEO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from core.jobs.job import JobUpdate
    from core.video.provider import ProviderEntry


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
    return seen - {"add"}


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
    page.ask_consent(target(BIG.id), agreed.append, survey)
    dialog = child(page, InstallDialog)
    assert "20.0 GB in /ComfyUI/models" in words(dialog)
    assert "A list is passed over: it is broken." in words(dialog)
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


# Real installations, from a hub on loopback.


MODEL = "ltx-video-2b-0.9.5"
GATED = "ltx-2.5-distilled"
BIG_FILE = "transformer/diffusion_pytorch_model.safetensors"
BIG_BYTES = 900_000
STRONG = Machine("Linux", "x86_64", 8, 256.0, 250.0, (Gpu("A GPU", "cuda", 80.0, 79.0),))


def repository(model: str) -> StubRepo:
    wanted = WEIGHTS[model].sets[0]
    files = {
        pattern.replace("*", "config.json"): StubFile(pattern.encode())
        for part in WEIGHTS[model].sets
        for pattern in part.allow_patterns
    }
    files[BIG_FILE] = StubFile(b"\x07" * BIG_BYTES, is_lfs=True)
    commit = wanted.revision if len(wanted.revision) == 40 else "d" * 40
    return StubRepo(files, commit=commit)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubHub]:
    with running_hub() as hub:
        for model in (MODEL, GATED):
            hub.repos[WEIGHTS[model].repo_ids[0]] = repository(model)
        settings = {
            "HF_ENDPOINT": hub.url,
            "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
            "HF_TOKEN": "",
            "HUGGING_FACE_HUB_TOKEN": "",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield hub


class Bridge(QObject):
    """Carries the queue's events to the main thread."""

    heard = Signal(object)

    def __init__(self, studio: Studio, controller: ModelsController) -> None:
        super().__init__()
        self.heard.connect(controller.on_event)
        self.stop: Callable[[], None] = studio.queue.subscribe(self._pass_on)

    def _pass_on(self, update: JobUpdate) -> None:
        self.heard.emit(update)


class Shop:
    """A page with everything behind it."""

    def __init__(
        self, qtbot: QtBot, home: Path, entries: Sequence[ProviderEntry] = PROVIDERS
    ) -> None:
        self.qtbot = qtbot
        self.studio = Studio(entries, paths=Paths.below(home), machine=lambda: STRONG)
        self.page = ModelsPage()
        qtbot.addWidget(self.page)
        self.controller = ModelsController(self.studio, self.page)
        self.bridge = Bridge(self.studio, self.controller)
        self._worker = threading.Thread(target=self.studio.queue.run, args=[Lane.DISK])
        self._worker.start()
        self.controller.refresh()
        self.wait(lambda: child(self.controller, Background).is_idle)

    def close(self) -> None:
        self.bridge.stop()
        self.controller.close()
        self.studio.close()
        self._worker.join()

    def wait(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=20_000)

    def click(self, name: str) -> None:
        self.wait(lambda: name in offered(self.page))
        child(self.page, QPushButton, name).click()

    def choose(self, model: str) -> None:
        self.page.choose(Target(provider="ltx-video", deployment="local", model=model))

    def agree(self) -> None:
        self.wait(lambda: has_dialog(self.page))
        dialog = child(self.page, InstallDialog)
        child(dialog, QCheckBox, "consent").click()
        child(dialog, QPushButton, "confirm_install").click()

    def state(self, model: str = MODEL) -> str:
        return next(i.state for i in self.page.models() if i.listed.target.model == model)

    def is_whole(self, model: str = MODEL) -> bool:
        return check_installed(self.studio.paths.models_dir, model).on_disk is OnDisk.WHOLE


@pytest.fixture
def shop(qtbot: QtBot, hub: StubHub, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(qtbot, tmp_path / "home")
    shop.choose(MODEL)
    yield shop
    shop.close()


def test_every_model_is_listed_without_asking_anybody(shop: Shop, hub: StubHub) -> None:
    local = [item.listed.target for item in shop.page.models() if item.listed.info.is_local]
    assert {target.model for target in local} == {*WEIGHTS, "ltx-mini"}
    rented = [item.listed for item in shop.page.models() if not item.listed.info.is_local]
    assert {listed.state for listed in rented} == {ModelState.KEY_MISSING}
    assert {listed.too_large for listed in rented} == {""}
    assert shop.state("ltx-mini") == ModelState.BUILT_IN
    assert shop.state() == ModelState.NOT_INSTALLED
    assert hub.requests == []


def test_a_model_is_installed_checked_and_removed(shop: Shop, hub: StubHub) -> None:
    changed: list[object] = []
    shop.controller.changed.connect(changed.append)
    shop.click("install")
    shop.agree()
    shop.wait(lambda: shop.state() == ModelState.INSTALLED)
    assert shop.is_whole()
    assert "every file is verified" in words(shop.page)
    shop.click("verify")
    shop.wait(lambda: "Every file is there and right." in words(shop.page))
    shop.click("remove")
    child(shop.page, QAbstractButton, "confirm_remove").click()
    shop.wait(lambda: shop.state() == ModelState.NOT_INSTALLED)
    assert "It is removed; 0.9 MB are free." in words(shop.page)
    assert not (shop.studio.paths.models_dir / MODEL).exists()
    assert len(changed) == 2


def test_a_paused_download_goes_on_where_it_was(shop: Shop, hub: StubHub) -> None:
    hub.bytes_per_s = 150_000
    shop.click("install")
    shop.agree()
    shop.wait(lambda: hub.sent_bytes(BIG_FILE) > 100_000)
    shop.click("pause")
    shop.wait(lambda: shop.state() == InstallPhase.STOPPED)
    (part,) = (shop.studio.paths.models_dir / MODEL / "transformer").glob("*.part")
    had_bytes = part.stat().st_size
    hub.bytes_per_s = None
    hub.requests.clear()
    shop.click("resume")
    shop.wait(lambda: shop.state() == ModelState.INSTALLED)
    assert hub.sent_bytes(BIG_FILE) == BIG_BYTES - had_bytes


def test_an_interrupted_download_is_found_again_after_a_restart(
    shop: Shop, hub: StubHub, qtbot: QtBot
) -> None:
    hub.bytes_per_s = 150_000
    shop.click("install")
    shop.agree()
    shop.wait(lambda: hub.sent_bytes(BIG_FILE) > 100_000)
    home = shop.studio.paths.state_dir.parent
    shop.close()
    hub.bytes_per_s = None
    again = Shop(qtbot, home)
    try:
        again.choose(MODEL)
        assert again.state() == InstallPhase.STOPPED
        again.click("resume")
        again.wait(lambda: again.state() == ModelState.INSTALLED)
    finally:
        again.close()


def test_files_in_a_folder_are_adopted_instead_of_downloaded(
    shop: Shop, hub: StubHub, tmp_path: Path
) -> None:
    copy = tmp_path / "copy" / BIG_FILE
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"\x07" * BIG_BYTES)
    shop.click("adopt")
    dialog = child(shop.page, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "copy"))
    dialog.close()
    shop.wait(lambda: has_dialog(shop.page))
    assert "0.9 MB are on this machine already" in words(child(shop.page, InstallDialog))
    shop.agree()
    shop.wait(lambda: shop.state() == ModelState.INSTALLED)
    assert hub.sent_bytes(BIG_FILE) == 0


def test_a_checkpoint_that_cannot_be_added_is_told_in_the_dialog_and_tried_again(
    shop: Shop, tmp_path: Path
) -> None:
    shop.wait(lambda: bool(shop.page.models()))
    child(shop.page, QPushButton, "add").click()
    dialog = child(shop.page, AddModelDialog)
    likes = child(dialog, QComboBox, "add_like")
    assert likes.findData("ltx-2.3-distilled") > 0
    assert likes.findData("ltx-mini") < 0
    add = child(dialog, QPushButton, "add_checkpoint")
    assert not add.isEnabled()
    child(dialog, QLineEdit, "add_path").setText(str(tmp_path / "nothing"))
    child(dialog, QLineEdit, "add_name").setText("ltx-mini")
    for _ in range(2):
        add.click()
        shop.wait(lambda: "There is nothing at" in words(dialog))
        assert "is taken" in words(dialog)
        shop.wait(add.isEnabled)
    dialog.reject()
    assert not shop.studio.paths.models_dir.exists()


def test_a_checkpoint_is_added_shown_and_removed(qtbot: QtBot, tmp_path: Path) -> None:
    home = tmp_path / "home"
    install_layers(home / "models", TINY_VIDEO)
    file = save(weights_like(TINY_VIDEO), tmp_path / "mix.safetensors")
    shop = Shop(qtbot, home, [TINY_ENTRY])
    changed: list[object] = []
    shop.controller.changed.connect(changed.append)
    try:
        child(shop.page, QPushButton, "add").click()
        dialog = child(shop.page, AddModelDialog)
        child(dialog, QLineEdit, "add_path").setText(str(file))
        child(dialog, QLineEdit, "add_name").setText("My Mix")
        child(dialog, QPushButton, "add_checkpoint").click()
        mine = Target(provider="ltx-video", deployment="local", model="my-mix")
        shop.wait(lambda: shop.page.chosen == mine)
        assert shop.state("my-mix") == ModelState.INSTALLED
        assert "run like tiny-video" in words(shop.page)
        assert changed == [mine]
        shop.click("remove")
        child(shop.page, QAbstractButton, "confirm_remove").click()
        shop.wait(lambda: mine not in [item.listed.target for item in shop.page.models()])
        assert shop.page.chosen is not None
        assert changed == [mine, mine]
        assert file.is_file()
    finally:
        shop.close()


def test_damage_is_found_by_reading_every_byte(shop: Shop, hub: StubHub) -> None:
    shop.click("install")
    shop.agree()
    shop.wait(lambda: shop.state() == ModelState.INSTALLED)
    path = shop.studio.paths.models_dir / MODEL / BIG_FILE
    before = path.stat()
    path.write_bytes(b"\x08" * BIG_BYTES)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    shop.click("verify")
    shop.wait(lambda: shop.state() == ModelState.DAMAGED)
    assert BIG_FILE in words(shop.page)
    shop.click("install")
    shop.agree()
    shop.wait(lambda: shop.state() == ModelState.INSTALLED)


def test_a_closed_gate_is_a_sentence_before_anything_is_fetched(shop: Shop, hub: StubHub) -> None:
    hub.repos[WEIGHTS[GATED].repo_ids[0]].is_gated = True
    shop.choose(GATED)
    shop.click("install")
    shop.wait(lambda: "accept the licence; make a token" in words(shop.page))
    assert not has_dialog(shop.page)
    with shop.qtbot.waitSignal(shop.controller.keys_wanted):
        shop.click("keys")


def test_with_the_network_off_nobody_is_asked(shop: Shop, hub: StubHub) -> None:
    shop.studio.apply_settings(with_text(shop.studio.settings, "network.is_off", "yes"))
    shop.click("install")
    shop.wait(lambda: "The network is switched off" in words(shop.page))
    assert hub.requests == []


def test_the_switch_ends_a_download_that_goes_on(shop: Shop, hub: StubHub) -> None:
    hub.bytes_per_s = 150_000
    shop.click("install")
    shop.agree()
    shop.wait(lambda: hub.sent_bytes(BIG_FILE) > 100_000)
    shop.studio.apply_settings(with_text(shop.studio.settings, "network.is_off", "yes"))
    shop.wait(lambda: shop.state() == InstallPhase.FAILED)
    assert "The network is switched off" in words(shop.page)
    hub.bytes_per_s = None
    shop.studio.apply_settings(with_text(shop.studio.settings, "network.is_off", "no"))
    shop.click("resume")
    shop.wait(lambda: shop.state() == ModelState.INSTALLED)


def test_a_hub_that_refuses_the_files_is_a_sentence(shop: Shop, hub: StubHub) -> None:
    hub.repos.clear()
    shop.click("install")
    shop.wait(lambda: "Lightricks/LTX-Video-0.9.5" in words(shop.page))
    assert shop.state() == ModelState.NOT_INSTALLED
