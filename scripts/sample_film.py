"""Makes a whole film with nothing but this program: six scenes, music, dissolves and a title."""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

_ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it; ours are counted from the root.
    sys.path[0] = str(_ROOT)

from scripts import bootstrap  # noqa: E402 - needs the lines above

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.film.model.film import Film

TITLE = "A Day of Small Things"
_DISSOLVE_S = 0.5
_SEED = 7


@dataclass(frozen=True)
class Scene:
    """One scene of the storyboard."""

    title: str
    prompt: str


STORYBOARD = (
    Scene("Dawn", "a yellow ball rising over a green field"),
    Scene("Morning", "a red ball moving right in a meadow, the camera pans right"),
    Scene("Noon", "a big blue box in the desert, the camera zooms in"),
    Scene("Afternoon", "an orange ball moving left by the sea"),
    Scene("Dusk", "a purple triangle moving right at sunset"),
    Scene("Night", "a pink star falling at night, the camera zooms out"),
)


def compose_film(clips: Sequence[Path], music: Path) -> Film:
    """The film of finished clips, one for each scene."""
    from core.film.model.film import Alignment, Caption, Clip, Film, Music, Transition

    return Film(
        clips=tuple(
            Clip(path=path, title=scene.title)
            for path, scene in zip(clips, STORYBOARD, strict=True)
        ),
        transition=Transition(kind="dissolve", duration_s=_DISSOLVE_S),
        music=(Music(path=music, volume_db=-4, fade_in_s=0.5, fade_out_s=1.5, duck_db=6),),
        captions=(
            Caption(
                text=TITLE,
                start_s=0.3,
                end_s=1.9,
                size=0.13,
                place=Alignment.CENTRE,
                fade_in_s=0.3,
                fade_out_s=0.4,
            ),
        ),
        has_chapters=True,
        title=TITLE,
    )


def render_scenes(folder: Path) -> list[Path]:
    """Render every scene with LTX Mini, in one warm engine; a clip that is there already stays.

    Raises:
        StudioError: a scene cannot be rendered.
    """
    from core.errors import RenderFailed
    from core.jobs.job import Succeeded
    from core.studio import Studio
    from core.video.request import RenderRequest, Sampling
    from core.video.terms import Target
    from providers import PROVIDERS

    target = Target(provider="ltx-video", deployment="local", model="ltx-mini")
    studio = Studio(PROVIDERS)
    clips: list[Path] = []
    try:
        for number, scene in enumerate(STORYBOARD, start=1):
            path = folder / f"scene_{number:03d}.mp4"
            clips.append(path)
            if path.exists():
                continue
            print(f"Scene {number} of {len(STORYBOARD)}: {scene.prompt}", flush=True)
            request = RenderRequest(
                target=target, prompt=scene.prompt, sampling=Sampling(seed=_SEED + number)
            )
            job = studio.submit_render(studio.plan(request, out=path))
            ended = studio.queue.run_job(job)
            if not isinstance(ended, Succeeded):
                raise RenderFailed(f"Scene {number} was not rendered.", hint=str(ended))
    finally:
        studio.close()
    return clips


def main(arguments: list[str]) -> int:
    """Makes the film and gives 0, or 1 where it cannot be made."""
    parser = argparse.ArgumentParser(
        prog="python3 scripts/sample_film.py",
        description=__doc__,
        epilog="The folder keeps clips, music and film.json: change what you like there, then "
        "'python3 main.py export FOLDER -o film.mp4'.",
    )
    parser.add_argument("folder", type=Path, help="folder for clips, music, film.json and film")
    options = parser.parse_args(arguments)
    files = [bootstrap.APP, bootstrap.LTX]
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, files)

    from core.errors import StudioError
    from core.film.model.delivery import ExportSettings, FrameFormat
    from core.film.model.film_file import NAME, write_film_file
    from scripts.journey.sample_music import write_music

    folder: Path = options.folder.expanduser().absolute()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        clips = render_scenes(folder)
        music = folder / "music.wav"
        write_music(music, 12.0)
        settings = ExportSettings(frame=FrameFormat(width=768, height=512), loudness_lufs=-16.0)
        write_film_file(compose_film(clips, music), settings, folder / NAME)
    except StudioError as error:
        print(error, file=sys.stderr)
        return 1
    command = [sys.executable, str(_ROOT / "main.py"), "export", str(folder)]
    return subprocess.run([*command, "-o", str(folder / "film.mp4")], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
