from __future__ import annotations

import json
import logging
import os
import shutil
import sqlite3
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import HistoryError, JobCancelled
from core.film.model.delivery import ExportOrder, ExportSettings
from core.film.model.film import Clip, Film
from core.history.history import History, HistoryQuery
from core.history.history_entry import HistoryEntry, WorkKind
from core.history.history_index import entry_of, files_below
from core.jobs.job import CancelToken
from core.project.model.project import Scene, VideoProject
from core.project.render.requests import scene_request
from core.project.render.rerender import choices_of, request_again
from core.studio import Studio
from core.video.plan import ClipSettings
from core.video.record import find_input_file, read_settings_of
from core.video.request import FrameRequest, Input, Motion, RenderRequest, Sampling
from core.video.terms import Role
from tests.fakes.inputs import inputs_of
from tests.fakes.provider import ENTRY, SMALL
from tests.fakes.records import record_of
from tests.fakes.stills import TARGET, as_image

if TYPE_CHECKING:
    from core.platform.paths import Paths

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "state" / "history.sqlite", [tmp_path / "output"])


def made(name: str, prompt: str = "", **more: object) -> HistoryEntry:
    usual = {"path": Path("/made", name), "kind": "clip", "created_at": NOON, "prompt": prompt}
    return HistoryEntry.model_validate(usual | more)


def names(found: tuple[HistoryEntry, ...]) -> list[str]:
    return [entry.path.name for entry in found]


def render(studio: Studio, request: RenderRequest, out: Path | None = None) -> Path:
    outcome = studio.queue.run_job(studio.submit_render(studio.plan(request, out=out)))
    assert outcome.event == "succeeded", outcome
    return outcome.path


def prompted(request: RenderRequest, prompt: str) -> RenderRequest:
    return request.model_copy(update={"prompt": prompt})


def test_what_was_added_is_found_as_it_was_newest_first(history: History) -> None:
    old = made("old.mp4", "a ball", seed=7, cost_usd=0.25, duration_s=2.5, width=96, height=64)
    new = made("new.png", "a cube", kind="image", created_at=NOON + timedelta(days=1))
    history.add(old)
    history.add(new)
    found = history.find()
    assert names(found) == ["new.png", "old.mp4"]
    assert found[1].model_copy(update={"id": 0}) == old
    assert history.count() == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ball", ["red.mp4"]),
        ("BAL red", ["red.mp4"]),
        ("red ball blue", []),
        ("über", ["uber.mp4"]),
        ("ÜBER", ["uber.mp4"]),
        ("猫", ["uber.mp4"]),
        ("🐱", ["uber.mp4"]),
        ("fog", ["red.mp4"]),
        ("ltx", ["uber.mp4"]),
        ("fake-small", ["red.mp4"]),
        ("uber.mp4", ["uber.mp4"]),
        ("'; DROP TABLE works", []),
        ('"', ["red.mp4"]),
        ("* OR NOT NEAR(", []),
        ("100%", ["red.mp4"]),
        ("_", []),
        ("  ", ["uber.mp4", "red.mp4"]),
        ("spring", ["uber.mp4"]),
    ],
)
def test_words_are_found_wherever_they_stand(
    history: History, text: str, expected: list[str]
) -> None:
    red = 'a red ball says "100%"'
    history.add(made("red.mp4", red, negative_prompt="fog", target="fake/local/fake-small"))
    history.add(made("uber.mp4", "Über 黒猫 🐱", title="Spring film", model="LTX Mini"))
    assert names(history.find(HistoryQuery(text=text))) == expected
    assert history.count(HistoryQuery(text=text)) == len(expected)


@settings(max_examples=25, deadline=None)
@given(text=st.text(max_size=30), prompt=st.text(max_size=60))
def test_any_text_can_be_looked_for_and_a_prompt_finds_its_own_clip(
    tmp_path_factory: pytest.TempPathFactory, text: str, prompt: str
) -> None:
    history = History(tmp_path_factory.mktemp("history") / "history.sqlite")
    history.add(made("a.mp4", prompt))
    history.find(HistoryQuery(text=text))
    assert len(history.find(HistoryQuery(text=prompt))) == 1


def test_time_model_and_kind_are_conditions_that_all_hold(history: History) -> None:
    for day in range(4):
        moment = NOON + timedelta(days=day)
        kind = WorkKind.CLIP if day % 2 else WorkKind.FILM
        model = "" if kind is WorkKind.FILM else "LTX Mini"
        history.add(made(f"{day}", created_at=moment, kind=kind, model=model))
    day = timedelta(days=1)
    assert names(history.find(HistoryQuery(since=NOON + day))) == ["3", "2", "1"]
    assert names(history.find(HistoryQuery(until=NOON + day))) == ["0"]
    assert names(history.find(HistoryQuery(model="LTX Mini", since=NOON + 2 * day))) == ["3"]
    assert names(history.find(HistoryQuery(kind=WorkKind.FILM))) == ["2", "0"]
    assert history.models() == ("LTX Mini",)


def test_pages_hold_everything_once(history: History) -> None:
    for number in range(25):
        history.add(made(f"{number}"))
    pages = [history.find(limit=10, offset=offset) for offset in (0, 10, 20, 30)]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert len({entry.id for page in pages for entry in page}) == 25


def test_a_file_that_takes_the_place_of_another_takes_its_line(history: History) -> None:
    history.add(made("a.mp4", "ball"))
    history.add(made("a.mp4", "cube"))
    assert [entry.prompt for entry in history.find()] == ["cube"]
    assert history.find(HistoryQuery(text="ball")) == ()


def test_removing_takes_it_out_of_the_list_and_leaves_the_file(
    history: History, tmp_path: Path
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"clip")
    history.add(made("a.mp4", "ball", path=tmp_path / "a.mp4"))
    history.remove(history.find()[0].id)
    assert history.find() == history.find(HistoryQuery(text="ball")) == ()
    assert (tmp_path / "a.mp4").is_file()
    history.remove(99)


def test_missing_files_are_marked_until_they_are_back(history: History, tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"clip")
    history.add(made("a.mp4", path=clip))
    assert history.refresh_missing() == 0
    clip.rename(tmp_path / "b.mp4")
    assert history.refresh_missing() == 1
    assert history.find()[0].is_missing
    (tmp_path / "b.mp4").rename(clip)
    assert history.refresh_missing() == 1
    assert not history.find()[0].is_missing


def test_asking_writes_no_file_before_it_is_used(tmp_path: Path) -> None:
    History(tmp_path / "state" / "history.sqlite")
    assert not (tmp_path / "state").exists()


def test_every_render_still_and_export_enters_the_history(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    clip = render(studio, request_small)
    still = studio.queue.run_job(studio.submit_render(studio.plan(as_image(request_small))))
    order = ExportOrder(
        film=Film(clips=(Clip(path=clip),), title="Spring"),
        settings=ExportSettings(),
        path=tmp_path / "film.mp4",
    )
    film = studio.queue.run_job(studio.submit_export(studio.plan_export(order)))
    assert (still.event, film.event) == ("succeeded", "succeeded")
    found = {entry.kind: entry for entry in studio.history.find()}
    assert [entry.kind for entry in studio.history.find()] == ["film", "image", "clip"]
    a_clip = found[WorkKind.CLIP]
    assert (a_clip.path, a_clip.seed, a_clip.model, a_clip.cost_usd) == (clip, 5, "Fake Small", 0.0)
    assert (a_clip.duration_s, a_clip.width, a_clip.height) == (1.125, 96, 64)
    assert a_clip.clip_record == read_settings_of(clip)
    assert a_clip.export_order is None
    an_image = found[WorkKind.IMAGE]
    assert an_image.clip_record is not None
    assert (an_image.duration_s, an_image.clip_record.is_image) == (0.0, True)
    a_film = found[WorkKind.FILM]
    assert (a_film.title, a_film.width) == ("Spring", 96)
    assert a_film.duration_s == pytest.approx(1.125, abs=0.1)
    assert a_film.export_order is not None
    assert a_film.export_order.path == tmp_path / "film.mp4"
    assert a_film.clip_record is None


def test_jobs_that_fail_leave_no_line(studio: Studio, request_small: RenderRequest) -> None:
    job = studio.submit_render(studio.plan(prompted(request_small, "fail")))
    assert studio.queue.run_job(job).event == "failed"
    assert studio.history.find() == ()


def test_history_that_cannot_be_written_costs_no_clip_and_is_logged(
    paths: Paths, request_small: RenderRequest, caplog: pytest.LogCaptureFixture
) -> None:
    paths.history_file.mkdir(parents=True)
    studio = Studio([ENTRY], paths=paths)
    with caplog.at_level(logging.WARNING):
        assert render(studio, request_small).is_file()
    studio.close()
    assert "is not in the history" in caplog.text


@pytest.fixture
def finished(studio: Studio, request_small: RenderRequest) -> Path:
    """The output folder with a clip, a still without sidecar, and a film."""
    clip = render(studio, request_small)
    image = studio.queue.run_job(studio.submit_render(studio.plan(as_image(request_small))))
    assert image.event == "succeeded"
    image.path.with_suffix(".json").unlink()
    film = Film(clips=(Clip(path=clip),), title="Spring")
    order = ExportOrder(film=film, settings=ExportSettings(), path=clip.with_name("film.mp4"))
    studio.queue.run_job(studio.submit_export(studio.plan_export(order)))
    return clip.parent


def test_damaged_history_is_set_aside_and_made_anew_from_the_files(
    studio: Studio, finished: Path, paths: Paths
) -> None:
    before = {entry.path: entry for entry in studio.history.find()}
    (finished / "notes.txt").write_text("mine", encoding="utf-8")
    Image.new("RGB", (8, 8)).save(finished / "foreign.png")
    shutil.copy(next(finished.glob("*.png")), finished / ".hidden.png")
    (finished / "broken.mp4").write_bytes(b"no clip")
    for damage in (b"not a database at all, but long enough to be one" * 50, b"SQLite format 3\0"):
        paths.history_file.write_bytes(damage)
        anew = History(paths.history_file, [finished])
        assert anew.catch_up() == 3
        after = {entry.path: entry for entry in anew.find()}
        assert after.keys() == before.keys()
        for path, entry in after.items():
            if entry.kind is not WorkKind.FILM:
                assert entry.record == before[path].record
        assert after[finished / "film.mp4"].title == "Spring"
        assert "clips" in json.loads(after[finished / "film.mp4"].record)
        assert "damaged" in anew.notes[0]
        assert "no file is touched" in anew.notes[0]
        # Once is enough: what the user removes from the list afterwards stays removed.
        anew.remove(anew.find()[0].id)
        assert History(paths.history_file, [finished]).catch_up() == 0
        assert anew.count() == 2
    assert len(list(paths.state_dir.glob("history.sqlite*.bad"))) == 2


def test_damage_that_shows_only_in_use_is_mended_in_the_same_call(history: History) -> None:
    for number in range(50):
        history.add(made(f"{number}", "word " * 200))
    content = bytearray(history.path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    history.path.write_bytes(content)
    history.add(made("later.mp4", "later"))
    assert names(history.find()) == ["later.mp4"]
    assert "damaged" in history.notes[0]


def test_history_of_a_newer_program_is_refused_and_kept(history: History) -> None:
    history.add(made("a.mp4"))
    db = sqlite3.connect(history.path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = history.path.read_bytes()
    with pytest.raises(HistoryError, match="newer version"):
        History(history.path).find()
    assert history.path.read_bytes() == before


def test_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")
    with pytest.raises(HistoryError, match="cannot be made") as caught:
        History(tmp_path / "state" / "history.sqlite").find()
    assert "writable" in caught.value.hint


def test_stopping_a_scan_keeps_what_it_found(tmp_path: Path, finished: Path) -> None:
    history = History(tmp_path / "history.sqlite", [finished])
    token = CancelToken()
    token.cancel()
    with pytest.raises(JobCancelled):
        history.scan([finished], token)
    with pytest.raises(JobCancelled):
        history.catch_up(token)
    assert history.catch_up() == 3


def test_scanning_adds_only_what_is_new_and_hidden_folders_are_left_alone(
    history: History, finished: Path, tmp_path: Path
) -> None:
    copies = tmp_path / "elsewhere" / "deep"
    shutil.copytree(finished, copies)
    shutil.copytree(finished, tmp_path / "elsewhere" / ".cache")
    assert history.scan([tmp_path / "elsewhere", tmp_path / "none"]) == 3
    assert history.scan([tmp_path / "elsewhere"]) == 0
    assert {entry.path.parent for entry in history.find()} == {copies}


@pytest.mark.skipif(sys.platform != "linux", reason="others allow no such names")
def test_file_whose_name_is_no_text_is_passed_over(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/odd\xff")  # noqa: PTH102 - pathlib takes no bytes
    with open(os.fsencode(tmp_path) + b"/odd\xff/a.mp4", "wb"):  # noqa: PTH123 - pathlib takes no bytes
        pass
    assert list(files_below([tmp_path])) == []


def test_foreign_files_have_no_line(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    (tmp_path / "a.mp4").write_bytes(b"")
    assert entry_of(tmp_path / "a.png") is None
    assert entry_of(tmp_path / "a.mp4") is None
    assert entry_of(tmp_path / "none.mp4") is None


def test_threads_write_and_read_at_once(history: History) -> None:
    failures: list[HistoryError] = []

    def work(first: int) -> None:
        try:
            for number in range(first, first + 20):
                history.add(made(f"{number}", "ball"))
                history.find(HistoryQuery(text="ball"), limit=5)
        except HistoryError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 80, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert history.count(HistoryQuery(text="ball")) == 80


REQUESTS = [
    {},
    {"frame": FrameRequest(resolution="128p", duration_s=1.6, fps=16)},
    {"frame": FrameRequest(resolution="64x96")},
    {"motion": Motion(camera="pan_left", speed=1.5), "audio": False, "negative_prompt": "fog"},
    {"sampling": Sampling(seed=9, num_inference_steps=7, guidance_scale=2.5)},
]


@pytest.mark.parametrize("parts", REQUESTS)
def test_choices_of_a_record_give_the_same_clip_again(
    studio: Studio, request_small: RenderRequest, tmp_path: Path, parts: dict[str, object]
) -> None:
    request = request_small.model_copy(update=parts)
    if "sampling" not in parts:
        request = request.model_copy(update={"sampling": Sampling()})
    record = read_settings_of(render(studio, request, tmp_path / "a.mp4"))
    assert record is not None
    again = choices_of(record, SMALL)
    project = VideoProject(id="p", name="p", created_at=NOON, render=again.choices)
    from_scene = scene_request(project, Scene(id="s", prompt=again.prompt), SMALL)
    assert from_scene.left_out == ()
    for asked in (from_scene.request, request_again(record)):
        plan = studio.plan(asked, out=tmp_path / "b.mp4").plan
        for name in set(ClipSettings.model_fields) - {"notes"}:
            assert getattr(plan, name) == getattr(record, name), name


def test_choices_without_a_known_model_keep_what_was_asked(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    frame = FrameRequest(resolution="128p", duration_s=1.5)
    request = request_small.model_copy(update={"frame": frame})
    record = read_settings_of(render(studio, request, tmp_path / "a.mp4"))
    assert record is not None
    choices = choices_of(record).choices
    assert (choices.frame.resolution, choices.frame.duration_s, choices.sampling.seed) == (
        "128p",
        1.5,
        5,
    )


def test_start_image_is_found_by_name_and_content(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    image = tmp_path / "start.png"
    Image.new("RGB", (96, 64), "red").save(image)
    request = request_small.model_copy(update={"inputs": inputs_of(start_image=image)})
    record = read_settings_of(render(studio, request, tmp_path / "a.mp4"))
    assert record is not None
    assert choices_of(record, SMALL).start_image == "start.png"
    other = tmp_path / "other"
    other.mkdir()
    Image.new("RGB", (96, 64), "blue").save(other / "start.png")
    assert find_input_file(record, 0, [tmp_path / "none", other]) is None
    assert find_input_file(record, 0, [other, tmp_path]) == image


def test_a_list_of_an_earlier_version_is_found_by_seed_and_lora(
    history: History, tmp_path: Path
) -> None:
    lora = Input(role=Role.LORA, path=Path("grain.safetensors"))
    request = RenderRequest(target=TARGET, prompt="a ball", sampling=Sampling(seed=5))
    record = record_of(request).model_copy(update={"request": request.with_inputs((lora,))})
    clip = made("a.mp4", "a ball", seed=5, record=record.model_dump_json())
    history.add(clip, made("film.mp4", kind="film", title="Spring", record="no json"))
    as_version_1(history.path)

    old = History(history.path)

    assert names(old.find(HistoryQuery(seed=5))) == ["a.mp4"]
    assert names(old.find(HistoryQuery(lora="grain.safetensors"))) == ["a.mp4"]
    assert old.loras() == ("grain.safetensors",)
    assert old.find(HistoryQuery(seed=5))[0].loras == ("grain.safetensors",)
    assert old.count() == 2
    assert old.count(HistoryQuery(text="ball")) == 1


def as_version_1(path: Path) -> None:
    """Turn a list into one as the version before wrote it."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TRIGGER work_changed")
        db.execute("DROP INDEX works_in_order")
        columns = ("seed", "loras", "rating", "tags", "batch_at", "batch", "batch_number")
        for column in columns:
            db.execute(f"ALTER TABLE works DROP COLUMN {column}")
        new = ", ".join(f"'$.{name}'" for name in ("loras", "batch", "rating", "tags"))
        db.execute(f"UPDATE works SET entry = json_remove(entry, {new})")
        db.execute("CREATE INDEX works_by_time ON works (created_at DESC, id DESC)")
        db.execute("PRAGMA user_version = 1")
        db.commit()
