"""The same film without ImageAI: what a person would type for FFmpeg, in two ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.film.build.encoding import audio_arguments, video_arguments
from core.film.model.delivery import ExportSettings
from core.film.model.timeline import SAMPLE_RATE_HZ
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from scripts.benchmark.film_clips import TAGS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scripts.benchmark.film_clips import FilmSize


def single_pass(size: FilmSize, clips: Sequence[Path], music: Path, film: Path) -> None:
    """One command with one graph; only the frames of the dissolves go through `xfade`."""
    graph = [*_flat_images(size), *_crossfaded(len(clips), size), _with_music(len(clips))]
    inputs = [word for path in (*clips, music) for word in ("-i", str(path))]
    maps = ["-filter_complex", ";".join(graph), "-map", "[v]", "-map", "[a]"]
    _run([*inputs, *maps, *_video(size), *_audio(), "-movflags", "+faststart", str(film)])


def normalise_then_join(
    size: FilmSize, clips: Sequence[Path], music: Path, film: Path, workdir: Path
) -> None:
    """Every clip brought to the format, then a chain of `xfade`, then the music: three steps."""
    same = f"scale={size.width}:{size.height},setsar=1,fps={size.fps},format=yuv420p"
    normal: list[Path] = []
    for number, clip in enumerate(clips):
        normal.append(workdir / f"normal{number}.mp4")
        _run(["-i", str(clip), "-vf", same, *_video(size), *_audio(), str(normal[-1])])
    inputs = [word for path in normal for word in ("-i", str(path))]
    graph = [*_chained_images(size), *_crossfaded(len(clips), size)]
    joined = workdir / "joined.mp4"
    maps = ["-filter_complex", ";".join(graph), "-map", "[v]", "-map", "[clips]"]
    _run([*inputs, *maps, *_video(size), *_audio(), str(joined)])
    under = "[0:a][1:a]amix=inputs=2:duration=first:normalize=0[a]"
    both = ["-i", str(joined), "-i", str(music), "-filter_complex", under, "-map", "0:v"]
    _run([*both, "-map", "[a]", "-c:v", "copy", *_audio(), "-movflags", "+faststart", str(film)])


def _run(arguments: Sequence[str]) -> None:
    run_ffmpeg(arguments, CancelToken())


def _video(size: FilmSize) -> list[str]:
    """The encoder options of an export with the usual settings."""
    words: list[str] = []
    for name, value in video_arguments(ExportSettings(), size.rate).items():
        if name != "an":
            words += [f"-{name}"] if value is None else [f"-{name}", str(value)]
    return words


def _audio() -> list[str]:
    return audio_arguments(ExportSettings())


def _counted(size: FilmSize) -> str:
    return f"settb=1/{size.fps},setpts=N"


def _flat_images(size: FilmSize) -> list[str]:
    count, t, n, times = size.clips, size.dissolve, size.clip_frames, _counted(size)
    graph: list[str] = []
    order: list[str] = []
    for k in range(count):
        spans: dict[str, tuple[int, int]] = {}
        if k > 0:
            spans[f"h{k}"] = (0, t)
        spans[f"b{k}"] = (t if k > 0 else 0, n - t if k < count - 1 else n)
        if k < count - 1:
            spans[f"t{k}"] = (n - t, n)
        outs = "".join(f"[{name}i]" for name in spans)
        graph.append(f"[{k}:v]{times},split={len(spans)}{outs}")
        graph += [
            f"[{name}i]trim=start_frame={first}:end_frame={end},{times}[{name}]"
            for name, (first, end) in spans.items()
        ]
        if k > 0:
            graph.append(
                f"[t{k - 1}][h{k}]xfade=transition=fade:duration={size.dissolve_s:.6f}:offset=0,"
                f"trim=end_frame={t},format=yuv420p,{times}[x{k}]"
            )
            order.append(f"[x{k}]")
        order.append(f"[b{k}]")
    graph.append(f"{''.join(order)}concat=n={len(order)}:v=1:a=0,{times},{TAGS},format=yuv420p[v]")
    return graph


def _chained_images(size: FilmSize) -> list[str]:
    graph: list[str] = []
    before = "[0:v]"
    for k in range(1, size.clips):
        offset = k * (size.clip_frames - size.dissolve) / size.fps
        graph.append(
            f"{before}[{k}:v]xfade=transition=fade:duration={size.dissolve_s:.6f}"
            f":offset={offset:.6f}[x{k}]"
        )
        before = f"[x{k}]"
    graph.append(f"{before}{TAGS},format=yuv420p[v]")
    return graph


def _crossfaded(count: int, size: FilmSize) -> list[str]:
    samples = size.clip_frames * SAMPLE_RATE_HZ // size.fps
    exact = f"aresample={SAMPLE_RATE_HZ},apad,atrim=end_sample={samples}"
    graph = [f"[{k}:a]{exact}[s{k}]" for k in range(count)]
    before = "[s0]"
    for k in range(1, count):
        after = f"[c{k}]" if k < count - 1 else "[clips]"
        graph.append(f"{before}[s{k}]acrossfade=d={size.dissolve_s:.6f}:c1=qsin:c2=qsin{after}")
        before = after
    return graph


def _with_music(number: int) -> str:
    return f"[clips][{number}:a]amix=inputs=2:duration=first:normalize=0[a]"
