"""The statistics, tables and small measurements of scripts/bench.py."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from core.project.files.project_file import read_project
from scripts.bench import PARTS, parse
from scripts.benchmark import (
    cloud_race,
    film_race,
    film_scale,
    gallery,
    mask_strokes,
    window_large,
    window_stall,
    window_start,
)
from scripts.benchmark.app_memory import section as memory_section
from scripts.benchmark.clips import fresh_studio, prompt
from scripts.benchmark.engine.bare_messages import BareCall
from scripts.benchmark.engine.race import Race, goals, table
from scripts.benchmark.engine.warm_jobs import LATE, LoraSwitches, ManyJobs
from scripts.benchmark.figures import Series, ratio
from scripts.benchmark.film_clips import FilmSize, film_of
from scripts.benchmark.peaks import Peaks, watch
from scripts.benchmark.raw_film import single_pass
from scripts.benchmark.startup import run_seconds
from scripts.benchmark.surroundings import machine_line, name_in_cpuinfo
from scripts.benchmark.tables import Goal, Section, series_table
from scripts.benchmark.warm_engine import section as warm_section
from scripts.benchmark.window_runs import run
from scripts.markdown import markdown_table, put_between
from tests.film.seen import frames_of

DOCUMENT = Path(__file__).resolve().parents[1] / "Docs" / "Benchmarks.md"


def test_a_series_is_told_by_its_middle_and_its_ends() -> None:
    series = Series("a", (9.0, 1.0, 2.0, 3.0))
    assert (series.median, series.least, series.most) == (2.5, 1.0, 9.0)


def test_a_series_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="'a' was never measured"):
        Series("a", ())


def test_a_ratio_is_taken_pair_by_pair() -> None:
    # The machine got ten times slower on the way; side by side the second takes 1.1 times as long.
    base = Series("base", (1.0, 1.0, 10.0))
    other = Series("other", (1.1, 1.2, 11.0))
    assert ratio(other, base) == pytest.approx(1.1)
    assert ratio(base, base) == 1


def test_series_of_different_length_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="in pairs"):
        ratio(Series("a", (1.0,)), Series("b", (1.0, 2.0)))


def test_a_table_shows_medians_and_ratios_to_its_first_row() -> None:
    table = series_table((Series("a", (2.0, 2.0)), Series("bb", (1.0, 3.0))), "s", 1)
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    assert lines[0] == ["", "median, s", "least, s", "most, s", "times", "ratio"]
    assert lines[2] == ["a", "2.0", "2.0", "2.0", "2", "1.00"]
    assert lines[3] == ["bb", "2.0", "1.0", "3.0", "2", "1.00"]


def test_the_columns_of_a_table_are_even() -> None:
    table = markdown_table(("", "n"), [("a long name", "1"), ("b", "1234")], has_numbers=True)
    assert table.splitlines() == [
        "|             |    n |",
        "| ----------- | ---: |",
        "| a long name |    1 |",
        "| b           | 1234 |",
    ]


def test_a_section_ends_with_its_goals() -> None:
    goals = (Goal("quick", is_met=True), Goal("small", is_met=False))
    text = Section("Title", "| t |", ("A finding.",), goals).text()
    assert text == "## Title\n\n| t |\n\n- A finding.\n- quick: yes\n- small: NO\n"


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    document = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n"
    written = put_between(document, "x", "new\n")
    assert written == "a\n<!-- x: begin -->\nnew\n<!-- x: end -->\nb\n"
    assert put_between(written, "x", "new") == written


@pytest.mark.parametrize(
    "document",
    ["", "<!-- x: begin -->", "<!-- x: end --> <!-- x: begin -->", "<!-- x: begin -->" * 2],
)
def test_a_document_without_its_markers_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="marker"):
        put_between(document, "x", "new")


@pytest.mark.parametrize("part", PARTS)
def test_the_document_has_a_place_for_every_part(part: str) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert "figures of a test" in put_between(document, part, "figures of a test")


def test_without_options_every_part_is_measured_five_times() -> None:
    options = parse([])
    assert (options.parts, options.repeats, options.is_written) == (tuple(PARTS), 5, False)


def test_parts_run_in_their_own_order_and_name_their_command() -> None:
    options = parse(["--part", "memory", "--part", "engine", "--repeats", "2"])
    assert options.parts == ("engine", "memory")
    said = options.command("memory")
    assert said == "python3 scripts/bench.py --part memory --repeats 2 --write"
    assert parse(said.split()[2:]).parts == ("memory",)


@pytest.mark.parametrize("words", [["--repeats", "0"], ["--part", "nothing"]])
def test_a_mistyped_option_ends_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(words)
    assert ended.value.code == 2


def test_neighbouring_clips_have_different_prompts() -> None:
    prompts = [prompt(number) for number in range(20)]
    assert len(set(prompts)) == 20


def test_the_machine_is_named_without_its_host() -> None:
    line = machine_line()
    assert "of memory" in line
    assert "Python 3." in line
    assert os.uname().nodename not in line.replace(",", " ").split()


def test_the_processor_is_read_from_linux_list() -> None:
    text = "processor\t: 0\nmodel name\t: Some  CPU @ 2.0GHz\nprocessor\t: 1\nmodel name\t: Other\n"
    assert name_in_cpuinfo(text) == "Some CPU @ 2.0GHz"
    assert name_in_cpuinfo("processor: 0\n") == ""


def test_memory_is_seen_of_a_program_and_of_what_it_starts() -> None:
    child = "import time; held = bytearray(120_000_000); time.sleep(1)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    peaks = watch([sys.executable, "-c", code], dict(os.environ))
    assert peaks.started > 100e6
    assert 1e6 < peaks.app < 100e6
    assert max(peaks.app, peaks.started) <= peaks.together <= peaks.app + peaks.started
    assert peaks.seconds > 1
    assert peaks.samples > 3


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"code 3: sorry"):
        watch([sys.executable, "-c", "import sys; print('sorry', file=sys.stderr); exit(3)"], {})
    with pytest.raises(RuntimeError, match=r"code 5"):
        run_seconds(("-c", "exit(5)"), tmp_path)


def test_a_start_is_timed(tmp_path: Path) -> None:
    assert run_seconds(("-c", "import time; time.sleep(0.3)"), tmp_path) >= 0.3


def test_goals_follow_from_the_figures() -> None:
    warm = warm_section(Series("first", (12.0,)), Series("second", (8.5,)))
    assert [goal.is_met for goal in warm.goals] == [False]
    quick = [Peaks(app=10**8, started=10**9, seconds=19.0)]
    assert [goal.is_met for goal in memory_section(quick).goals] == [True]
    assert "| app process" in memory_section(quick).text()


def raced(mode: str = "text", engine_s: float = 2.05, **other: object) -> Race:
    bare, engine = Series("bare", (2.0,)), Series("engine", (engine_s,))
    same = Race(mode, BareCall.DIFFUSERS, bare, engine, bare, bare, 33, 33, True, 1)
    return replace(same, **other)


def test_a_different_frame_of_one_mode_misses_the_goal_of_the_race_and_is_named() -> None:
    assert [goal.is_met for goal in goals([raced(), raced("extend")])] == [True, True]
    for differs, said in (
        ({"identical_frames": 32}, "retake: frames 32 of 33"),
        ({"is_audio_identical": False}, "retake: audio"),
        ({"identical_files": 0}, "retake: files 0 of 1"),
    ):
        same, quick = goals([raced(), raced("retake", **differs)])
        assert (same.is_met, quick.is_met) == (False, True)
        assert f"({said})" in str(same)


def test_a_slow_mode_misses_the_goal_of_the_race_and_is_named() -> None:
    same, quick = goals([raced(), raced("retake", 2.2)])
    assert (same.is_met, quick.is_met) == (True, False)
    assert "(retake: 1.10): NO" in str(quick)
    assert "| retake |" in table([raced("retake", 2.2)])


def test_a_switch_of_a_lora_that_loads_the_model_misses_its_goal() -> None:
    series = (Series("no change", (1.0, 1.0)), Series("another LoRA", (1.1, 1.3)))
    switches = LoraSwitches(series, loads=0)
    assert [goal.is_met for goal in switches.goals] == [True]
    assert "another LoRA +200 ms" in switches.findings[0]
    assert [goal.is_met for goal in LoraSwitches(series, loads=1).goals] == [False]


def test_an_engine_that_grows_misses_its_goal() -> None:
    flat = (0,) * 9 + (600_000_000,) * (LATE - 10) + (630_000_000,)
    assert [goal.is_met for goal in ManyJobs(flat).goals] == [True]
    assert "grew by 30 MB" in ManyJobs(flat).findings[0]
    assert [goal.is_met for goal in ManyJobs((*flat[:-1], 631_000_000)).goals] == [False]


TINY = FilmSize(width=64, height=48, fps=24, clips=3, clip_frames=18, dissolve=6)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts handles, not files")
def test_open_files_are_seen_of_a_program_and_of_what_it_starts(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    child = "import time; held = [open('a') for _ in range(60)]; time.sleep(1)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    peaks = watch(["env", "-C", str(tmp_path), sys.executable, "-c", code], dict(os.environ))
    assert 60 <= peaks.files < 200


def test_every_way_makes_a_film_of_the_planned_frames(tmp_path: Path) -> None:
    race = film_race.Race(TINY)
    material = film_race.make_material(TINY, tmp_path)
    film_race.run_round(race, 0, material, None, tmp_path)
    ways = (film_race.SINGLE, film_race.EXPORT, film_race.MUSIC, film_race.CLIP, film_race.STEPS)
    assert race.frames == {way: {42} for way in ways}
    text = film_race.section(race).text()
    assert "Exactly 42 frames each time: yes" in text
    assert "MoviePy 2" not in text.partition("\n\n-")[0]


def audio_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.hstack([frame.to_ndarray() for frame in container.decode(audio=0)]).T


def test_the_single_command_makes_the_film_that_an_export_makes(tmp_path: Path) -> None:
    material = film_race.make_material(TINY, tmp_path)
    raw, ours = tmp_path / "raw.mp4", tmp_path / "ours.mp4"
    single_pass(TINY, material.clips, material.music, raw)
    exporter = film_race.Exporter(tmp_path / "store", tmp_path / "work")
    exporter.run(film_of(TINY, material.clips, material.music), ours)
    assert np.abs(frames_of(raw).astype(int) - frames_of(ours)).mean() < 2
    one, other = audio_of(raw), audio_of(ours)
    count = min(len(one), len(other))
    assert count >= 42 * 2000
    difference = one[:count] - other[:count]
    # Without the music, or with a clip in another place, it would be most of the sound itself.
    assert np.sqrt((difference**2).mean()) < 0.03 * np.sqrt((one**2).mean())


def test_a_marked_copy_is_the_same_clip_with_another_content(tmp_path: Path) -> None:
    clip = film_race.make_clip(TINY, 0, tmp_path)
    one, other = (film_scale.copy_with_mark(clip, number, tmp_path) for number in range(2))
    assert one.read_bytes() != other.read_bytes()
    assert np.array_equal(frames_of(one), frames_of(other))


def test_a_slow_or_wrong_export_misses_its_goals() -> None:
    race = film_race.Race(TINY)
    times = {film_race.SINGLE: 10.0, film_race.EXPORT: 10.4, film_race.MUSIC: 1.0}
    for name, seconds in times.items():
        race.times[name] = [seconds]
        race.frames[name] = {42}
    assert [goal.is_met for goal in film_race.goals(race)] == [True, True, True]
    race.times |= {film_race.EXPORT: [10.6], film_race.MUSIC: [1.1]}
    race.frames[film_race.MUSIC] = {42, 41}
    assert [goal.is_met for goal in film_race.goals(race)] == [False, False, False]


def test_memory_that_grows_with_the_film_misses_its_goal() -> None:
    def length(clips: int, together: int) -> film_scale.Length:
        size = replace(TINY, clips=clips)
        return film_scale.Length(size, size.num_frames, Peaks(together=together))

    steady = film_scale.goals([length(30, 100), length(300, 150)])
    assert [goal.is_met for goal in steady] == [True, True]
    growing = film_scale.goals([length(30, 100), length(300, 151)])
    assert [goal.is_met for goal in growing] == [True, False]


def test_a_film_of_other_frames_misses_its_goal() -> None:
    wrong = film_scale.Length(TINY, TINY.num_frames - 1, Peaks())
    assert [goal.is_met for goal in film_scale.goals([wrong])] == [False]


def test_a_project_of_many_scenes_has_a_clip_for_each(tmp_path: Path) -> None:
    folder = window_large.make_project(tmp_path / "large", 3)
    project = read_project(folder).project
    takes = [project.chosen_take(scene.id) for scene in project.scenes]
    clips = [take.path for take in takes if take is not None]
    assert len(set(clips)) == 3
    assert sorted((folder / "clips").iterdir()) == clips
    assert [len(frames_of(clip)) for clip in clips] == [48, 48, 48]


def test_a_window_tells_how_it_starts_and_opens(tmp_path: Path) -> None:
    project = window_large.make_project(tmp_path / "large", 12)
    messages = run("open", tmp_path / "home", str(project))
    assert 0.1 < messages["visible_s"] <= messages["idle_s"] < 60
    assert not messages["has_torch"]
    assert messages["scenes"] == 12
    assert 0 < messages["opened_s"] < 60
    assert 0 < messages["fling_ms"] <= messages["slowest_fling_ms"]
    assert 0 < messages["notch_ms"] <= messages["slowest_notch_ms"]
    assert 20 < messages["memory_mb"] < messages["memory_open_mb"]
    assert "| nothing is left to do" in window_start.section([messages]).text()
    assert "| the slowest notch" in window_large.section([messages]).text()


def test_a_gallery_of_many_pictures_is_opened_and_scrolled(tmp_path: Path) -> None:
    with fresh_studio(tmp_path / "home") as studio:
        gallery.make_pictures(studio, 40)
        assert studio.history.count() == 40
        assert studio.history.find(limit=1)[0].clip_record is not None
    messages = run("gallery", tmp_path / "home")
    assert messages["pictures"] == 40
    assert 0 < messages["shown_s"] <= messages["listed_s"] <= messages["opened_s"] < 60
    assert 0 < messages["fling_ms"] <= messages["slowest_fling_ms"]
    assert 0 < messages["notch_ms"] <= messages["slowest_notch_ms"]
    assert list((tmp_path / "home" / "cache" / "thumbnails").glob("*.thumb"))
    assert "| the slowest notch" in gallery.section([messages], [messages]).text()


def test_a_gallery_that_opens_late_or_stalls_misses_its_goal() -> None:
    good = {"opened_s": 0.9, "shown_s": 0.1, "fling_ms": 2.0, "slowest_fling_ms": 49.0}
    good |= {"notch_ms": 4.0, "slowest_notch_ms": 49.0, "memory_open_mb": 250.0}
    assert [goal.is_met for goal in gallery.section([good], [good]).goals] == [True, True]
    late, stalls = good | {"opened_s": 1.1}, good | {"slowest_notch_ms": 51.0}
    for first, again in ((late, good), (good, late)):
        assert [goal.is_met for goal in gallery.section([first], [again]).goals] == [False, True]
    assert [goal.is_met for goal in gallery.section([stalls], [good]).goals] == [True, False]


def test_a_window_that_measures_nothing_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="'dance' is nothing to measure"):
        run("dance", tmp_path / "home")


def test_a_slow_start_or_torch_misses_its_goal() -> None:
    quick: dict[str, float]
    quick = {"visible_s": 1.0, "idle_s": 1.4, "has_torch": False, "memory_mb": 140.0}
    assert [goal.is_met for goal in window_start.section([quick]).goals] == [True, True]
    busy = quick | {"idle_s": 1.6}
    assert [goal.is_met for goal in window_start.section([busy]).goals] == [False, True]
    heavy = quick | {"has_torch": True}
    assert [goal.is_met for goal in window_start.section([quick, heavy]).goals] == [True, False]


def test_one_slow_step_of_scrolling_misses_its_goal() -> None:
    smooth = {"opened_s": 0.9, "fling_ms": 8.0, "slowest_fling_ms": 49.0, "notch_ms": 8.0}
    smooth |= {"slowest_notch_ms": 49.0, "memory_mb": 140.0, "memory_open_mb": 210.0}
    assert [goal.is_met for goal in window_large.section([smooth]).goals] == [True, True]
    for slow in ("slowest_fling_ms", "slowest_notch_ms"):
        runs = [smooth, smooth, smooth | {slow: 51.0}]
        assert [goal.is_met for goal in window_large.section(runs).goals] == [True, False]
    late = smooth | {"opened_s": 1.1}
    assert [goal.is_met for goal in window_large.section([late]).goals] == [False, True]


def test_one_long_silence_misses_its_goal() -> None:
    calm = {"idle_ms": 1.0, "render_ms": 99.0}
    assert [goal.is_met for goal in window_stall.section([calm]).goals] == [True]
    silent = calm | {"render_ms": 101.0}
    assert [goal.is_met for goal in window_stall.section([calm, silent, calm]).goals] == [False]


def test_a_stroke_over_a_mask_is_timed_move_by_move(tmp_path: Path) -> None:
    messages = run("mask", tmp_path / "home")
    for name in mask_strokes.STROKES:
        assert 0 < messages[f"{name}_ms"] <= messages[f"slowest_{name}_ms"]
    assert messages["slowest_end_ms"] > 0
    calm = dict.fromkeys(messages, 15.0)
    assert [goal.is_met for goal in mask_strokes.section([calm]).goals] == [True]
    slow = calm | {"slowest_whole_wide_ms": 17.0}
    assert [goal.is_met for goal in mask_strokes.section([calm, slow]).goals] == [False]


def test_a_render_at_a_service_is_timed_for_a_bare_script_and_for_the_program(
    tmp_path: Path,
) -> None:
    size = replace(TINY, width=768, height=512, clip_frames=121)
    with cloud_race.service(film_race.make_clip(size, 0, tmp_path)) as url:
        pair = cloud_race.run_pair(url, tmp_path / "pair", tmp_path / "home", 1.5)
        peaks = cloud_race.render_many(url, tmp_path / "three", 3, 0.1)
    for times in (pair.bare, pair.program):
        assert times.whole > 1.5
        assert 0 < times.before < times.whole - 1.5
        assert 0 < times.after < times.whole - 1.5
    clips = [tmp_path / "pair" / "bare.mp4", tmp_path / "pair" / "program.mp4"]
    assert [len(frames_of(path)) for path in clips] == [121, 121]
    assert len(list((tmp_path / "three").glob("*.mp4"))) == 3
    all_peaks: dict[int, Peaks] = dict.fromkeys((1, cloud_race.FEW, cloud_race.MANY), peaks)
    text = cloud_race.section([pair], all_peaks).text()
    assert "| order to first question |" in text


def test_a_program_that_adds_much_or_holds_much_misses_its_goals() -> None:
    def met(slower: float, app: int, few: int) -> list[bool]:
        counts = (1, cloud_race.FEW, cloud_race.MANY)
        peaks = {
            count: Peaks(app=held)
            for count, held in zip(counts, (80_000_000, few, app), strict=True)
        }
        return [goal.is_met for goal in cloud_race.goals(slower, peaks)]

    assert met(1.1, 178_000_000, 153_000_000) == [True, True, True]
    assert met(1.11, 179_000_000, 128_000_000) == [False, False, False]
