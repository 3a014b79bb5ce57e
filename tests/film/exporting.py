"""Small clips with a known picture and a click, and whole exports of them without the queue."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from core.film.build.export import ExportJob
from core.film.model.delivery import CONTAINERS, AudioCodec, ExportOrder, ExportSettings
from core.film.model.film import Clip, Film, Transition
from core.jobs.job import CancelToken, JobContext, Notice, Report
from core.media.render_cache import RenderCache
from tests.film.bundled import run_bundled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.film.picture.text_overlays import TextRenderer

HZ = 48_000
WIDTH, HEIGHT, RATE = 64, 64, 25
# Where a clip clicks: in the film at the same moment, when the clip is its first.
CLICK_S = 0.3
RECORD = {"program": "ImageAI 0.1", "prompt": "a red ball; 100 % = “round”\nand\\or #1", "seed": 7}


def make_clip(
    path: Path,
    seconds: float = 0.6,
    *,
    size: str = f"{WIDTH}x{HEIGHT}",
    image: str = "testsrc2",
    comment: str = "",
    has_audio: bool = True,
    more: Sequence[str] = (),
) -> Path:
    """A clip of 25 frames a second; its sound is one click at CLICK_S."""
    arguments = ["-f", "lavfi", "-i", f"{image}=s={size}:r={RATE}:d={seconds}"]
    if has_audio:
        click = f"aevalsrc='0.9*eq(n,{round(CLICK_S * HZ)})':s={HZ}:d={seconds}:c=mono"
        arguments += ["-f", "lavfi", "-i", click, "-c:a", "flac"]
    arguments += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-pix_fmt", "yuv420p"]
    arguments += ["-metadata", f"comment={comment}", "-f", "mp4", *more, str(path)]
    run_bundled(arguments)
    return path


def two_clips(folder: Path) -> tuple[Path, Path]:
    """Two clips of fifteen frames; the first one carries a record of this program."""
    return (
        make_clip(folder / "ball.mp4", comment=json.dumps(RECORD)),
        make_clip(folder / "bars.mp4", image="smptehdbars", has_audio=False),
    )


def film_of(*clips: Path, dissolve_s: float = 0.2, **more: Any) -> Film:
    """The clips with dissolves between them: 25 frames, one second, of `two_clips`."""
    joined = Transition(kind="dissolve", duration_s=dissolve_s)
    return Film(clips=tuple(Clip(path=path) for path in clips), transition=joined, **more)


@dataclass(frozen=True)
class Exported:
    """A finished export and what was told on the way."""

    path: Path
    events: list[Report] = field(repr=False)

    @property
    def notes(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Notice)]


def export(
    film: Film,
    settings: ExportSettings,
    path: Path,
    *,
    store: Path | RenderCache | None = None,
    text_renderer: TextRenderer | None = None,
    cancel: CancelToken | None = None,
    on_event: Callable[[Report], None] = lambda _: None,
    overwrite: bool = False,
    skips_bad_clips: bool = False,
) -> Exported:
    """Export a film in a fresh work folder beside the output folder."""
    work = path.parent.with_name(f"{path.parent.name}-work-{path.name[:20]}".replace("\n", "_"))
    work.mkdir(parents=True)
    path.parent.mkdir(exist_ok=True)
    events: list[Report] = []

    def report(event: Report) -> None:
        events.append(event)
        on_event(event)

    kept = store if isinstance(store, RenderCache) else RenderCache(store or work / "store")
    order = ExportOrder(
        film=film,
        settings=settings,
        path=path,
        overwrite=overwrite,
        skips_bad_clips=skips_bad_clips,
    )
    job = ExportJob(order, kept, text_renderer, 10**9)
    context = JobContext(workdir=work, cancel=cancel or CancelToken(), report=report, job_id="x")
    return Exported(job.run(context), events)


@dataclass(frozen=True)
class Look:
    """All that an independent reader finds in a film; sound is of shape (samples, channels)."""

    frames: list[Any] = field(repr=False)
    pixel_format: str
    codec: str
    tag: str
    profile: str
    size: tuple[int, int]
    rate: float
    colours: set[tuple[int, ...]]
    metadata: dict[str, str]
    chapters: list[tuple[str, float, float]]
    audio_codec: str = ""
    audio_rate: int = 0
    audio: Any = field(default=None, repr=False)

    @property
    def click_s(self) -> float:
        """When the loudest sample is heard."""
        return float(np.abs(self.audio[:, 0]).argmax()) / HZ


def look_at(path: Path) -> Look:
    """Decode a film wholly, from its start to its end; sound lies where its times say."""
    frames: list[Any] = []
    colours: set[tuple[int, ...]] = set()
    render_cache: list[tuple[int, Any]] = []
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        heard = container.streams.audio[0] if container.streams.audio else None
        resampler = av.AudioResampler(format="fltp", layout=heard.layout) if heard else None
        for packet in container.demux(*([video, heard] if heard else [video])):
            assert not packet.is_corrupt
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    frames.append(frame)
                    colours.add(
                        tuple(
                            int(value)
                            for value in (
                                frame.color_primaries, frame.color_trc,
                                frame.colorspace, frame.color_range,
                            )
                        )
                    )  # fmt: skip
                elif isinstance(frame, av.AudioFrame) and resampler is not None:
                    first = round(float(frame.time or 0) * HZ)
                    for part in resampler.resample(frame):
                        render_cache.append((first, part.to_ndarray().T))
        chapters = [
            (
                str(chapter["metadata"].get("title", "")),
                float(chapter["start"] * (chapter["time_base"] or 0)),
                float(chapter["end"] * (chapter["time_base"] or 0)),
            )
            for chapter in container.chapters()
        ]
        return Look(
            frames=frames,
            pixel_format=frames[0].format.name,
            codec=video.codec_context.codec.canonical_name,
            tag=video.codec_context.codec_tag,
            profile=str(video.profile or ""),
            size=(video.width, video.height),
            rate=float(video.average_rate or 0),
            colours=colours,
            metadata={name.lower(): text for name, text in container.metadata.items()},
            chapters=chapters,
            audio_codec=heard.codec_context.codec.canonical_name if heard else "",
            audio_rate=heard.rate if heard else 0,
            audio=_laid_out(render_cache) if render_cache else None,
        )


def _laid_out(render_cache: list[tuple[int, Any]]) -> Any:
    end = max(first + len(samples) for first, samples in render_cache)
    laid = np.zeros((end, render_cache[0][1].shape[1]), "f4")
    for first, samples in render_cache:
        begin = max(0, -first)
        laid[first + begin : first + len(samples)] = samples[begin:]
    return laid


def psnr(one: Any, other: Any) -> float:
    """How alike two pictures of 8 bits are, in dB."""
    error = np.square(one.astype("f4") - other.astype("f4")).mean()
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))


def usual_name(settings: ExportSettings) -> str:
    """A file name of the settings' kind."""
    audio = settings.audio_codec
    return f"{settings.video_codec}-{audio}{CONTAINERS[settings.container].suffix}"


NO_AUDIO = AudioCodec.NONE
