"""Language models for whoever drives the program: which there are, what a task costs, asking."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import JournalError, NotConfigured, Problem, ProviderError, UnsupportedRequest
from core.jobs.queue import new_job_id
from core.language.ask_job import AskJob, AskPayload, read_answers
from core.language.model import KIND, at_most
from core.language.provider import LanguageContext
from core.platform.network import SWITCH_ON, sentence
from core.platform.server_address import is_this_machine
from core.platform.suggestions import unknown_name
from core.platform.units import count_text
from core.spending.caps import Caps, PlannedPurchase
from core.video.enhance_job import read_enhancement
from core.video.provider import NotReady, Ready, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.config.api_keys import KeySpec
    from core.jobs.job_record import JobRecord
    from core.jobs.queue import JobQueue
    from core.language.ask_job import WrittenAnswers
    from core.language.model import LanguageModel
    from core.language.provider import LanguageEntry, LanguageInfo, LanguageProvider
    from core.language.tasks.prompts import ContinuityTask, EnhanceTask
    from core.language.tasks.storyboards import StoryboardTask
    from core.setup import Setup
    from core.spending.caps import ProjectBudget
    from core.spending.ledger import Ledger
    from core.video.enhance_job import EnhancedPrompt
    from core.video.provider import Readiness


@dataclass(frozen=True)
class ListedLanguage:
    """Who has language models, which, and whether they can be asked now.

    Attributes:
        error: why a server of the person's own tells none; None for all others.
    """

    info: LanguageInfo
    models: tuple[LanguageModel, ...]
    readiness: Readiness
    error: ProviderError | None = None


@dataclass(frozen=True)
class PlannedWriting:
    """A task with its model, before anything is asked.

    Attributes:
        num_questions: so many times the model is asked.
        tokens_in, tokens_out: of all questions and answers at most.
        at_most_usd: what it costs if every answer is as long as it may be; 0 for a free model.
        sent_to: who reads the words, as people call it.
    """

    model: LanguageModel
    task: EnhanceTask | ContinuityTask | StoryboardTask
    num_questions: int
    tokens_in: int
    tokens_out: int
    at_most_usd: float
    readiness: Readiness
    sent_to: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know before it is asked, a sentence each."""
        model = self.model
        where = (
            f"{model.label} runs on this machine: nothing is sent elsewhere and nothing is charged."
            if model.is_local
            else f"The words are sent to {model.address}, a server of your own."
            if model.is_free
            else f"The words are sent to {self.sent_to}, which charges {model.price}."
        )
        parts = count_text(self.num_questions, "question")
        repeat = (
            "One whose answer cannot be used is asked once more."
            if model.is_free
            else "None is asked twice: an answer that cannot be used is charged as well."
        )
        return (where, f"{parts}, {at_most(self.at_most_usd)}. {repeat}")


class LanguageModels:
    """The language models of a studio."""

    def __init__(
        self,
        entries: Sequence[LanguageEntry],
        setup: Setup,
        ledger: Ledger,
        queue: Callable[[], JobQueue],
    ) -> None:
        """Asks nothing and opens nothing."""
        self._setup = setup
        self._ledger = ledger
        self._queue = queue
        self._entries = {entry.info.id: entry for entry in entries}
        self._context = LanguageContext(setup.keys, lambda: setup.settings)
        self._opened: dict[str, LanguageProvider] = {}

    @property
    def infos(self) -> tuple[LanguageInfo, ...]:
        """Who may have language models, in the order in which they are offered."""
        return tuple(entry.info for entry in self._entries.values())

    def listed(self, provider: str = "") -> list[ListedLanguage]:
        """Every model, or those of one provider; servers on this machine are asked, all at once.

        Only where a person asks for it: it takes up to two seconds. One on another machine is asked
        only while the network is on.

        Raises:
            UnsupportedRequest: there is no such provider.
        """
        infos = [self._info(provider)] if provider else list(self.infos)
        with ThreadPoolExecutor(max_workers=len(infos) or 1) as pool:
            return list(pool.map(self._listed, infos))

    def find(self, name: str) -> LanguageModel:
        """The model of a name such as "ollama/gemma4:e4b"; its provider alone is asked.

        Raises:
            UnsupportedRequest: there is no such model, with the nearest name.
            ProviderError: the server that has it is not there.
        """
        provider, _, model_id = name.strip().partition("/")
        listed = self._listed(self._info(provider))
        if listed.error is not None:
            raise listed.error
        if not model_id and listed.models:
            return listed.models[0]
        found = next((model for model in listed.models if model.id == model_id), None)
        if found is None:
            known = [model.name for model in listed.models]
            problem = Problem("with", unknown_name("language model", name, known))
            raise UnsupportedRequest([problem])
        return found

    def plan(
        self, task: EnhanceTask | ContinuityTask | StoryboardTask, model: LanguageModel
    ) -> PlannedWriting:
        """What a task takes and costs; asks nobody."""
        info = self._info(model.provider)
        questions = [task.question(number, ()) for number in range(task.num_questions)]
        return PlannedWriting(
            model,
            task,
            len(questions),
            sum(question.tokens_in for question in questions),
            sum(question.max_tokens for question in questions),
            sum(task.at_most_usd(number, model) for number in range(len(questions))),
            self._readiness(info, model.address),
            info.label,
        )

    def submit(
        self,
        planned: PlannedWriting,
        *,
        job_id: str | None = None,
        project: ProjectBudget | None = None,
    ) -> str:
        """Put the task into the queue and give the job's id; `read` gives what comes of it.

        Args:
            planned: what `plan` gave, once a person has agreed to its price.
            job_id: from `new_job_id`, where the caller has to know it beforehand.
            project: what the ledger is to know of the project that it is for.

        Raises:
            NotConfigured: the key is missing, or the network is switched off.
            SpendingCapReached: it would pass a cap.
            SpendingError: it is to be paid, and the ledger cannot be used.
            JournalError: the journal cannot be written.
        """
        readiness = planned.readiness
        if isinstance(readiness, NotReady):
            raise NotConfigured(readiness.reason, target=planned.model.name, hint=readiness.fix)
        job = AskJob(AskPayload(model=planned.model, task=planned.task), self)
        purchase = self._purchase(planned.model, planned.at_most_usd, project)
        job_id = job_id or new_job_id()
        with self._ledger.ordered(job_id, purchase, self._caps):
            return self._queue().submit(job, job_id=job_id)

    def check_caps(self, planned: PlannedWriting, project: ProjectBudget | None = None) -> None:
        """Refuse what would pass a cap, before it is put into the queue.

        Raises:
            SpendingCapReached: with every cap that it would pass.
            SpendingError: it is to be paid, and the ledger cannot be read.
        """
        purchase = self._purchase(planned.model, planned.at_most_usd, project)
        self._ledger.check([purchase], self._caps)

    def read_enhancement(self, record: JobRecord, file: Path) -> EnhancedPrompt:
        """A prompt before and after, whoever rewrote it: a language model or one of clips.

        Raises:
            JournalError: what it became is gone, or another version wrote it.
        """
        if record.kind != KIND:
            return read_enhancement(record.payload, file)
        for one in self.read(record, file).rewritten:
            return one
        raise JournalError(f"Job {record.id} rewrote no prompt.")

    def read(self, record: JobRecord, file: Path) -> WrittenAnswers:
        """What came of a job that is done.

        Raises:
            JournalError: it is another kind of job, or its answers are gone.
        """
        if record.kind != KIND:
            raise JournalError(f"Job {record.id} asked no language model.")
        return read_answers(record.payload, file)

    def job_from_payload(self, payload: str) -> AskJob:
        """The job that wrote this payload."""
        return AskJob.from_payload(payload, self)

    def purchase_again(self, record: JobRecord) -> PlannedPurchase:
        """What it costs to ask again what a job has no good answer to."""
        job = self.job_from_payload(record.payload)
        cost_usd = job.open_usd(self._setup.paths.inputs_dir / record.id)
        bought = {one.job_id: one for one in self._ledger.purchases()}.get(record.id)
        project = self._ledger.budget(bought.project_id or "") if bought else None
        return self._purchase(job.stored.model, cost_usd, project)

    def open(self, provider: str) -> LanguageProvider:
        """Who has the models of that name.

        Raises:
            UnsupportedRequest: nobody has.
        """
        self._info(provider)
        if provider not in self._opened:
            self._opened[provider] = self._entries[provider].open(self._context)
        return self._opened[provider]

    def check_may_ask(self, model: LanguageModel) -> None:
        """Do nothing where the network may be used for it.

        Raises:
            NotConfigured: it is switched off.
        """
        if not model.is_local:
            network = self._setup.registry.network
            network.check(f"{model.label} is not asked", target=model.name)

    def check_may_buy(self, model: LanguageModel, cost_usd: float) -> None:
        """Do nothing where no cap is passed.

        Raises:
            SpendingCapReached: one would be.
        """
        self._ledger.check([self._purchase(model, cost_usd, None)], self._caps)

    def has_key(self, key: KeySpec) -> bool:
        """Whether a provider of language models asks for this key."""
        return any(info.key == key for info in self.infos)

    def check_key(self, key: KeySpec) -> Readiness:
        """Whether the service accepts the key that is set; asks the service."""
        info = next(info for info in self.infos if info.key == key)
        try:
            self.open(info.id).test_key()
        except ProviderError as error:
            return NotReady(ReasonCode.KEY_MISSING, error.message, error.hint)
        return Ready()

    @property
    def _caps(self) -> Caps:
        return Caps.of(self._setup.settings.cloud)

    def _info(self, provider: str) -> LanguageInfo:
        if provider not in self._entries:
            message = unknown_name("provider of language models", provider, self._entries)
            raise UnsupportedRequest([Problem("with", message)])
        return self._entries[provider].info

    def _listed(self, info: LanguageInfo) -> ListedLanguage:
        try:
            address = info.address(self._setup.settings) if info.address else ""
            readiness = self._readiness(info, address)
            if isinstance(readiness, NotReady) and info.is_own_server:
                raise NotConfigured(readiness.reason, target=info.id, hint=readiness.fix)
            return ListedLanguage(info, self.open(info.id).models(), readiness)
        except ProviderError as error:
            reason = NotReady(ReasonCode.NO_SERVER, error.message, error.hint)
            return ListedLanguage(info, (), reason, error)

    def _readiness(self, info: LanguageInfo, address: str) -> Readiness:
        is_off = self._setup.registry.network.is_off
        if is_off and not (address and is_this_machine(address)):
            reason = sentence(f"{info.label} is not asked")
            return NotReady(ReasonCode.NETWORK_OFF, reason, SWITCH_ON)
        if info.key is not None and not self._setup.keys.is_set(info.key):
            return NotReady(
                ReasonCode.KEY_MISSING,
                f"The {info.key.label} key is not set.",
                f"Set {info.key.variables[0]} or run 'main.py keys set {info.key.id}'.",
            )
        return Ready()

    @staticmethod
    def _purchase(
        model: LanguageModel, cost_usd: float, project: ProjectBudget | None
    ) -> PlannedPurchase:
        return PlannedPurchase(cost_usd, model.name, model.label, "words", "answer", project)
