"""Whatever is wrong with the cache, the film is made; and nobody takes away what is being used."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from core.film.build.export import ExportJob
from core.film.model.delivery import Container, ExportOrder, ExportSettings
from core.jobs.job import CancelToken, JobContext, Progressed, Report
from core.jobs.lanes import Stage
from core.media.render_cache import RenderCache, key_of
from core.platform.files import hold_file
from tests.film.exporting import Exported, export, film_of, look_at, two_clips

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.film.model.film import Film

SETTINGS = ExportSettings(container=Container.MKV)
FRAMES = 25


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return film_of(*two_clips(tmp_path_factory.mktemp("clips")))


def entries(store: RenderCache, suffix: str) -> list[Path]:
    return sorted(path for path in store.folder.iterdir() if path.suffix == suffix)


def file_for_its_parent(store: RenderCache) -> None:
    store.folder.parent.write_text("a file", encoding="utf-8")


def file_for_the_folder(store: RenderCache) -> None:
    store.folder.parent.mkdir()
    store.folder.write_text("a file", encoding="utf-8")


def link_to_nothing(store: RenderCache) -> None:
    store.folder.parent.mkdir()
    store.folder.symlink_to(store.folder.parent / "nowhere" / "at all")


def link_to_itself(store: RenderCache) -> None:
    store.folder.parent.mkdir()
    store.folder.symlink_to(store.folder)


@pytest.mark.parametrize(
    "spoil", [file_for_its_parent, file_for_the_folder, link_to_nothing, link_to_itself]
)
def test_a_cache_that_is_no_folder_costs_no_film_and_is_told(
    film: Film, tmp_path: Path, spoil: Callable[[RenderCache], None]
) -> None:
    store = RenderCache(tmp_path / "cache" / "films")
    spoil(store)
    before = sorted(path.name for path in tmp_path.rglob("*"))

    for name in ("a.mkv", "b.mkv"):
        made = export(film, SETTINGS, tmp_path / "out" / name, store=store)
        assert len(look_at(made.path).frames) == FRAMES
        (told,) = [note for note in made.notes if "Nothing can be kept" in note]
        assert str(store.folder) in told
    assert store.use().count == 0
    assert store.clear().count == 0
    assert store.trim(0) == 0
    assert set(before) <= {path.name for path in tmp_path.rglob("*")}


@pytest.mark.parametrize("suffix", [".mp4", ".json", ".f32", ".seal"])
def test_a_folder_in_the_place_of_an_entry_is_set_aside(
    film: Film, tmp_path: Path, suffix: str
) -> None:
    store = RenderCache(tmp_path / "cache" / "films")
    settings = ExportSettings()  # an MKV holds random numbers
    first = export(film, settings, tmp_path / "out" / "a.mp4", store=store)
    spoiled = entries(store, suffix)
    for entry in spoiled:
        entry.unlink()
        (entry / "somebody's").mkdir(parents=True)

    second = export(film, settings, tmp_path / "out" / "b.mp4", store=store)

    assert first.path.read_bytes() == second.path.read_bytes()
    assert all(entry.is_file() for entry in spoiled)
    kept_aside = [entry.with_name(f"{entry.name}.bad") / "somebody's" for entry in spoiled]
    assert all(folder.is_dir() for folder in kept_aside)
    third = export(film, settings, tmp_path / "out" / "c.mp4", store=store)
    assert third.notes == first.notes


def test_a_cache_that_cannot_be_written_is_still_read(film: Film, tmp_path: Path) -> None:
    store = RenderCache(tmp_path / "cache" / "films")
    first = export(film, SETTINGS, tmp_path / "out" / "a.mkv", store=store)
    # A folder in the place of its lock: nothing can be put into the cache any more.
    lock = store.folder.with_name(".films.lock")
    lock.unlink()
    lock.mkdir()
    again = export(film, SETTINGS, tmp_path / "out" / "b.mkv", store=store)
    assert "2 of 2 pieces kept from before" in [getattr(e, "message", "") for e in again.events]
    assert again.notes == first.notes
    other = export(film_of(film.clips[0].path), SETTINGS, tmp_path / "out" / "c.mkv", store=store)
    assert len(look_at(other.path).frames) == 15
    assert any("Nothing can be kept" in note for note in other.notes)


def at_stage(stage: Stage, act: Callable[[], object]) -> Callable[[Report], None]:
    """Does something once, at the first event of a stage."""
    is_done = threading.Event()

    def listen(event: Report) -> None:
        if isinstance(event, Progressed) and event.stage is stage and not is_done.is_set():
            is_done.set()
            act()

    return listen


@pytest.mark.parametrize("stage", [Stage.ASSEMBLE, Stage.MIX, Stage.WRITE])
@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize("how", ["clear", "trim", "rmtree"])
def test_clearing_takes_nothing_from_a_running_export(
    film: Film, tmp_path: Path, stage: Stage, is_kept: bool, how: str
) -> None:
    store = RenderCache(tmp_path / "cache" / "films")
    if is_kept:
        export(film, SETTINGS, tmp_path / "out" / "first.mkv", store=store)
    acts: dict[str, Callable[[], object]] = {
        "clear": RenderCache(store.folder).clear,
        "trim": lambda: RenderCache(store.folder).trim(0),
        "rmtree": lambda: shutil.rmtree(store.folder, ignore_errors=True),
    }
    made = export(
        film, SETTINGS, tmp_path / "out" / "a.mkv", store=store, on_event=at_stage(stage, acts[how])
    )
    look = look_at(made.path)
    assert len(look.frames) == FRAMES
    assert look.audio is not None


def test_clearing_takes_only_what_is_ours(tmp_path: Path) -> None:
    store = RenderCache(tmp_path / "films")

    def write(place: Path) -> None:
        place.write_bytes(b"12345")

    piece = store.keep(key_of({"a": 1}), ".mp4", write)
    (store.folder / "my film.mp4").write_bytes(b"mine")
    (store.folder / "mine").mkdir()
    use = store.clear()
    assert (use.count, use.size_bytes) == (1, 5)
    assert not piece.exists()
    assert sorted(path.name for path in store.folder.iterdir()) == ["mine", "my film.mp4"]


def test_what_a_killed_export_left_in_the_cache_is_swept(film: Film, tmp_path: Path) -> None:
    store = RenderCache(tmp_path / "cache" / "films")
    export(film, SETTINGS, tmp_path / "out" / "a.mkv", store=store)
    whole = sorted(store.folder.iterdir())
    key = "0123456789" * 4
    left = [f"{key}.1a2b3c4d.part.mp4", f"{key}.f32.seal", f"{'0123456789abcdef' * 2}.ffconcat"]
    for name in left:
        (store.folder / name).write_bytes(b"half")
    with_lock = hold_file(store.folder.with_name(".films.lock"))
    assert with_lock is not None
    store.trim(10**9)  # somebody may just be writing them
    assert {name for name in left if (store.folder / name).exists()} == set(left)
    with_lock.release()

    export(film, SETTINGS, tmp_path / "out" / "b.mkv", store=store)

    assert sorted(store.folder.iterdir()) == whole


def run_again(made: Exported, film: Film, settings: ExportSettings, room: Path) -> Exported:
    """The same job once more, as `resume` runs it."""
    return _run(film, settings, made.path, room, "work-2")


def _run(
    film: Film, settings: ExportSettings, path: Path, room: Path, work: str, **more: object
) -> Exported:
    events: list[Report] = []
    (room / work).mkdir(parents=True)
    path.parent.mkdir(exist_ok=True)
    order = ExportOrder(film=film, settings=settings, path=path).model_copy(update=more)
    job = ExportJob(order, RenderCache(room / "films"), None, 10**9)
    inputs = room / "inputs" / "0123456789ab"
    context = JobContext(
        room / work, CancelToken(), events.append, job_id="0123456789ab", inputs_dir=inputs
    )
    return Exported(job.run(context), events)


@pytest.mark.parametrize("container", [Container.MP4, Container.GIF, Container.PNG])
def test_a_film_that_was_placed_just_before_a_kill_is_not_made_again(
    film: Film, tmp_path: Path, container: Container
) -> None:
    settings = ExportSettings(container=container)
    name = "pics" if container is Container.PNG else f"film.{container.value}"
    made = _run(film, settings, tmp_path / "out" / name, tmp_path, "work")
    before = {path: path.stat().st_ino for path in (tmp_path / "out").rglob("*")}

    again = run_again(made, film, settings, tmp_path)

    assert again.path == made.path
    assert again.events == []
    assert {path: path.stat().st_ino for path in (tmp_path / "out").rglob("*")} == before


def test_a_film_that_got_a_number_is_recognised_too(film: Film, tmp_path: Path) -> None:
    place = tmp_path / "out" / "film.mp4"
    place.parent.mkdir()
    place.write_bytes(b"somebody else's")
    made = _run(film, ExportSettings(), place, tmp_path, "work")
    assert made.path.name == "film-2.mp4"

    again = _run(film, ExportSettings(), place, tmp_path, "work-2")

    assert again.path == made.path
    assert sorted(path.name for path in place.parent.iterdir()) == ["film-2.mp4", "film.mp4"]


def test_a_film_that_was_changed_since_or_belongs_to_another_job_is_made(
    film: Film, tmp_path: Path
) -> None:
    made = _run(film, ExportSettings(), tmp_path / "out" / "film.mp4", tmp_path, "work")
    content = made.path.read_bytes()
    made.path.write_bytes(content[:-1] + b"\xff")
    again = run_again(made, film, ExportSettings(), tmp_path)
    assert again.path.name == "film-2.mp4"
    assert again.path.read_bytes() == content


def test_a_poster_that_was_missing_when_the_program_was_killed_is_made(
    film: Film, tmp_path: Path
) -> None:
    place = tmp_path / "out" / "film.mp4"
    made = _run(film, ExportSettings(), place, tmp_path, "work", poster_s=0.2)
    poster = place.with_name("film-poster.png")
    poster.unlink()
    inode = made.path.stat().st_ino

    again = _run(film, ExportSettings(), place, tmp_path, "work-2", poster_s=0.2)

    assert again.path.stat().st_ino == inode
    assert sorted(path.name for path in place.parent.iterdir()) == ["film-poster.png", "film.mp4"]


def test_half_folders_and_files_of_a_killed_run_are_known_by_its_job(
    film: Film, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / ".pics.0123456789ab.part").mkdir(parents=True)
    (out / ".pics-2-poster.0123456789ab.part").touch()
    (out / ".pics.ba9876543210.part").mkdir()
    order = ExportOrder(film=film, settings=SETTINGS, path=out / "pics")
    job = ExportJob(order, RenderCache(tmp_path / "films"), None, 10**9)
    found = sorted(path.name for path in job.partial_files("0123456789ab"))
    assert found == [".pics-2-poster.0123456789ab.part", ".pics.0123456789ab.part"]
