"""The image tab: the order, the pictures, the chosen one, and how far the next ones are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QProgressBar,
    QSpinBox,
)

from core.errors import StudioError
from core.history.history import History
from core.history.prompt_history import PromptHistory
from core.jobs.job import (
    Cancelled,
    ErrorReport,
    Failed,
    JobUpdate,
    Progressed,
    Succeeded,
)
from core.jobs.lanes import Stage
from core.video.listing import ListedProvider, ModelListing
from core.video.request import MAX_COUNT, MAX_SEED
from core.video.terms import AUTO, DEFAULT_TARGET, Target, Task
from gui.images.grid_panel import AxisChoice, GridChoice
from gui.images.image_batch import ImageBatch
from gui.images.image_details import GalleryUse
from gui.images.image_form import ImageForm
from gui.images.image_progress import ImageProgress
from gui.images.image_tab import NOTHING, ImageTab
from gui.render.lora_list import OfferedLora
from gui.render.plan_fixes import ChooseValue, EditPrompt, ShowInstall
from gui.render.plan_text import PlanText
from gui.scenes.image_controller import ImageRole
from tests.fakes.provider import SMALL
from tests.fakes.stills import TARGET, add_still
from tests.gui.controls import ControlCase, Heard, check_every_control, controls_of
from tests.gui.images.gallery_cases import (
    GALLERY_CASES,
    choose_tile,
    open_filter,
    select_both,
    tiles,
)
from tests.gui.images.models import IMAGE, with_images
from tests.gui.images.order_cases import CASES, LORA
from tests.gui.operating import choose_index, click, write
from tests.gui.small_images import SmallImages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from gui.background import Background


@pytest.fixture
def history(tmp_path: Path) -> History:
    history = History(tmp_path / "history.sqlite")
    add_still(history, tmp_path, "a red ball", seed=1)
    add_still(history, tmp_path, "a blue ball", seed=2)
    return history


@pytest.fixture
def make_tab(
    qtbot: QtBot,
    history: History,
    background: Background,
    offers: ModelListing,
    tmp_path: Path,
) -> Callable[[], ImageTab]:
    # Qt's stubs know a signal of an instance only as one of its class.
    images = SmallImages()
    # Kept until all is over: what is read beside them still arrives.
    tabs: list[ImageTab] = []

    def make() -> ImageTab:
        tab = ImageTab(history, background, images, PromptHistory(tmp_path / "prompts.sqlite"))
        tabs.append(tab)
        qtbot.addWidget(tab, before_close_func=lambda _: background.close())
        tab.resize(1280, 560)
        tab.order.set_listing(offers)
        tab.set_value(ImageBatch(target=TARGET, prompt="something", seed=3))
        tab.gallery.begin()
        tab.show()
        qtbot.waitUntil(lambda: tiles(tab).model().rowCount() == 2)
        return tab

    return make


def chosen(tab: ImageTab) -> str:
    entry = tab.gallery.entry
    return "" if entry is None else entry.prompt


def on_event(tab: ImageTab) -> Heard:
    """What a tab wants of others from now on."""
    heard, details = Heard(), tab.details
    for signal in (
        tab.make_wanted, tab.fix_wanted, tab.progress.stop_wanted, details.use_wanted,
        tab.source.chosen, tab.grid.wanted, details.settings.wanted,
        details.again.wanted, details.show_file.wanted, details.trash.wanted,
    ):  # fmt: skip
        signal.connect(heard.take)
    tab.order.mask_wanted.connect(lambda: heard.take(None))
    return heard


def test_every_control_has_its_effect(
    make_tab: Callable[[], ImageTab],
    offers: ModelListing,
    qtbot: QtBot,
    tmp_path: Path,
    history: History,
) -> None:
    (entry, _) = history.find()
    history.add(entry.model_copy(update={"loras": ("grain.safetensors",)}))
    history.mark(history.find(), lambda marks: marks.with_tags(["sea"]))

    def search(field: QWidget) -> None:
        write("red")(field)
        qtbot.waitUntil(lambda: tiles(field.window()).model().rowCount() == 1)

    def make() -> QWidget:
        QGuiApplication.clipboard().setText("before")
        tab = make_tab()
        tab.resize(1280, 900)
        tab.order.set_listing(with_images(offers))
        PromptHistory(tmp_path / "prompts.sqlite").add("a prompt of before")
        tab.prompts.begin()
        mask = IMAGE.with_name("mask.png")
        batch = ImageBatch(target=TARGET, prompt="something", seed=3, images=(IMAGE,), mask=mask)
        tab.set_value(batch)
        tab.order.set_loras((OfferedLora("ink", LORA),))
        words = AxisChoice(name="prompt", find="something", values="one, two")
        tab.grid.set_value(GridChoice(x=words, y=words))
        tab.grid.set_spec(SMALL)
        tab.grid.open()
        tab.line.set_text(PlanText(line="96x64", notes=("a note",)))
        tab.progress.begin()
        tab.progress.settle(("job",))
        open_filter(tab, qtbot)
        select_both(tab)
        qtbot.waitUntil(lambda: controls_of(tab)["prompt_back"].isEnabled())
        tab.setProperty("told", on_event(tab))
        return tab

    searching = ControlCase("gallery_search", search, lambda tab: tiles(tab).model().rowCount())
    check_every_control(make, (*CASES, *GALLERY_CASES, searching))


TARGETS = st.sampled_from(
    [DEFAULT_TARGET, TARGET, TARGET.with_model(AUTO), Target(provider="gone", deployment="cloud")]
)
ORDERS = st.builds(
    ImageBatch,
    target=TARGETS,
    prompt=st.text(st.characters(exclude_categories=("Cs",)), max_size=40),
    resolution=st.sampled_from(["", "64p", "128p", "9000p"]),
    aspect=st.sampled_from(["", "3:2", "2:3", "7:1"]),
    seed=st.none() | st.integers(0, MAX_SEED),
    count=st.integers(1, MAX_COUNT),
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(orders=st.lists(ORDERS, min_size=1, max_size=3))
def test_what_was_set_is_there(
    qtbot: QtBot, offers: ModelListing, orders: list[ImageBatch]
) -> None:
    box = ImageForm()
    qtbot.addWidget(box)
    messages: list[object] = []
    box.changed.connect(messages.append)

    for order in orders:
        box.set_value(order)
        assert box.value() == order
        box.set_listing(offers)
        assert box.value() == order

    assert messages == []


def test_another_model_gets_its_own_usual_size(make_tab: Callable[[], ImageTab]) -> None:
    tab = make_tab()
    tab.set_value(ImageBatch(target=TARGET, prompt="a ball", resolution="128p", aspect="3:2"))

    choose_index(0)(controls_of(tab)["image_model"])

    assert tab.value() == ImageBatch(target=TARGET.with_model(AUTO), prompt="a ball")
    assert rows(tab, "image_resolution") == ["The model's usual one", "64p", "128p"]


def rows(tab: QWidget, name: str) -> list[str]:
    box = controls_of(tab)[name]
    assert isinstance(box, QComboBox)
    return [box.itemText(row) for row in range(box.count())]


def test_only_the_shapes_of_a_resolution_are_offered(make_tab: Callable[[], ImageTab]) -> None:
    tab = make_tab()

    choose_index(2)(controls_of(tab)["image_resolution"])

    assert tab.value().resolution == "128p"
    assert rows(tab, "image_aspect") == ["The model's usual one", "3:2"]


@pytest.mark.parametrize("task", [Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO])
def test_a_model_that_makes_no_images_cannot_be_chosen(
    qtbot: QtBot, offers: ModelListing, task: Task
) -> None:
    spec = SMALL.model_copy(update={"tasks": (task,)})
    box = ImageForm()
    qtbot.addWidget(box)
    offer = offers.providers[0]
    box.set_listing(
        ModelListing((ListedProvider(offer.info, (replace(offer.models[1], spec=spec),)),))
    )

    combo = controls_of(box)["image_model"]
    assert isinstance(combo, QComboBox)
    index = combo.findText("Fake Small", Qt.MatchFlag.MatchStartsWith)
    assert not combo.model().flags(combo.model().index(index, 0)) & Qt.ItemFlag.ItemIsEnabled
    assert "no pictures" in combo.itemData(index, Qt.ItemDataRole.ToolTipRole)


def test_nothing_can_be_made_of_no_words(make_tab: Callable[[], ImageTab]) -> None:
    tab = make_tab()
    tab.line.set_text(PlanText(line="96x64"))

    tab.set_value(ImageBatch(target=TARGET, prompt="  \n"))

    assert not controls_of(tab)["image_make"].isEnabled()
    assert tab.line.text() == PlanText()
    assert NOTHING in [label.text() for label in tab.line.findChildren(QLabel)]


def test_ctrl_return_makes_it_while_the_words_are_typed(
    make_tab: Callable[[], ImageTab], qtbot: QtBot
) -> None:
    tab = make_tab()
    tab.activateWindow()
    prompt = controls_of(tab)["image_prompt"]
    prompt.setFocus()
    QTest.keyClicks(prompt, " new")

    with qtbot.waitSignal(tab.make_wanted) as made:
        QTest.keyClick(prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    assert made.args == [tab.value()]
    assert "\n" not in tab.value().prompt


def test_the_wheel_changes_no_box_without_the_focus(make_tab: Callable[[], ImageTab]) -> None:
    tab = make_tab()
    before = tab.value()

    for box in (*tab.findChildren(QComboBox), *tab.findChildren(QSpinBox)):
        box.clearFocus()
        turn_wheel(box)

    assert tab.value() == before


def turn_wheel(widget: QWidget) -> None:
    place = QPointF(widget.rect().center())
    turn = QWheelEvent(
        place, widget.mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, turn)


def test_a_button_that_mends_a_choice_mends_it_here(make_tab: Callable[[], ImageTab]) -> None:
    tab = make_tab()
    tab.set_value(ImageBatch(target=TARGET, prompt="a ball", resolution="9000p", aspect="7:1"))
    wanted = on_event(tab)

    tab.line.fix_wanted.emit(ChooseValue("resolution", None))
    tab.line.fix_wanted.emit(ChooseValue("aspect", None))
    assert tab.value() == ImageBatch(target=TARGET, prompt="a ball")

    tab.line.fix_wanted.emit(ChooseValue("target", TARGET.with_model(AUTO)))
    assert tab.value().target.model == AUTO

    tab.line.fix_wanted.emit(EditPrompt())
    tab.line.fix_wanted.emit(ShowInstall(TARGET))
    assert wanted.requests == [ShowInstall(TARGET)]


def test_each_use_names_the_image_and_what_it_is_for(make_tab: Callable[[], ImageTab]) -> None:
    tab = make_tab()
    choose_tile(1)(tiles(tab))
    wanted = on_event(tab)
    entry = tab.gallery.entry
    assert entry is not None

    for name in ("picture_start", "picture_end", "picture_reference", "picture_character"):
        click(controls_of(tab)[name])

    roles = (
        ImageRole.START, ImageRole.END, ImageRole.PROJECT_REFERENCE, ImageRole.CHARACTER,
    )  # fmt: skip
    assert wanted.requests == [GalleryUse(entry.path, role) for role in roles]


def test_the_chosen_image_is_told_in_full(make_tab: Callable[[], ImageTab], qtbot: QtBot) -> None:
    tab = make_tab()
    choose_tile(1)(tiles(tab))

    qtbot.waitUntil(lambda: "96×64" in said_in(tab.details))
    said = said_in(tab.details)
    assert "a red ball" in said
    assert "number 5 of 9 at 8 per second" in said
    assert "Sound" not in said


def said_in(panel: QWidget) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def test_same_again_takes_the_seed_of_the_chosen_image(make_tab: Callable[[], ImageTab]) -> None:
    tab = make_tab()
    choose_tile(1)(tiles(tab))

    click(controls_of(tab)["seed_same"])

    assert tab.value().seed == 1


def test_nothing_can_be_done_while_no_image_is_chosen(make_tab: Callable[[], ImageTab]) -> None:
    tab = make_tab()

    can = [name for name, w in controls_of(tab.details).items() if w.isEnabled()]

    assert tab.gallery.entry is None
    assert can == []


def test_an_image_whose_file_is_gone_can_still_be_made_again(
    make_tab: Callable[[], ImageTab], history: History, qtbot: QtBot
) -> None:
    tab = make_tab()
    choose_tile(0)(tiles(tab))
    entry = tab.gallery.entry
    assert entry is not None
    entry.path.unlink()
    history.refresh_missing()

    tab.gallery.reload()

    qtbot.waitUntil(lambda: not controls_of(tab)["picture_start"].isEnabled())
    can = {name for name, w in controls_of(tab.details).items() if w.isEnabled()}
    assert can == {"picture_again", "picture_copy"}


def test_a_new_image_is_chosen_unless_an_older_one_is_looked_at(
    make_tab: Callable[[], ImageTab], history: History, qtbot: QtBot, tmp_path: Path
) -> None:
    tab = make_tab()

    def add(seed: int) -> None:
        add_still(history, tmp_path, f"number {seed}", seed=seed)
        tab.gallery.reload(is_made=True)
        qtbot.waitUntil(lambda: tiles(tab).model().rowCount() == seed)

    add(3)
    assert chosen(tab) == "number 3"
    add(4)
    assert chosen(tab) == "number 4"
    choose_tile(2)(tiles(tab))
    add(5)
    assert chosen(tab) == "a blue ball"


def test_the_chosen_image_stays_chosen_through_a_search(
    make_tab: Callable[[], ImageTab], qtbot: QtBot
) -> None:
    tab = make_tab()
    choose_tile(1)(tiles(tab))

    write("red")(controls_of(tab)["gallery_search"])
    qtbot.waitUntil(lambda: tiles(tab).model().rowCount() == 1)
    assert chosen(tab) == "a red ball"

    write("blue")(controls_of(tab)["gallery_search"])
    qtbot.waitUntil(lambda: chosen(tab) == "")
    assert tab.details.entry is None


def test_an_empty_search_says_so(make_tab: Callable[[], ImageTab], qtbot: QtBot) -> None:
    tab = make_tab()

    write("nowhere")(controls_of(tab)["gallery_search"])

    qtbot.waitUntil(lambda: tiles(tab).model().rowCount() == 0)
    assert any("No picture fits" in text for text in said_in(tab.gallery))


def news(job_id: str, event: object) -> JobUpdate:
    assert isinstance(event, (Progressed, Succeeded, Failed, Cancelled))
    return JobUpdate(job_id, None, event)


@pytest.fixture
def progress(qtbot: QtBot) -> ImageProgress:
    progress = ImageProgress()
    qtbot.addWidget(progress)
    return progress


def test_progress_is_of_all_images_together(progress: ImageProgress, tmp_path: Path) -> None:
    progress.begin()
    progress.expect(("one", "two"))
    progress.settle()
    bar = progress.findChild(QProgressBar)
    assert bar is not None
    assert (bar.minimum(), bar.maximum()) == (0, 0)

    progress.on_event(news("one", Progressed(stage=Stage.DENOISE, fraction=0.5, step=2, steps=4)))
    assert bar.value() / bar.maximum() == 0.25
    assert "Picture 1 of 2: Making the pictures, step 2 of 4" in words(progress)

    progress.on_event(news("one", Succeeded(path=tmp_path / "one.png")))
    progress.on_event(news("two", Progressed(stage=Stage.DENOISE, fraction=0.5)))
    assert bar.value() / bar.maximum() == 0.75

    progress.on_event(news("two", Succeeded(path=tmp_path / "two.png")))
    assert progress.isHidden()


def words(progress: ImageProgress) -> str:
    return "\n".join(label.text() for label in progress.findChildren(QLabel))


def test_an_image_that_ends_while_the_next_is_queued_is_over(
    progress: ImageProgress, tmp_path: Path
) -> None:
    progress.begin()
    progress.expect(("quick",))
    progress.on_event(news("quick", Succeeded(path=tmp_path / "quick.png")))

    progress.settle()

    assert progress.job_ids == ()
    assert progress.isHidden()


def test_a_failure_stays_until_the_next_request(progress: ImageProgress) -> None:
    failed = Failed(error=ErrorReport(kind="RenderFailed", message="It broke.", hint="Mend it."))
    progress.begin()
    progress.expect(("one", "two"))
    progress.settle()
    progress.on_event(news("one", failed))
    progress.on_event(news("two", Cancelled()))

    assert "It broke. Mend it." in words(progress)
    assert not progress.isHidden()

    progress.begin()
    assert "It broke" not in words(progress)


def test_those_that_were_queued_are_followed_when_the_next_is_refused(
    progress: ImageProgress,
) -> None:
    progress.begin()
    progress.expect(("one", "two"))
    progress.settle(("two",), StudioError("The month's cap is reached.", hint="Raise it."))

    assert progress.job_ids == ("one",)
    assert "The month's cap is reached. Raise it." in words(progress)


def test_jobs_of_others_are_none_of_its_business(progress: ImageProgress) -> None:
    progress.on_event(news("other", Progressed(stage=Stage.DENOISE, fraction=0.5)))
    progress.on_event(news("other", Cancelled()))

    assert progress.isHidden()


def test_stop_names_what_has_not_ended(progress: ImageProgress, qtbot: QtBot) -> None:
    progress.show()
    progress.begin()
    progress.expect(("one", "two"))
    progress.settle()
    progress.on_event(news("one", Cancelled()))

    with qtbot.waitSignal(progress.stop_wanted) as stop:
        click(controls_of(progress)["image_stop"])

    assert stop.args == [("two",)]
