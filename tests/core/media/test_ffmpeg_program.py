"""Which FFmpeg is used, what is refused as one, and what is said then."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import imageio_ffmpeg
import pytest

from core.errors import FFmpegMissing
from core.media import ffmpeg_check
from core.media.ffmpeg_check import crash_of, faults_of, names_in, version_of
from core.media.ffmpeg_choice import FFMPEG_VARIABLE, FoundBy, use_ffmpeg
from core.media.ffmpeg_program import (
    ffmpeg_in_use,
    ffmpeg_version,
    ffmpeg_with_encoder,
    find_ffmpeg,
    other_ffmpegs,
    way_to_bundled,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

WAY = f"Unset {FFMPEG_VARIABLE} to use the FFmpeg that comes with ImageAI."
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are those of Unix")


def bundled() -> Path:
    """The program inside of imageio-ffmpeg's own package."""
    return next((Path(imageio_ffmpeg.__file__).parent / "binaries").glob("ffmpeg*"))


def script(path: Path, *lines: str) -> Path:
    """A program that does these lines first and else is the bundled FFmpeg."""
    path.parent.mkdir(parents=True, exist_ok=True)
    end = f'exec "{bundled()}" "$@"'
    path.write_text("\n".join(["#!/bin/sh", *lines, end, ""]), encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("IMAGEAI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv(FFMPEG_VARIABLE, raising=False)
    yield
    use_ffmpeg(None)


# Which one


def test_bundled_one_comes_before_that_of_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = script(tmp_path / "bin" / "ffmpeg")
    monkeypatch.setenv("PATH", f"{on_path.parent}:/usr/bin:/bin")
    # A variable of imageio-ffmpeg's own is nobody's word to this program.
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(on_path))
    assert find_ffmpeg() == bundled()
    assert ffmpeg_in_use().found_by is FoundBy.BUNDLED
    assert [other.path for other in other_ffmpegs()][:1] == [on_path]


def test_variable_wins_over_the_setting_and_the_setting_over_the_bundled_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = script(tmp_path / "one"), script(tmp_path / "two")
    use_ffmpeg(str(one))
    assert (ffmpeg_in_use().path, ffmpeg_in_use().found_by) == (one, FoundBy.SETTING)
    monkeypatch.setenv(FFMPEG_VARIABLE, str(two))
    assert (ffmpeg_in_use().path, ffmpeg_in_use().found_by) == (two, FoundBy.VARIABLE)
    assert bundled() in [other.path for other in other_ffmpegs()]


def test_program_may_be_named_without_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = script(tmp_path / "bin" / "ffmpeg-mine")
    monkeypatch.setenv("PATH", f"{named.parent}:/usr/bin:/bin")
    use_ffmpeg("ffmpeg-mine")
    assert find_ffmpeg() == named


def test_without_the_bundled_one_that_of_the_path_is_used_once_it_is_proven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = script(tmp_path / "bin" / "ffmpeg")
    monkeypatch.setenv("PATH", f"{on_path.parent}:/usr/bin:/bin")
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    assert (ffmpeg_in_use().path, ffmpeg_in_use().found_by) == (on_path, FoundBy.PATH)
    poor = script(tmp_path / "poor" / "ffmpeg", 'case "$*" in *-filters) exit 0;; esac')
    monkeypatch.setenv("PATH", f"{poor.parent}:/usr/bin:/bin")
    with pytest.raises(FFmpegMissing, match=r"lacks the filters .*xfade") as refused:
        find_ffmpeg()
    assert refused.value.hint == "Run 'pip install imageio-ffmpeg'."


def test_no_ffmpeg_at_all_is_told_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(FFmpegMissing) as refused:
        find_ffmpeg()
    assert "pip install imageio-ffmpeg" in refused.value.hint
    assert FFMPEG_VARIABLE in refused.value.hint


def test_another_one_is_looked_for_only_where_the_bundled_one_lacks_an_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = script(
        tmp_path / "bin" / "ffmpeg",
        'case "$*" in *-encoders) echo " V....D h264_odd    H.264 in an odd chip";; esac',
    )
    monkeypatch.setenv("PATH", f"{more.parent}:/usr/bin:/bin")
    found = ffmpeg_with_encoder("h264_odd")
    assert found is not None
    assert found.path == more
    assert ffmpeg_with_encoder("libx264") is None
    assert ffmpeg_with_encoder("h264_none") is None
    # Whoever names one gets that one alone.
    use_ffmpeg(str(bundled()))
    assert ffmpeg_with_encoder("h264_odd") is None


# What is refused


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("/bin/true", "is no FFmpeg"),
        ("/bin/echo", "is no FFmpeg"),
        ("/bin/false", "does not start: it ends with exit code 1"),
        (sys.executable, "does not start"),
    ],
)
def test_program_that_is_no_ffmpeg_is_told_as_such(
    program: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FFMPEG_VARIABLE, program)
    with pytest.raises(FFmpegMissing, match=reason) as refused:
        find_ffmpeg()
    assert program in refused.value.message
    assert refused.value.hint == WAY


def test_name_of_no_program_is_told_with_who_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_ffmpeg(str(tmp_path / "none"))
    with pytest.raises(FFmpegMissing, match=r"The setting programs\.ffmpeg names") as refused:
        find_ffmpeg()
    assert "Empty the setting programs.ffmpeg" in refused.value.hint
    monkeypatch.setenv(FFMPEG_VARIABLE, str(tmp_path))
    with pytest.raises(FFmpegMissing, match=f"{FFMPEG_VARIABLE} names") as refused:
        find_ffmpeg()
    assert refused.value.hint == WAY
    assert bundled() in [other.path for other in other_ffmpegs()]


@pytest.mark.parametrize(
    ("lines", "reasons"),
    [
        (['case "$*" in *-version) echo "ffmpeg version 4.4.1"; exit;; esac'], ["older than 5.1"]),
        (
            [
                'case "$*" in *-version) echo "ffmpeg version n3.1-2"; exit;; esac',
                'case "$*" in *-demuxers) echo " D  mov,mp4  QuickTime"; exit;; esac',
            ],
            ["version n3.1-2 is older than 5.1, and lacks the demuxers", "concat", "matroska"],
        ),
        (['case "$*" in *xfade*) kill -SEGV $$;; esac'], ["crashes (SIGSEGV) on a tiny film"]),
        (['case "$*" in *xfade*) echo "no xfade" >&2; exit 1;; esac'], ["tiny film: no xfade"]),
        (
            ['case "$*" in *matrix*) for a; do b="$b \'$(echo "$a" | sed s/smpte170m/bt709/g)\'"',
             f'done; eval exec "{bundled()}" $b;; esac'],
            ["changes the colours of small clips: (100, 90, 200) instead of (89, 98, 199)"],
        ),
        (
            ['case "$*" in *concat*ffmetadata*) for a; do f=$a; done',
             f'exec "{bundled()}" -v error -y -i "${{f%film.ts}}a.mp4" -c copy "${{f%ts}}mp4" '
             '-c copy "$f";; esac'],
            ["makes 15 frames of 30"],
        ),
    ],
    ids=["old", "old-and-poor", "crashes", "fails", "colours", "frames"],
)  # fmt: skip
def test_ffmpeg_that_would_make_another_film_is_refused_with_every_reason(
    lines: list[str], reasons: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FFMPEG_VARIABLE, str(script(tmp_path / "ffmpeg", *lines)))
    with pytest.raises(FFmpegMissing) as refused:
        find_ffmpeg()
    assert str(tmp_path / "ffmpeg") in refused.value.message
    for reason in reasons:
        assert reason in refused.value.message
    assert refused.value.hint == WAY


def test_build_without_a_number_is_judged_by_what_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = 'case "$*" in *-version) echo "ffmpeg version N-109542-g2a571b6 Copyright"; exit;; esac'
    monkeypatch.setenv(FFMPEG_VARIABLE, str(script(tmp_path / "ffmpeg", line)))
    assert find_ffmpeg() == tmp_path / "ffmpeg"


def test_bundled_one_passes_the_check_of_the_others() -> None:
    assert faults_of(bundled()) == ()


def test_program_is_tried_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    count = f'case "$*" in *xfade*) echo x >> "{log}";; esac'
    program = script(tmp_path / "ffmpeg", count)
    assert faults_of(program) == ()
    ffmpeg_check._prove.cache_clear()  # noqa: SLF001 - as another process would begin
    assert faults_of(program) == ()
    assert log.read_text() == "x\n"
    script(program, count, 'case "$*" in *xfade*) exit 1;; esac')
    assert len(faults_of(program)) == 1
    # A failure may be that of a full disk, and is not kept.
    script(program, count, "# whole again")
    assert faults_of(program) == ()


# What is asked of it


def test_every_filter_of_a_film_is_asked_for() -> None:
    root = Path(__file__).resolve().parents[3] / "core" / "film"
    sources = "\n".join(path.read_text(encoding="utf-8") for path in root.rglob("*.py"))
    used = set(re.findall(r"\.filter\(\s*\"([a-z0-9_]+)\"", sources))
    used |= set(re.findall(r"[\"',;\]](a[a-z]+|volume|pan|ebur128|palette\w+)=", sources))
    assert {"scale", "tpad", "aresample", "alimiter", "palettegen"} <= used
    assert used - set(ffmpeg_check._NEEDED["filters"].split()) == {"all"} & used  # noqa: SLF001 - the list is held against what is used


def test_ffmpeg_names_its_version_in_one_line() -> None:
    assert ffmpeg_version().startswith("ffmpeg version ")
    assert "\n" not in ffmpeg_version()
    assert version_of(bundled()) in ffmpeg_version()


def test_formats_with_several_names_are_known_by_each() -> None:
    assert {"mov", "mp4", "matroska", "webm", "concat"} <= names_in(bundled(), "demuxers")
    assert "xfade" in names_in(bundled(), "filters")


def test_crashes_are_told_from_errors_by_their_exit_codes() -> None:
    assert crash_of(-11) == "SIGSEGV"
    assert crash_of(0xC0000005) == "0xC0000005"
    for other in (0, 1, 234, 255, -9, -15, 0xFFFFFFFE, 0xBEBBB1B7):
        assert crash_of(other) == ""


def test_nothing_has_to_be_undone_while_the_bundled_one_is_used() -> None:
    assert way_to_bundled() == ""
