"""The job that has a prompt rewritten by its model's own enhancer, before a clip is made of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.errors import JournalError
from core.frozen import Frozen
from core.jobs.job import Progressed, Subject, SubjectKind
from core.jobs.job_inputs import StoredInput, digest_of, find_input, store_input
from core.jobs.lanes import Stage
from core.platform.files import write_text_atomically
from core.video.inputs import ROLES
from core.video.plan import RenderPlan
from core.video.terms import Role

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import JobContext
    from core.jobs.lanes import Lane
    from core.video.registry import ProviderRegistry
    from core.video.request import RenderRequest

KIND = "enhance-prompt"

_TEXT = "enhanced.txt"
_ANSWERED = ".answered"
_LABEL = ROLES[Role.START].name


class EnhancePayload(Frozen):
    """An enhancement as it is stored.

    Attributes:
        plan: of the clip; its start image is the only file.
        image: what that was when it was queued; None where there is none.
        scene: which the prompt is of; empty for that of no project.
    """

    plan: RenderPlan
    image: StoredInput | None = None
    scene: str = ""


@dataclass(frozen=True)
class EnhanceJob:
    """Gives a text file that stays with the job until the job is forgotten."""

    stored: EnhancePayload
    lane: Lane
    registry: ProviderRegistry

    kind = KIND

    @classmethod
    def of(cls, plan: RenderPlan, registry: ProviderRegistry, scene: str = "") -> EnhanceJob:
        """The job that enhances the prompt of a plan, with the start image as it is now.

        Raises:
            JournalError: the start image cannot be read.
        """
        seen = plan.with_inputs(plan.request.of_role(Role.START))
        path = seen.request.path_of(Role.START)
        image = path and StoredInput(name=path.name, sha256=digest_of(path, _LABEL))
        stored = EnhancePayload(plan=seen, image=image, scene=scene)
        return cls(stored, registry.find(plan.target).lane, registry)

    @classmethod
    def from_payload(cls, payload: str, registry: ProviderRegistry) -> EnhanceJob:
        """The job that wrote this payload."""
        stored = EnhancePayload.model_validate_json(payload)
        return cls(stored, registry.find(stored.plan.target).lane, registry)

    @property
    def title(self) -> str:
        """Model and first words of the prompt."""
        words = " ".join(self.stored.plan.request.prompt.split())
        return f"{self.stored.plan.target.model}: enhance {words[:60]}"

    @property
    def subject(self) -> Subject:
        """The prompt, by its scene."""
        return Subject(SubjectKind.PROMPT, self.stored.scene)

    @property
    def loads(self) -> str:
        """The model whose enhancer it is."""
        return self.stored.plan.loads

    def payload(self) -> str:
        """The plan, as JSON."""
        return self.stored.model_dump_json()

    def store_inputs(self, folder: Path) -> None:
        """Keep the start image, and have a place for the words."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JournalError(
                f"The folder {str(folder)!r} for the enhanced prompt cannot be made: "
                f"{error.strerror}.",
                hint="Free some space there, then give the command again.",
            ) from error
        path = self.stored.plan.request.path_of(Role.START)
        if path is not None and self.stored.image is not None:
            store_input(path, _LABEL, self.stored.image, folder)

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        """None: the words come into the job's own folder."""
        return ()

    def run(self, ctx: JobContext) -> Path:
        """Enhance; gives the file of the words."""
        folder = ctx.inputs_dir
        assert folder is not None, "prompts are enhanced by the queue alone"
        plan = self.stored.plan
        self.registry.install_packages(plan.target, ctx)
        enhancer = self.registry.open(plan.target).enhancer
        assert enhancer is not None, "asked when it was planned"
        text = enhancer.enhance(self._with_stored_image(folder), ctx)
        file = folder / _TEXT
        write_text_atomically(file, text)
        ctx.report(Progressed(stage=Stage.WRITE, fraction=1.0))
        return file

    def _with_stored_image(self, folder: Path) -> RenderPlan:
        plan, image = self.stored.plan, self.stored.image
        found = plan.request.one(Role.START)
        if found is None or image is None:
            return plan
        path = find_input(found.path, _LABEL, image, folder)
        return plan.with_inputs((found.model_copy(update={"path": path}),))


def to_enhance(request: RenderRequest) -> RenderRequest:
    """The request whose plan has the enhancer rewrite the prompt, whatever was written before."""
    return request.model_copy(update={"enhance_prompt": True, "enhanced_prompt": None})


@dataclass(frozen=True)
class EnhancedPrompt:
    """A prompt, and what an enhancer or a language model made of it.

    Attributes:
        seed: by which the enhancer wrote; None of a language model, which takes none.
        scene_id: whose prompt it is; empty for that of no scene.
    """

    prompt: str
    text: str
    seed: int | None = None
    scene_id: str = ""


def is_answered(file: Path) -> bool:
    """Whether a person has taken or left the words that are in a file."""
    return file.with_suffix(_ANSWERED).exists()


def mark_answered(file: Path) -> None:
    """Remember that a person has taken or left the words; where that fails they are shown again."""
    with suppress(OSError):
        file.with_suffix(_ANSWERED).touch()


def read_enhancement(payload: str, file: Path) -> EnhancedPrompt:
    """What came of a stored job.

    Args:
        payload: the job as it is stored.
        file: what it gave.

    Raises:
        JournalError: the file is gone: its job was forgotten; or another version wrote the job.
    """
    try:
        plan = EnhancePayload.model_validate_json(payload).plan
    except ValidationError as error:
        raise JournalError(
            "The enhanced prompt was made by another version and cannot be read.",
            hint="Have the prompt enhanced once more.",
        ) from error
    return EnhancedPrompt(plan.request.prompt, read_words(file), plan.seed)


def read_words(file: Path) -> str:
    """What such a job gave.

    Raises:
        JournalError: the file is gone: its job was forgotten.
    """
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise JournalError(
            f"The enhanced prompt {str(file)!r} cannot be read: {error.strerror}.",
            hint="Have the prompt enhanced once more.",
        ) from error
