"""Proves an FFmpeg before it is used: what it says of itself, and a tiny film that it makes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from core.errors import FFmpegMissing
from core.media.render_cache import key_of
from core.platform.child import ask_child, start_child
from core.platform.files import exists
from core.platform.paths import Paths
from core.platform.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

OLDEST = (5, 1)
"""The oldest version that makes the same film: before it, `-fps_mode` and some filters are not."""
# Raised when the check asks for more: what an earlier one found counts no longer.
_CHECK = 2
_START_S = 30.0
_MAKE_S = 120.0
_VERSION = re.compile(r"ffmpeg version (\S+)")
_NUMBERS = re.compile(r"n?(\d+)\.(\d+)")
_CODEC = re.compile(r"^ [VASFXBD.]{6} (\S+)", re.MULTILINE)
_FILTER = re.compile(r"^ [TSC.]{2,3} (\S+) +\S+->", re.MULTILINE)
_FORMAT = re.compile(r"^ [DEd ]{2,3} (\S+)", re.MULTILINE)
_TRANSITION = re.compile(r"^ {5}(\w+) +\d+ +\.\.", re.MULTILINE)
_CRASHES = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS")
# How Windows tells that a program did what none may; errors of FFmpeg's own lie outside of it.
_NT_ERRORS = range(0xC000_0000, 0xD000_0000)

_NEEDED = {
    "encoders": "libx264 aac flac pcm_s16le pcm_f32le png gif",
    "decoders": "h264 hevc vp9 libvpx-vp9 mpeg4 prores png gif aac mp3 flac pcm_s16le pcm_f32le",
    "muxers": "mp4 mov matroska webm avi gif image2 f32le mpegts rawvideo null",
    "demuxers": "mov matroska avi gif png_pipe mpegts concat ffmetadata srt f32le rawvideo lavfi",
    "filters": "color sine scale format setparams setsar settb setpts fps tpad trim split overlay "
    "lutrgb lutyuv shuffleplanes maskedmerge bwdif concat xfade fade crop pad loop gblur "
    "minterpolate blend zscale tonemap lut3d lut1d palettegen paletteuse select aresample aformat "
    "pan adelay atempo apad atrim asetpts "
    "volume alimiter ebur128 ametadata anull null copy",
}
"""By what FFmpeg calls its lists: what every film may need. Codecs that a film names are asked for
when it is planned."""


def version_line(program: Path) -> str:
    """The first line in which FFmpeg names its version.

    Raises:
        FFmpegMissing: it does not start, or is no FFmpeg.
    """
    line = _answer(program, "-version").partition("\n")[0].strip()
    if _VERSION.match(line) is None:
        raise FFmpegMissing(f"The program {str(program)!r} is no FFmpeg: it names no version.")
    return line


def version_of(program: Path) -> str:
    """The version alone, as "7.0.2-static".

    Raises:
        FFmpegMissing: it does not start, or is no FFmpeg.
    """
    return version_line(program).split()[2]


def names_in(program: Path, kind: str) -> frozenset[str]:
    """What was built into an FFmpeg of a kind, for example "encoders" or "filters".

    Raises:
        FFmpegMissing: it does not start.
    """
    pattern = {"encoders": _CODEC, "decoders": _CODEC, "filters": _FILTER}.get(kind, _FORMAT)
    found = pattern.findall(_answer(program, "-hide_banner", f"-{kind}"))
    # One format may go by several names.
    return frozenset(name for names in found for name in names.split(","))


def transitions_in(program: Path) -> frozenset[str]:
    """What the filter `xfade` of an FFmpeg calls the transitions that it has.

    Raises:
        FFmpegMissing: it does not start.
    """
    return frozenset(_TRANSITION.findall(_answer(program, "-hide_banner", "-h", "filter=xfade")))


def crash_of(exit_code: int) -> str:
    """How a program crashed, by its exit code; empty where it ended in another way."""
    if exit_code in _NT_ERRORS:
        return f"0x{exit_code:08X}"
    with suppress(ValueError):
        name = signal.Signals(-exit_code).name
        return name if name in _CRASHES else ""
    return ""


def surroundings() -> dict[str, str]:
    """The environment that every FFmpeg is run in.

    One that was linked whole would load the machine's own character tables, made for another C
    library, and crash at the name in the first transport stream that it reads.
    """
    return {**os.environ, "GCONV_PATH": os.devnull}


def faults_of(program: Path) -> tuple[str, ...]:
    """Why an FFmpeg cannot be used here, each as the end of "It …"; nothing where it can.

    That it passed is kept by path, size, date and version, for the trial takes about a second; a
    failure may be that of a full disk and is found anew.

    Raises:
        FFmpegMissing: it does not start, or is no FFmpeg.
        OSError: the file cannot be looked at.
    """
    facts = program.stat()
    try:
        _prove(program, facts.st_size, facts.st_mtime_ns)
    except _UnfitError as unfit:
        return unfit.faults
    return ()


class _UnfitError(Exception):
    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(*faults)
        self.faults = faults


# Remembers what passed alone: what is raised is not kept.
@cache
def _prove(program: Path, size: int, changed: int) -> None:
    # The line of the version too: the program may be a script that starts another.
    line = version_line(program)
    key = key_of(
        {"check": _CHECK, "path": str(program), "size": size, "changed": changed, "is": line}
    )
    passed = Paths.of_user().cache_dir / "ffmpeg" / key
    if exists(passed):
        return
    if faults := tuple(_found(program)):
        raise _UnfitError(faults)
    with suppress(OSError):
        passed.parent.mkdir(parents=True, exist_ok=True)
        passed.write_text(f"{program}\n{line}\n", encoding="utf-8")


def _found(program: Path) -> Iterator[str]:
    faults: list[str] = []
    numbers = _NUMBERS.match(version_of(program))
    # What is built from the latest sources has no number: its parts and its film decide.
    if numbers is not None and (int(numbers[1]), int(numbers[2])) < OLDEST:
        faults.append(f"is older than {'.'.join(map(str, OLDEST))}")
    for kind, needed in _NEEDED.items():
        missing = sorted(set(needed.split()) - names_in(program, kind))
        if missing:
            faults.append(f"lacks the {kind} {', '.join(missing)}")
    yield from faults
    if not faults:
        with scratch_folder() as folder:
            yield from _trial(program, folder)


# What the film's graphs are made of, each in the form that they use.
_LIMITED = "range=limited"
_BT709 = f"setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:{_LIMITED}"
_TO_BT709 = "scale=flags=bicubic+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv"
_WIDE = "scale=2*iw:ih:flags=neighbor"
_COUNTED = "settb=1/25,setpts=N,fps=25"
_GRAPH = ";".join(
    (
        "[0]format=rgba,lutrgb=a=128,split=3[over][under][through]",
        "[under]lutrgb=r=16:g=32:b=48:a=255[filled]",
        "[filled][over]overlay=format=rgb,format=rgb24,split[alpha][clip]",
        "[through]format=gbrap16le,split=3[over16][under16][alpha16]",
        "[under16]lutrgb=r=4112:g=8224:b=12336[filled16];[alpha16]shuffleplanes=3:3:3:3[mask16]",
        f"[filled16][over16][mask16]maskedmerge,format=rgb48le,{_TO_BT709},format=yuv444p10le,"
        f"{_BT709},split[whole][mark]",
        f"[whole]{_WIDE},format=yuv422p10le[wide]",
        f"[mark]crop=8:8:0:0,lutyuv=y=940,{_WIDE},format=yuva422p10le[wide_mark]",
        "[wide][wide_mark]overlay=x=8:y=8:format=yuv422p10,scale=iw/2:ih:flags=neighbor,"
        "format=yuv444p10le[deep]",
        "[1]format=yuv420p,lutyuv=y=100:u=90:v=200,setparams=color_primaries=smpte170m"
        f":color_trc=smpte170m:colorspace=smpte170m:{_LIMITED},{_TO_BT709},{_BT709},{_TO_BT709},"
        f"format=yuv420p,{_BT709},split[matrix][other]",
        "[2]format=yuv420p10le,lutyuv=y=445:u=512:v=512,setparams=color_primaries=bt2020"
        f":color_trc=smpte2084:colorspace=bt2020nc:{_LIMITED},zscale=transfer=linear:npl=100,"
        "format=gbrpf32le,zscale=primaries=bt709,tonemap=tonemap=hable:desat=0,"
        "zscale=transfer=bt709:matrix=bt709:range=limited,format=yuv420p[hdr]",
        f"[clip]fps=fps=30:start_time=0:round=near:eof_action=pass,tpad=stop_mode=clone:stop=-1,"
        f"trim=start_frame=2:end_frame=12,{_COUNTED},scale=48:32,pad=64:32:8:0:black,crop=48:32:8:0,"
        f"setsar=1,{_TO_BT709},format=yuv420p,{_BT709},split[a][goes]",
        "[other]scale=48:32,tpad=stop_mode=clone:stop=3,minterpolate=fps=50:mi_mode=blend,"
        f"tpad=stop_mode=clone:stop=-1,trim=end_frame=10,{_COUNTED},gblur=sigma=2,"
        f"setsar=1,{_TO_BT709},format=yuv420p,{_BT709}[comes]",
        "[goes]tpad=stop_mode=clone:stop=1[goes1];[comes]tpad=stop_mode=clone:stop=1[comes1]",
        "[goes1][comes1]xfade=transition=fade:duration=0.4:offset=0,trim=end_frame=10,"
        f"{_TO_BT709},format=yuv420p,setsar=1,{_BT709},{_COUNTED}[b]",
        f"[a]trim=end_frame=5,{_COUNTED},fade=type=out:start_frame=0:nb_frames=5[a5]",
        f"[a5][b]concat=n=2:v=1:a=0,{_COUNTED}[ab]",
        "[3]format=rgba,scale=out_color_matrix=bt709:out_range=tv,format=yuva444p,"
        f"loop=loop=-1:size=1,{_COUNTED},trim=end_frame=15[words]",
        f"[ab][words]overlay=x=0:y=0:eof_action=pass:format=auto,{_TO_BT709},format=yuv420p,"
        f"{_BT709},{_COUNTED}[film]",
    )
)
_FILM_FRAMES = 15
_OFF = 4
_WANTED = {
    "alpha": (108, 36, 54),
    "deep": (241, 515, 638),
    "matrix": (89, 98, 199),
    "hdr": (120, 128, 128),
}
"""The values of a pixel in the middle: RGB, in 10 bits, then twice brightness and both colours."""
_MEANINGS = {
    "alpha": "what lets through on its background",
    "deep": "what lets through, in 10 bits",
    "matrix": "the colours of small clips",
    "hdr": "the brightness of HDR clips",
}


def _trial(program: Path, folder: Path) -> Iterator[str]:
    """Make a film of 15 frames twice over, as films are made, and look at what came out."""
    sources = [f"color=0xC8283C:s={size}:r=25:d=0.4" for size in ("32x32",) * 3 + ("8x8",)]
    inputs = [word for source in sources for word in ("-f", "lavfi", "-i", source)]
    inputs += ["-f", "lavfi", "-i", "sine=d=0.6:r=48000"]
    outputs: list[str] = []
    for name in _WANTED:
        outputs += ["-map", f"[{name}]", "-frames:v", "1", "-f", "rawvideo", str(folder / name)]
    audio = "aresample=48000:async=1:first_pts=0,pan=stereo|c0=c0|c1=c0,apad,atrim=end_sample=28800"
    outputs += ["-map", "[film]", "-map", "4:a", "-af", audio, "-c:a", "aac"]
    outputs += ["-c:v", "libx264", "-fps_mode", "passthrough", "-video_track_timescale", "12800"]
    problem = _run(program, [*inputs, "-filter_complex", _GRAPH, *outputs, str(folder / "a.mp4")])
    if problem:
        yield problem
        return
    for name, wanted in _WANTED.items():
        seen = _middle(folder / name)
        if max(abs(a - b) for a, b in zip(seen, wanted, strict=True)) > _OFF:
            yield f"changes {_MEANINGS[name]}: {seen} instead of {wanted}"
    (folder / "list").write_text("ffconcat version 1.0\nfile a.mp4\nfile a.mp4\n", "utf-8")
    (folder / "meta").write_text(";FFMETADATA1\ntitle=T\n", "utf-8")
    words = ["-f", "concat", "-i", str(folder / "list"), "-f", "ffmetadata"]
    words += ["-i", str(folder / "meta"), "-map", "0:v", "-map_metadata", "1", "-c", "copy"]
    words += ["-movflags", "+faststart", str(folder / "film.mp4")]
    # A transport stream has a name in it, which some builds crash at.
    stream = str(folder / "film.ts")
    problem = _run(program, [*words, "-map", "0:v", "-c", "copy", stream])
    problem = problem or _run(program, ["-i", stream, "-f", "null", "-"])
    if problem:
        yield problem
        return
    count = _packets(folder / "film.mp4")
    if count != 2 * _FILM_FRAMES:
        yield f"makes {count} frames of {2 * _FILM_FRAMES}"


def _run(program: Path, words: Sequence[str]) -> str:
    """Run a program; what is wrong with it as the end of "It …", or an empty text."""
    command = [str(program), "-hide_banner", "-nostdin", "-loglevel", "error", "-y", *words]
    try:
        with start_child(command, env=surroundings()) as child:
            try:
                _, complaints = child.communicate(timeout=_MAKE_S)
            finally:
                child.kill()
    except subprocess.TimeoutExpired:
        return f"needs more than {_MAKE_S:.0f} s for a film of half a second"
    if crash := crash_of(child.returncode):
        return f"crashes ({crash}) on a tiny film"
    if child.returncode:
        text = complaints.decode("utf-8", errors="replace").strip()
        said = (text or "it does not say why").splitlines()[0]
        return f"cannot make a tiny film: {said}"
    return ""


def _middle(path: Path) -> tuple[int, int, int]:
    """The pixel in the middle of a raw square frame: RGB, 4:4:4 in 10 bits or, else, 4:2:0."""
    raw = path.read_bytes()
    if path.name == "alpha":
        at = len(raw) // 2
        return raw[at], raw[at + 1], raw[at + 2]
    if path.name == "deep":
        values = memoryview(raw).cast("H")
        pixels = len(values) // 3
        return values[pixels // 2], values[pixels * 3 // 2], values[pixels * 5 // 2]
    pixels = len(raw) * 2 // 3
    return raw[pixels // 2], raw[pixels * 9 // 8], raw[pixels * 11 // 8]


def _packets(path: Path) -> int:
    # Imported late: PyAV loads FFmpeg's libraries.
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as container:
            return sum(packet.size > 0 for packet in container.demux(container.streams.video[0]))
    except (FFmpegError, IndexError):
        return 0


@cache
def _answer(program: Path, *question: str) -> str:
    try:
        return ask_child([str(program), *question], _START_S)
    except subprocess.CalledProcessError as error:
        crash = crash_of(error.returncode)
        how = f"it crashes ({crash})" if crash else f"it ends with exit code {error.returncode}"
        raise FFmpegMissing(f"The program {str(program)!r} does not start: {how}.") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise FFmpegMissing(f"The program {str(program)!r} does not start: {error}.") from error
