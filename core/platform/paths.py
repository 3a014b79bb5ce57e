"""Where files live; one variable, IMAGEAI_HOME, moves everything."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from core.errors import SettingsError

HOME_VARIABLE = "IMAGEAI_HOME"
_APP = "ImageAI"


@dataclass(frozen=True)
class Paths:
    """The program's places on disk; none of them is created by asking for its name."""

    settings_file: Path
    state_dir: Path
    models_dir: Path
    output_dir: Path
    projects_dir: Path
    cache_dir: Path
    wildcards_dir: Path

    @classmethod
    def of_user(cls) -> Paths:
        """The places of the current user, or below IMAGEAI_HOME when that is set.

        Raises:
            SettingsError: the system knows no home folder of this user.
        """
        home = os.environ.get(HOME_VARIABLE, "").strip()
        try:
            if home:
                return cls.below(Path(home).expanduser().absolute())
            # Without one, the names below would begin with a folder that is called "~".
            Path.home()
        except RuntimeError as error:
            raise SettingsError(
                f"There is no home folder for {f'{HOME_VARIABLE} ({home!r})' if home else 'you'}: "
                "HOME is not set, and the system does not know this user.",
                hint=f"Set HOME, or set {HOME_VARIABLE} to a folder for ImageAI.",
            ) from error
        return cls(
            settings_file=platformdirs.user_config_path(_APP, appauthor=False) / "settings.json",
            state_dir=platformdirs.user_state_path(_APP, appauthor=False),
            models_dir=platformdirs.user_data_path(_APP, appauthor=False) / "models",
            output_dir=platformdirs.user_videos_path() / _APP,
            projects_dir=platformdirs.user_documents_path() / _APP,
            cache_dir=platformdirs.user_cache_path(_APP, appauthor=False),
            wildcards_dir=platformdirs.user_config_path(_APP, appauthor=False) / "wildcards",
        )

    @classmethod
    def below(cls, home: Path) -> Paths:
        """All places inside one folder."""
        return cls(
            settings_file=home / "settings.json",
            state_dir=home / "state",
            models_dir=home / "models",
            output_dir=home / "output",
            projects_dir=home / "projects",
            cache_dir=home / "cache",
            wildcards_dir=home / "wildcards",
        )

    def moved(
        self,
        *,
        output_dir: Path | None = None,
        models_dir: Path | None = None,
        wildcards_dir: Path | None = None,
    ) -> Paths:
        """The same places with the folders that the user chose; None leaves one as it is."""
        return replace(
            self,
            output_dir=output_dir or self.output_dir,
            models_dir=models_dir or self.models_dir,
            wildcards_dir=wildcards_dir or self.wildcards_dir,
        )

    @property
    def journal_file(self) -> Path:
        """The job journal."""
        return self.state_dir / "jobs.sqlite"

    @property
    def spending_file(self) -> Path:
        """The ledger of paid renders."""
        return self.state_dir / "spending.sqlite"

    @property
    def history_file(self) -> Path:
        """The list of everything that was made."""
        return self.state_dir / "history.sqlite"

    @property
    def prompts_file(self) -> Path:
        """The list of prompts that images were made from."""
        return self.state_dir / "prompts.sqlite"

    @property
    def work_dir(self) -> Path:
        """The parent of the jobs' own folders."""
        return self.state_dir / "work"

    @property
    def inputs_dir(self) -> Path:
        """The parent of the folders with what jobs read, kept until the jobs are forgotten."""
        return self.state_dir / "inputs"

    @property
    def masks_dir(self) -> Path:
        """Masks that a person painted, beside what was made within them."""
        return self.output_dir / "masks"

    @property
    def films_dir(self) -> Path:
        """Finished pieces of films, kept so that a re-export is quick."""
        return self.cache_dir / "films"

    @property
    def previews_dir(self) -> Path:
        """Small films of whole projects, for the player."""
        return self.cache_dir / "previews"

    @property
    def thumbnails_dir(self) -> Path:
        """Small pictures of files, kept so that a gallery is there at once."""
        return self.cache_dir / "thumbnails"

    @property
    def lora_dirs(self) -> tuple[Path, Path]:
        """Where a person's own LoRAs lie: beside the models, and beside the settings."""
        return self.models_dir / "loras", self.settings_file.parent / "loras"

    @property
    def log_file(self) -> Path:
        """The log of what went wrong."""
        return self.state_dir / "log" / "imageai.log"
