"""Models installed, checked, added and removed in the page, from a hub on loopback."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QPushButton,
)

from core.config.setting_fields import with_text
from core.jobs.lanes import Lane
from core.platform.machine import Gpu, Machine
from core.platform.paths import Paths
from core.studio import Studio
from core.video.listing import ModelState
from core.video.model_store import OnDisk
from core.video.terms import Target
from gui.background import Background
from gui.models.add_model_dialog import AddModelDialog
from gui.models.model_rows import InstallPhase
from gui.models.models_controller import ModelsController
from gui.models.models_page import InstallDialog, ModelsPage
from providers import PROVIDERS
from providers.local_images.models.catalog import BY_ID as IMAGE_MODELS
from providers.ltx_video.models.downloads import WEIGHTS
from providers.weights.installed import check_installed
from tests.fakes.catalogue_hub import (
    BIG_BYTES,
    BIG_FILE,
    ENHANCER,
    GATED,
    MODEL,
    asking,
    catalogue_hub,
    enhancer_repository,
)
from tests.fakes.checkpoints import TINY_ENTRY, install_layers, save, weights_like
from tests.gui.children import child
from tests.gui.models.test_models_page import has_dialog, offered, words
from tests.providers.tiny_home import TINY_VIDEO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.jobs.job import JobUpdate
    from core.video.provider import ProviderEntry
    from tests.fakes.services.stub_hub import StubHub


STRONG = Machine("Linux", "x86_64", 8, 256.0, 250.0, (Gpu("A GPU", "cuda", 80.0, 79.0),))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubHub]:
    with catalogue_hub() as hub:
        for name, value in asking(hub).items():
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
        here = Target(provider="ltx-video", deployment="local", model=model)
        return next(i.state for i in self.page.models() if i.listed.target == here)

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
    assert {target.model for target in local} == {*WEIGHTS, "ltx-mini", *IMAGE_MODELS}
    rented = [item.listed for item in shop.page.models() if not item.listed.info.is_local]
    assert {listed.state for listed in rented} == {ModelState.KEY_MISSING, ModelState.NO_SERVER}
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


def test_parts_that_came_to_a_model_later_are_added_to_it(shop: Shop, hub: StubHub) -> None:
    shop.choose(GATED)
    shop.click("install")
    shop.agree()
    shop.wait(lambda: shop.state(GATED) == "installed, parts missing")
    assert "installed without its prompt enhancer." in words(shop.page)
    assert f"See {hub.url}/{ENHANCER} in a browser." in words(shop.page)
    hub.repos[ENHANCER] = enhancer_repository()
    hub.requests.clear()
    shop.click("install")
    shop.agree()
    shop.wait(lambda: shop.state(GATED) == ModelState.INSTALLED and bool(hub.fetched_paths()))
    shop.wait(lambda: "install" not in offered(shop.page))
    assert hub.fetched_paths() == set(enhancer_repository().files)


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


@pytest.mark.parametrize("name", ["mix", TINY_VIDEO.id])
def test_a_checkpoint_whose_other_parts_are_missing_points_to_the_page_and_to_no_command(
    qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    shop = Shop(qtbot, tmp_path / "home", [TINY_ENTRY])
    file = save(weights_like(TINY_VIDEO), tmp_path / "theirs" / "mix.safetensors")
    try:
        shop.wait(lambda: bool(shop.page.models()))
        child(shop.page, QPushButton, "add").click()
        dialog = child(shop.page, AddModelDialog)
        child(dialog, QLineEdit, "add_path").setText(str(file))
        child(dialog, QLineEdit, "add_name").setText(name)
        child(dialog, QPushButton, "add_checkpoint").click()
        shop.wait(lambda: "in the Models tab." in words(dialog))
        assert "One of these has them: tiny-video" in words(dialog)
        assert "setup_ltx_video" not in words(dialog)
        dialog.reject()
    finally:
        shop.close()


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
