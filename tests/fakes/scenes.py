"""Projects with scenes and takes, made in one line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from core.project.model.project import Scene, SceneTakes, Take, VideoProject

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def make_take(name: str, path: Path | None = None, *, fingerprint: str = "", seed: int = 7) -> Take:
    """A clip of two seconds at 8 frames a second."""
    return Take(
        id=name,
        path=path or Path("/clips") / f"{name}.mp4",
        created_at=NOON,
        fingerprint=fingerprint,
        model="Fake Small",
        seed=seed,
        width=96,
        height=64,
        num_frames=17,
        fps=8.0,
    )


def make_project(scenes: int = 3, *, takes: int = 0) -> VideoProject:
    """A project of scenes "s1", "s2"..., each with as many takes, the newest chosen."""
    names = [f"s{number}" for number in range(1, scenes + 1)]
    return VideoProject(
        id="project-1",
        name="Harbour",
        created_at=NOON,
        scenes=tuple(
            Scene(id=name, title=f"Title {name}", prompt=f"A boat sails past {name}.", text=name)
            for name in names
        ),
        takes={
            name: SceneTakes(
                takes=tuple(make_take(f"{name}-take{n}") for n in range(1, takes + 1)),
                chosen=f"{name}-take{takes}",
            )
            for name in names
            if takes
        },
    )
