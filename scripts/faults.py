"""Does to the program what machines and people do to it, at random, and counts what it survives.

    python3 scripts/faults.py [--seed N] [--rounds N] [CAMPAIGN ...]

Each try has a home of its own and runs `main.py` as a person does. It breaks a rule when something
is lost or half, when a process or an aside file stays behind, when a job cannot be brought to its
end, or when a traceback or "a defect of the program" is what a person reads. Ends with 1 then.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

_ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it; ours are counted from the root.
    sys.path[0] = str(_ROOT)

from scripts import bootstrap  # noqa: E402 - needs the lines above

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import psutil

_CLIPS, _CLIP_S, _RATE = 3, 1, 25
_FRAMES = _CLIPS * _CLIP_S * _RATE
_LONGEST_S = 180.0
_FORBIDDEN = ("Traceback (most recent", "defect of the program", "unexpected error")
_MOST_SAID = 20_000
_ENDED_WITHIN_S = 5.0
_STEPS_S = (-3600, -2, 2, 3600)


@dataclass
class Try:
    """One try: a home, a work folder, and every rule that was broken in it."""

    folder: Path
    chance: random.Random
    broken: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """Where the program keeps what is its own."""
        return self.folder / "home"

    @property
    def out(self) -> Path:
        """Where films go."""
        return self.folder / "out"

    def rule(self, holds: bool, what: str) -> None:
        """Take down a rule that does not hold."""
        if not holds:
            self.broken.append(what)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the program in this home."""
        return subprocess.Popen(
            [sys.executable, str(_ROOT / "main.py"), *words],
            cwd=self.out,
            env={**os.environ, "IMAGEAI_HOME": str(self.home), "IMAGEAI_NO_BOOTSTRAP": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def end(self, process: subprocess.Popen[str], allowed: tuple[int, ...]) -> str:
        """Wait for the program, hold it to the rules of every end, and give what it said."""
        try:
            out, err = process.communicate(timeout=_LONGEST_S)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.broken.append(f"no end within {_LONGEST_S:.0f} s")
        self.rule(process.returncode in allowed, f"exit code {process.returncode}: {err[-300:]}")
        for words in _FORBIDDEN:
            self.rule(words not in err + out, f"says {words!r}: {err[-300:]}")
        self.rule(len(err) + len(out) < _MOST_SAID, f"says {len(err) + len(out)} characters")
        return out

    def run(self, *words: str, allowed: tuple[int, ...] = (0,)) -> str:
        """Run the program to its end."""
        return self.end(self.start(*words), allowed)

    def settle(self, film: str) -> None:
        """Bring every job to its end; one whole film must be there, and nothing half."""
        self.rule(_nobody_is_left(self.home), "a process lives on")
        self.run("jobs", "resume", "--all")
        self.rule(_is_whole_journal(self.home), "the journal is damaged")
        self.run("cache", "show")
        names = sorted(path.name for path in self.out.iterdir())
        self.rule(names in ([film], []), f"in the output folder: {names}")
        if not names:
            # The kill came before the job was written down.
            self.run(*_export(self.folder, film))
        self.rule(_frames_of(self.out / film) == _FRAMES, "the film is not whole")
        half = [path.name for path in self.home.rglob("*") if ".part" in path.name]
        work = self.home / "state" / "work"
        half += [path.name for path in work.iterdir()] if work.is_dir() else []
        self.rule(not half, f"left aside: {half}")


def _export(folder: Path, film: str) -> tuple[str, ...]:
    clips = sorted(str(path) for path in (folder / "clips").iterdir())
    words = ("--container", "png") if "." not in film else ()
    return ("assemble", *clips, *words, "-o", film)


def kill_export(attempt: Try) -> None:
    """The program is killed at some moment of an export."""
    _kill(attempt, "film.mp4")


def kill_sequence(attempt: Try) -> None:
    """The program is killed at some moment of an export to a folder of pictures."""
    _kill(attempt, "pics")


def _kill(attempt: Try, film: str) -> None:
    process = attempt.start(*_export(attempt.folder, film))
    time.sleep(attempt.chance.uniform(0.3, 4.0))
    process.kill()
    attempt.end(process, (0, -signal.SIGKILL))
    attempt.settle(film)


def kill_encoder(attempt: Try) -> None:
    """FFmpeg is killed at some moment of an export."""
    import psutil

    process = attempt.start(*_export(attempt.folder, "film.mp4"))
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        encoders = [p for p in _processes_of(attempt.home) if p.name().startswith("ffmpeg")]
        if encoders:
            time.sleep(attempt.chance.uniform(0, 0.2))
            with suppress(psutil.Error):
                encoders[0].kill()
            break
        time.sleep(0.01)
    attempt.end(process, (0, 1))
    state = attempt.run("jobs", "list", "--json")
    if '"failed"' in state:
        job = state.split('"id": "')[1].split('"')[0]
        attempt.run("jobs", "resume", job)
    attempt.settle("film.mp4")


def crowd(attempt: Try) -> None:
    """Four resume one interrupted job at once, while others list, clear and look."""
    process = attempt.start(*_export(attempt.folder, "film.mp4"))
    time.sleep(attempt.chance.uniform(1.0, 2.5))
    process.kill()
    attempt.end(process, (0, -signal.SIGKILL))
    resuming = [attempt.start("jobs", "resume", "--all") for _ in range(4)]
    others = [attempt.start(*words) for words in (("jobs",), ("cache", "clear"), ("jobs", "clear"))]
    for started in resuming:
        attempt.end(started, (0, 1, 2))
    for started in others:
        attempt.end(started, (0,))
    attempt.settle("film.mp4")


def clear(attempt: Try) -> None:
    """The cache and the list of jobs are cleared again and again while a film is made."""
    process = attempt.start(*_export(attempt.folder, "film.mp4"))
    while process.poll() is None:
        attempt.run(
            *attempt.chance.choice([("cache", "clear"), ("jobs", "clear", "--interrupted")])
        )
    attempt.end(process, (0,))
    attempt.settle("film.mp4")


def clock(attempt: Try) -> None:
    """Every time in the journal is another one, as after a step of the clock, while a job runs."""
    process = attempt.start(*_export(attempt.folder, "film.mp4"))
    step = attempt.chance.choice(_STEPS_S)
    while process.poll() is None:
        with suppress_sqlite(), closing(sqlite3.connect(_journal(attempt.home), timeout=5)) as db:
            db.execute(
                "UPDATE jobs SET created_at = created_at + ?, started_at = started_at + ?,"
                " owner_started = owner_started + ?, owner_pid = 1",
                (step, step, step),
            )
            db.commit()
        listed = attempt.run("jobs", "list", "--json")
        attempt.rule('"interrupted"' not in listed, "a running job is taken for interrupted")
        time.sleep(0.2)
    attempt.end(process, (0,))
    attempt.settle("film.mp4")


def corrupt(attempt: Try) -> None:
    """A file of the home is cut, flipped, filled with noise, emptied, or becomes a folder."""
    attempt.run(*_export(attempt.folder, "first.mp4"))
    files = sorted(path for path in attempt.home.rglob("*") if path.is_file())
    for path in attempt.chance.sample(files, min(3, len(files))):
        _damage(path, attempt.chance)
    (attempt.out / "first.mp4").unlink()
    attempt.run(*_export(attempt.folder, "film.mp4"), allowed=(0, 1, 2))
    if not (attempt.out / "film.mp4").exists():
        # It may ask a person to move something away, and then it must go on.
        shutil.rmtree(attempt.home / "state", ignore_errors=True)
        attempt.run(*_export(attempt.folder, "film.mp4"))
    attempt.settle("film.mp4")


def vanish(attempt: Try) -> None:
    """A folder of the home is removed, or becomes a file, while a film is made."""
    process = attempt.start(*_export(attempt.folder, "film.mp4"))
    time.sleep(attempt.chance.uniform(0.5, 3.0))
    gone = attempt.home / attempt.chance.choice(
        ["cache", "cache/films", "state", "state/work", "state/log", "state/jobs.sqlite", "."]
    )
    if gone.is_file():
        gone.unlink()
    else:
        shutil.rmtree(gone, ignore_errors=True)
    if attempt.chance.random() < 0.5 and not gone.exists() and gone.parent.is_dir():
        gone.write_text("a file", encoding="utf-8")
    attempt.end(process, (0, 1, 2))
    if gone.is_file():
        gone.unlink()
    names = [path.name for path in attempt.out.iterdir()]
    attempt.rule(names in ([], ["film.mp4"]), f"in the output folder: {names}")
    attempt.settle("film.mp4")


CAMPAIGNS: dict[str, Callable[[Try], None]] = {
    function.__name__.replace("_", "-"): function
    for function in (kill_export, kill_sequence, kill_encoder, crowd, clear, clock, corrupt, vanish)
}


@contextmanager
def suppress_sqlite() -> Generator[None]:
    """A journal that is not there yet, or busy, is left alone this time."""
    try:
        yield
    except sqlite3.Error:
        return


def _damage(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    match chance.randrange(6):
        case 0:
            path.write_bytes(content[: len(content) // 2])
        case 1:
            path.write_bytes(content[:-1])
        case 2:
            path.write_bytes(b"")
        case 3:
            path.write_bytes(chance.randbytes(min(len(content), 100_000) or 100))
        case 4:
            flipped = bytearray(content or b"\0")
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            path.write_bytes(flipped)
        case _:
            path.unlink()
            path.mkdir()


def _journal(home: Path) -> str:
    # Not made by looking at it.
    return str(home / "state" / "jobs.sqlite") if (home / "state").is_dir() else ":memory:"


def _is_whole_journal(home: Path) -> bool:
    path = home / "state" / "jobs.sqlite"
    if not path.exists():
        return True
    with closing(sqlite3.connect(path)) as db:
        return db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def _processes_of(home: Path) -> list[psutil.Process]:
    import psutil

    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("IMAGEAI_HOME") == str(home):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def _nobody_is_left(home: Path) -> bool:
    deadline = time.monotonic() + _ENDED_WITHIN_S
    while _processes_of(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _frames_of(film: Path) -> int:
    if film.is_dir():
        return len(list(film.glob("frame_*.png")))
    from core.errors import UnreadableClip
    from core.media.ffmpeg import probe_clip

    try:
        return probe_clip(film).num_frames
    except UnreadableClip:
        return 0


def _make_clips(folder: Path) -> None:
    from core.jobs.job import CancelToken
    from core.media.ffmpeg import run_ffmpeg

    folder.mkdir(parents=True)
    for number in range(_CLIPS):
        look = f"testsrc2=s=640x360:r={_RATE}:d={_CLIP_S},hue=h={number * 60}"
        tone = f"sine=frequency={300 + 100 * number}:d={_CLIP_S}"
        inputs = ["-f", "lavfi", "-i", look, "-f", "lavfi", "-i", tone]
        run_ffmpeg([*inputs, "-pix_fmt", "yuv420p", str(folder / f"{number}.mp4")], CancelToken())


def main(arguments: list[str]) -> int:
    """Run the campaigns, tell each broken rule and the figures, and give 1 where any broke."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("campaigns", nargs="*", choices=[*CAMPAIGNS, []], metavar="CAMPAIGN")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--rounds", type=int, default=5, help="tries for each campaign")
    options = parser.parse_args(arguments)
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, [bootstrap.APP])
    print(f"seed {options.seed}")
    broke = 0
    with tempfile.TemporaryDirectory(prefix="imageai-faults-") as top:
        _make_clips(Path(top) / "clips")
        for name in options.campaigns or CAMPAIGNS:
            held = 0
            for number in range(options.rounds):
                attempt = Try(
                    Path(top) / f"{name}-{number}", random.Random(f"{options.seed}{name}{number}")
                )
                attempt.out.mkdir(parents=True)
                shutil.copytree(Path(top) / "clips", attempt.folder / "clips")
                CAMPAIGNS[name](attempt)
                held += not attempt.broken
                for what in attempt.broken:
                    print(f"  {name} {number}: {what}")
                shutil.rmtree(attempt.folder, ignore_errors=True)
            broke += options.rounds - held
            print(f"{name}: {held} of {options.rounds} held", flush=True)
    return 1 if broke else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
