"""Clips that match are joined untouched, and only then."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import av
import pytest

from core.film.model.delivery import Container, ExportSettings, FrameFormat, Quality
from core.film.model.film import Clip, Film, Music, Transition
from core.jobs.job import Progressed
from tests.film.bundled import run_bundled
from tests.film.exporting import export
from tests.film.seen import frames_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.film.exporting import Exported

TAGS = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=limited"


def clip(path: Path, source: str, *more: str) -> Path:
    image = ["-f", "lavfi", "-i", f"{source}=s=96x64:r=24:d=1", "-vf", f"{TAGS},format=yuv420p"]
    run_bundled([*image, "-c:v", "libx264", *more, str(path)])
    return path


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    return [clip(tmp_path / f"{name}.mp4", name) for name in ("testsrc", "testsrc2", "smptebars")]


def coded_images(path: Path) -> list[str]:
    """A hash of every coded slice, in the order of the file; headers may be repeated between."""
    found = []
    with av.open(str(path)) as container:
        for packet in container.demux(container.streams.video[0]):
            code, at = bytes(packet), 0
            while at + 4 < len(code):
                length = int.from_bytes(code[at : at + 4], "big")
                unit = code[at + 4 : at + 4 + length]
                if unit[0] & 31 in (1, 5):
                    found.append(hashlib.sha256(unit).hexdigest())
                at += 4 + length
    return found


def is_copied(made: Exported) -> bool:
    messages = [event.message for event in made.events if isinstance(event, Progressed)]
    return any("copied" in message for message in messages)


@pytest.mark.parametrize("container", [Container.MP4, Container.MOV, Container.MKV])
def test_matching_clips_keep_every_coded_byte(
    container: Container, clips: list[Path], tmp_path: Path
) -> None:
    film = Film(clips=tuple(Clip(path=path) for path in clips))
    out = tmp_path / f"film.{container.value}"
    made = export(film, ExportSettings(container=container), out)
    assert is_copied(made)
    assert coded_images(out) == [code for path in clips for code in coded_images(path)]
    shown = frames_of(out)
    assert len(shown) == 72
    for number, path in enumerate(clips):
        assert (shown[24 * number : 24 * number + 24] == frames_of(path)).all()


def test_music_changes_nothing_about_that(clips: list[Path], tmp_path: Path) -> None:
    tone = tmp_path / "tone.wav"
    run_bundled(["-f", "lavfi", "-i", "sine=d=5", str(tone)])
    film = Film(clips=tuple(Clip(path=path) for path in clips), music=(Music(path=tone),))
    made = export(film, ExportSettings(), tmp_path / "film.mp4")
    assert is_copied(made)


def test_whatever_touches_an_image_has_all_of_them_encoded(
    clips: list[Path], tmp_path: Path
) -> None:
    whole = tuple(Clip(path=path) for path in clips)
    joined = whole[1].model_copy(update={"transition": Transition(kind="dissolve")})
    other_header = clip(tmp_path / "other.mp4", "testsrc", "-bf", "0", "-refs", "1")
    other_rate = tmp_path / "rate.mp4"
    image = ["-f", "lavfi", "-i", "testsrc=s=96x64:r=25:d=1", "-vf", f"{TAGS},format=yuv420p"]
    run_bundled([*image, "-c:v", "libx264", str(other_rate)])
    untagged = tmp_path / "untagged.mp4"
    run_bundled([*image[:4], "-pix_fmt", "yuv420p", str(untagged)])
    usual = ExportSettings()
    cases = {
        "trim": (Film(clips=(whole[0].model_copy(update={"start_s": 0.25}),)), usual),
        "speed": (Film(clips=(whole[0].model_copy(update={"speed": 2.0}),)), usual),
        "transition": (Film(clips=(whole[0], joined)), usual),
        "size": (Film(clips=whole), ExportSettings(frame=FrameFormat(width=48, height=32))),
        "quality": (Film(clips=whole), ExportSettings(quality=Quality.LOW)),
        "bitrate": (Film(clips=whole), ExportSettings(video_kbps=300)),
        "header": (Film(clips=(whole[0], Clip(path=other_header))), usual),
        "rate": (Film(clips=(*whole, Clip(path=other_rate))), usual),
        "tags": (Film(clips=(Clip(path=untagged),)), usual),
    }
    copied = []
    for name, (film, settings) in cases.items():
        made = export(film, settings, tmp_path / f"{name}.mp4")
        if is_copied(made):
            copied.append(name)
    assert copied == []
