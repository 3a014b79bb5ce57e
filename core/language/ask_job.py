"""The job that asks a language model: question after question, every answer kept before it is read.

What money depends on is here: of a service each question is one POST, written down before it goes
out; an answer that was paid for is never asked for again by itself.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from pydantic import Field, TypeAdapter, ValidationError

from core.errors import (
    AnswerLost,
    BadResponse,
    ContentRefused,
    JobCancelled,
    JournalError,
    ProviderError,
    SubmitUnknown,
)
from core.frozen import Frozen
from core.jobs.job import Charged, Notice, Progressed, StopReason
from core.jobs.lanes import Lane, Stage
from core.language.model import KIND, Ending, LanguageAnswer, LanguageModel, at_most
from core.language.tasks.prompts import ContinuityTask, EnhanceTask
from core.language.tasks.storyboards import StoryboardTask
from core.language.tasks.task import Answers, Misfit, object_in
from core.platform.files import write_text_atomically
from core.services.polling import Ticket

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import JobContext, Subject
    from core.language.model import LanguageRequest
    from core.language.provider import LanguageProvider
    from core.video.enhance_job import EnhancedPrompt


AnyTask = Annotated[EnhanceTask | ContinuityTask | StoryboardTask, Field(discriminator="kind")]
_ANSWERS: TypeAdapter[Answers] = TypeAdapter(Answers)
_FILE = "answers"
_TRIES_OF_FREE = 2


class AskPayload(Frozen):
    """Such a job as it is stored."""

    model: LanguageModel
    task: AnyTask


class Doors(Protocol):
    """What the job needs of whoever knows the models."""

    def open(self, provider: str) -> LanguageProvider:
        """Who has the models of that name.

        Raises:
            UnsupportedRequest: nobody has.
        """
        ...

    def check_may_ask(self, model: LanguageModel) -> None:
        """Do nothing where the network may be used for it.

        Raises:
            NotConfigured: it is switched off.
        """
        ...

    def check_may_buy(self, model: LanguageModel, cost_usd: float) -> None:
        """Do nothing where no cap is passed.

        Raises:
            SpendingCapReached: one would be.
        """
        ...


@dataclass(frozen=True)
class AskJob:
    """Gives a file with all answers, which stays with the job until the job is forgotten."""

    stored: AskPayload
    doors: Doors

    kind = KIND

    @classmethod
    def from_payload(cls, payload: str, doors: Doors) -> AskJob:
        """The job that wrote this payload."""
        return cls(AskPayload.model_validate_json(payload), doors)

    @property
    def lane(self) -> Lane:
        """This machine's for a model that is run on it; else a service's."""
        return Lane.GPU if self.stored.model.is_local else Lane.CLOUD

    @property
    def title(self) -> str:
        """Model, and what it is asked for."""
        return f"{self.stored.model.id}: {self.stored.task.title}"

    @property
    def subject(self) -> Subject:
        """The prompt or project that it is about."""
        return self.stored.task.subject

    @property
    def loads(self) -> str:
        """The model, where it lies on this machine."""
        return self.stored.model.name if self.stored.model.is_local else ""

    def payload(self) -> str:
        """Model and task, as JSON."""
        return self.stored.model_dump_json()

    def store_inputs(self, folder: Path) -> None:
        """Nothing but a place for the answers: the texts are in the payload."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JournalError(
                f"The folder {str(folder)!r} for the answers cannot be made: {error.strerror}.",
                hint="Free some space there, then give the command again.",
            ) from error

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        """None: the answers come into the job's own folder."""
        return ()

    def run(self, ctx: JobContext) -> Path:
        """Ask what is not answered yet; gives the file of all answers."""
        return _Asking(self.stored, self.doors, ctx).run()

    def open_usd(self, folder: Path) -> float:
        """What the questions cost at most that have no good answer in that folder."""
        kept = _KeptAnswers(self.stored, folder)
        return kept.open_usd(kept.good_answers())


class _KeptAnswers:
    """The answers of a job on disk."""

    def __init__(self, stored: AskPayload, folder: Path) -> None:
        self._stored = stored
        self._folder = folder

    def place(self, number: int) -> Path:
        return self._folder / f"answer-{number:04}.json"

    def find(self, number: int) -> LanguageAnswer | None:
        """What was answered to a question; None where nothing is here that can be read."""
        with suppress(OSError, ValidationError):
            return LanguageAnswer.model_validate_json(self.place(number).read_bytes())
        return None

    def keep(self, number: int, answer: LanguageAnswer) -> None:
        write_text_atomically(self.place(number), answer.model_dump_json())

    def good_answers(self) -> list[dict[str, Any]]:
        """What was answered to the first questions, up to the first without a good answer."""
        answers: list[dict[str, Any]] = []
        for number in range(self._stored.task.num_questions):
            answer = self.find(number)
            try:
                if answer is None or answer.ending is not Ending.WHOLE:
                    break
                found = object_in(answer.text)
                self._stored.task.read(number, found)
            except Misfit:
                break
            answers.append(found)
        return answers

    def open_usd(self, answers: list[dict[str, Any]]) -> float:
        """What is still to be bought after these answers, at most."""
        task, model = self._stored.task, self._stored.model
        left = range(len(answers), task.num_questions)
        return sum(task.at_most_usd(number, model) for number in left)


class _Asking:
    """One run of such a job."""

    def __init__(self, stored: AskPayload, doors: Doors, ctx: JobContext) -> None:
        assert ctx.inputs_dir is not None, "models are asked by the queue alone"
        self._model = stored.model
        self._task = stored.task
        self._doors = doors
        self._ctx = ctx
        self._folder = ctx.inputs_dir
        self._kept = _KeptAnswers(stored, ctx.inputs_dir)
        self._new: dict[int, LanguageAnswer] = {}
        self._lost: int | None = None
        self._ticket = ctx.ticket

    def run(self) -> Path:
        ctx, count = self._ctx, self._task.num_questions
        answers: list[dict[str, Any]] = []
        self._lost = self._lost_before()
        try:
            for number in range(count):
                ctx.cancel.check()
                ctx.report(
                    Progressed(
                        stage=Stage.WAIT,
                        fraction=number / count,
                        message=f"{self._model.label} is writing"
                        + (f", part {number + 1} of {count}" if count > 1 else ""),
                    )
                )
                answers.append(self._answer(number, tuple(answers)))
        finally:
            self._tell_cost()
        for note in self._notes(answers):
            ctx.report(Notice(message=note))
        file = self._folder / _FILE
        write_text_atomically(file, _ANSWERS.dump_json(tuple(answers)).decode())
        ctx.report(Progressed(stage=Stage.WRITE, fraction=1.0))
        return file

    def _lost_before(self) -> int | None:
        """The question that an earlier run sent and whose answer never came."""
        if self._ticket is None:
            return None
        ticket = Ticket.model_validate_json(self._ticket)
        # One that a person gave the job names no question.
        number = int(ticket.attempt) if ticket.attempt.isdecimal() else 0
        return number if self._bought(number) is None else None

    def _bought(self, number: int) -> LanguageAnswer | None:
        """What this very job was answered to a question; of another job that one has paid."""
        answer = self._new.get(number) or self._kept.find(number)
        return answer if answer is not None and answer.job_id == self._ctx.job_id else None

    def _answer(self, number: int, earlier: Answers) -> dict[str, Any]:
        """The good answer to one question."""
        request = self._task.question(number, earlier)
        kept = self._kept.find(number)
        if kept is not None:
            try:
                return self._read(number, kept)
            except (Misfit, ProviderError) as error:
                if not self._model.is_free and kept.job_id == self._ctx.job_id:
                    # It is paid for, and asking again is another purchase.
                    raise self._useless(error, kept, number) from error
        if not self._model.is_free:
            answer = self._buy(number, request)
            try:
                return self._read(number, answer)
            except (Misfit, ProviderError) as error:
                raise self._useless(error, answer, number) from error
        return self._ask_free(number, request)

    def _ask_free(self, number: int, request: LanguageRequest) -> dict[str, Any]:
        """Ask where nothing is bought: once more, with what was wrong, where that may help."""
        asked = request
        for tries_left in reversed(range(_TRIES_OF_FREE)):
            self._doors.check_may_ask(self._model)
            provider = self._doors.open(self._model.provider)
            answer = self._ctx.cancel.run(partial(provider.ask, self._model, asked))
            try:
                found = self._read(number, answer)
            except Misfit as error:
                if not tries_left:
                    raise self._useless(error, answer, number) from error
                self._ctx.report(Notice(message=f"{self._model.label} is asked once more: {error}"))
                asked = request.again(str(error))
                continue
            self._kept.keep(number, answer.model_copy(update={"job_id": self._ctx.job_id}))
            return found
        raise AssertionError("the last try returns or raises")

    def _buy(self, number: int, request: LanguageRequest) -> LanguageAnswer:
        """Ask a service, by one POST."""
        ctx = self._ctx
        if self._lost is not None:
            raise self._answer_lost(f"The answer of {self._model.label} was lost.", number)
        self._doors.check_may_ask(self._model)
        if ctx.ticket is not None:
            # What the caps were asked for before was settled when the job ended then.
            cost_usd = self._task.at_most_usd(number, self._model)
            self._doors.check_may_buy(self._model, cost_usd)
        before = self._ticket
        ticket = Ticket(attempt=str(number), ordered_at=datetime.now(UTC))
        provider = self._doors.open(self._model.provider)
        ctx.cancel.check()
        self._save(ticket.model_dump_json())

        def submit() -> LanguageAnswer:
            answer = provider.ask(self._model, request)
            answer = answer.model_copy(update={"job_id": ctx.job_id})
            self._new[number] = answer
            # Here, so that one is not lost that comes when nobody waits for it any more.
            with suppress(OSError):
                self._kept.keep(number, answer)
            taken = ticket.model_copy(update={"is_taken": True})
            self._save(taken.model_dump_json())
            return answer

        try:
            # Whoever closes the program gets the answer first; whoever cancels may resume for it.
            return ctx.cancel.run(submit, grace_s={StopReason.LEAVE: inf})
        except JobCancelled:
            if self._bought(number) is None:
                self._lost = number
                ctx.report(
                    Notice(
                        message=f"{self._model.label} was already asked, which is charged all the "
                        f"same, {self._at_most(number)}."
                    )
                )
            raise
        except SubmitUnknown as error:
            self._lost = number
            raise self._answer_lost(error.message, number) from error
        except ProviderError:
            self._save(before)
            raise

    def _save(self, ticket: str | None) -> None:
        self._ticket = ticket
        self._ctx.save_ticket(ticket)

    def _read(self, number: int, answer: LanguageAnswer) -> dict[str, Any]:
        """The object in an answer, held against its question.

        Raises:
            Misfit: it cannot be used; another one may.
            ProviderError: nor would another be.
        """
        label, target = self._model.label, self._model.name
        if answer.ending is Ending.REFUSED:
            said = " ".join((answer.said or answer.text).split())[:300].rstrip(".")
            raise ContentRefused(
                f"{label} refused to write this{f': {said}' if said else ''}.",
                target=target,
                hint="Say it in other words, or choose another model.",
            )
        if answer.ending is Ending.CUT:
            written = f" after {answer.tokens_out:,} tokens" if answer.tokens_out else ""
            raise BadResponse(
                f"The answer of {label} was cut off{written}, before it was complete.",
                target=target,
                hint="Choose a model that writes longer answers, or give it less text.",
            )
        found = object_in(answer.text)
        self._task.read(number, found)
        return found

    def _useless(self, error: Exception, answer: LanguageAnswer, number: int) -> ProviderError:
        """The error for an answer that cannot be used, with what it cost."""
        label, target = self._model.label, self._model.name
        paid = ""
        if not self._model.is_free:
            cost_usd = answer.cost_usd(self._model, self._task.at_most_usd(number, self._model))
            paid = f" It was billed, about ${cost_usd:.4f}, and is kept in {str(self._folder)!r}."
        again = (
            f"'main.py jobs buy-again {self._ctx.job_id}' asks for it once more, "
            f"{self._at_most(number)}, and buys no other part again."
        )
        if isinstance(error, ProviderError):
            hint = error.hint if self._model.is_free else f"{error.hint} {again}"
            return type(error)(f"{error.message}{paid}", target=target, hint=hint)
        hint = "Try again, or choose another model." if self._model.is_free else f"{again}"
        twice = " twice" if self._model.is_free else ""
        return BadResponse(
            f"{label} answered{twice} what cannot be used: {error}{paid}", target=target, hint=hint
        )

    def _answer_lost(self, message: str, number: int) -> AnswerLost:
        job_id = self._ctx.job_id
        return AnswerLost(
            f"{message} It may be billed, {self._at_most(number)}.",
            target=self._model.name,
            hint="The account's usage says whether it was. Ask once more with "
            f"'main.py jobs buy-again {job_id}', which buys no other part again, or say that it "
            f"was not billed with 'main.py jobs never-arrived {job_id}'.",
        )

    def _at_most(self, number: int) -> str:
        return at_most(self._task.at_most_usd(number, self._model))

    def _tell_cost(self) -> None:
        """Settle with what was answered and what may be billed; nothing where nothing was sent."""
        if self._model.is_free or self._ticket is None:
            return
        paid_usd = sum(
            answer.cost_usd(self._model, self._task.at_most_usd(number, self._model))
            for number in range(self._task.num_questions)
            if (answer := self._bought(number)) is not None
        )
        if self._lost is not None:
            if not paid_usd:
                # As one whole order of which nothing is known, which a person may strike.
                return
            paid_usd += self._task.at_most_usd(self._lost, self._model)
        self._ctx.report(Charged(cost_usd=round(paid_usd, 8)))

    def _notes(self, answers: list[dict[str, Any]]) -> list[str]:
        """What was mended in the answers."""
        return [
            note for number, found in enumerate(answers) for note in self._task.read(number, found)
        ]


def read_answers(payload: str, file: Path) -> WrittenAnswers:
    """What came of a stored job.

    Args:
        payload: the job as it is stored.
        file: what it gave.

    Raises:
        JournalError: the file is gone: its job was forgotten; or another version wrote the job.
    """
    try:
        stored = AskPayload.model_validate_json(payload)
        return WrittenAnswers(stored.model, stored.task, _ANSWERS.validate_json(file.read_bytes()))
    except OSError as error:
        raise JournalError(
            f"The answers {str(file)!r} cannot be read: {error.strerror}.",
            hint="Ask once more.",
        ) from error
    except ValidationError as error:
        raise JournalError(
            "The answers were kept by another version and cannot be read.", hint="Ask once more."
        ) from error


@dataclass(frozen=True)
class WrittenAnswers:
    """A task with the answers to all its questions, and who gave them."""

    model: LanguageModel
    task: EnhanceTask | ContinuityTask | StoryboardTask
    answers: Answers

    @property
    def rewritten(self) -> tuple[EnhancedPrompt, ...]:
        """Every prompt before and after; none of a storyboard."""
        return () if isinstance(self.task, StoryboardTask) else self.task.rewritten(self.answers)
