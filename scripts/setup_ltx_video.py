"""Shows the local LTX models, and installs, checks and removes them."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

_ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it; ours are counted from the root.
    sys.path[0] = str(_ROOT)

from scripts import bootstrap  # noqa: E402 - needs the lines above

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from core.jobs.job import CancelToken, ErrorReport, JobUpdate, Terminal
    from core.jobs.queue import JobQueue
    from core.platform.machine import Machine
    from core.studio import Studio
    from providers.ltx_video.install.weights import Installable, InstallModelJob, Survey
    from providers.ltx_video.models.catalog import LocalModel
    from scripts.voice import Voice

_COMMAND = "python3 scripts/setup_ltx_video.py"
_DONE, _FAILED, _USAGE, _NOT_CONFIGURED, _CANCELLED = 0, 1, 2, 3, 130


@dataclass(frozen=True)
class Options:
    """What was typed."""

    model: str | None
    sources: tuple[Path, ...]
    is_agreed: bool
    verify: bool
    remove: bool
    dry_run: bool
    as_json: bool


def parse(arguments: Sequence[str]) -> Options:
    """The options; what is typed wrong ends the process with code 2."""
    parser = argparse.ArgumentParser(
        prog=_COMMAND,
        description="Without options: lists the models, what is installed and what this machine "
        "can run. With --model: installs that model. A download that is stopped goes on where it "
        "was when the same command is given again.",
    )
    parser.add_argument("--model", metavar="ID", help="the model to install")
    parser.add_argument(
        "--from",
        dest="sources",
        metavar="FOLDER",
        type=Path,
        action="append",
        default=[],
        help="use files from this folder (a diffusers folder, a hub cache, another ImageAI's "
        "models folder) instead of downloading them; may be given several times",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--verify", action="store_true", help="read and check every installed byte")
    what.add_argument("--remove", action="store_true", help="delete the model from this machine")
    what.add_argument("--dry-run", action="store_true", help="say what would be done and stop")
    parser.add_argument("--json", action="store_true", help="print one event a line on stdout")
    found = parser.parse_args(arguments)
    if found.model is None and (found.verify or found.remove or found.dry_run or found.sources):
        parser.error("--verify, --remove, --dry-run and --from need --model ID")
    if found.sources and (found.verify or found.remove):
        parser.error("--from goes with an installation, not with --verify or --remove")
    return Options(
        model=found.model,
        sources=tuple(found.sources),
        is_agreed=found.yes,
        verify=found.verify,
        remove=found.remove,
        dry_run=found.dry_run,
        as_json=found.json,
    )


def main(arguments: list[str]) -> int:
    """Does one command and gives its exit code."""
    options = parse(arguments)
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, [bootstrap.APP])

    from core.errors import JobCancelled, StudioError
    from core.jobs.job import Cancelled, CancelToken, ErrorReport
    from scripts.voice import Voice

    cancel = CancelToken()
    voice = Voice(as_json=options.as_json)
    with _stopped_by_signals(cancel):
        try:
            return _run(options, cancel, voice)
        except JobCancelled:
            voice.say("Stopped. What has been downloaded is kept: the same command goes on there.")
            voice.tell(Cancelled())
            return _CANCELLED
        except StudioError as error:
            return _tell_failure(ErrorReport.of(error), voice)


def _tell_failure(error: ErrorReport, voice: Voice) -> int:
    """Say why it failed; gives the exit code."""
    from core.jobs.job import Failed

    voice.say(str(error))
    voice.tell(Failed(error=error))
    codes = {
        "UnsupportedRequest": _USAGE,
        "NotConfigured": _NOT_CONFIGURED,
        "AuthFailed": _NOT_CONFIGURED,
    }
    return codes.get(error.kind, _FAILED)


def _run(options: Options, cancel: CancelToken, voice: Voice) -> int:
    from core.studio import Studio
    from providers import PROVIDERS

    studio = Studio(PROVIDERS)
    for note in studio.notes:
        voice.say(note)
    models_dir = studio.paths.models_dir
    if options.model is None:
        _show_models(models_dir, voice)
        return _DONE
    if options.remove:
        return _remove(options, models_dir, voice)
    if options.verify:
        return _verify(options, models_dir, cancel, voice)
    return _install(options, studio, cancel, voice)


def _show_models(models_dir: Path, voice: Voice) -> None:
    from rich.console import Console
    from rich.table import Table

    from core.platform.machine import read_machine
    from core.platform.units import bytes_text
    from providers.ltx_video.models.catalog import MODELS

    machine = read_machine()
    rows = [_row(model, models_dir, machine) for model in MODELS]
    for row in rows:
        voice.tell_fields("model", **row.as_json())
    if voice.as_json:
        return
    table = Table(title="LTX models for this machine", title_justify="left")
    for name in ("Model", "Download", "Licence", "Runs here", "Installed"):
        table.add_column(name, no_wrap=name == "Model")
    for row in rows:
        licence = f"{row.licence}{', gated' if row.is_gated else ''}"
        size = "-" if row.size_bytes is None else bytes_text(row.size_bytes)
        table.add_row(row.id, size, licence, "yes" if row.runs_here else "no", row.state)
    Console(highlight=False).print(table)
    for row in rows:
        if not row.runs_here:
            voice.say(f"{row.id} does not run here: {row.why_not}")
    voice.say("gated: the licence is accepted on the model's page first, by a free account there.")
    voice.say(f"Models are kept in {models_dir}.")
    voice.say(f"To install one: {_COMMAND} --model ID")


@dataclass(frozen=True)
class _Row:
    id: str
    label: str
    size_bytes: int | None
    licence: str
    is_gated: bool
    runs_here: bool
    why_not: str
    state: str
    page_url: str

    def as_json(self) -> dict[str, object]:
        command = f"{_COMMAND} --model {self.id}" if self.size_bytes is not None else None
        return {**self.__dict__, "command": command}


def _row(model: LocalModel, models_dir: Path, machine: Machine) -> _Row:
    from core.platform.machine import free_disk_bytes
    from core.video.planning import make_plan
    from core.video.request import RenderRequest, Target
    from providers.ltx_video.models.catalog import DEPLOYMENT, PROVIDER
    from providers.ltx_video.models.memory_plan import Workload, memory_ladder

    target = Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model.id)
    usual = make_plan(RenderRequest(target=target, prompt="a clip"), model.spec)
    rows = 2 if model.profile.guidance.reads_negative_prompt else 1
    memory = memory_ladder(
        machine,
        model.footprint,
        model.profile.dtype,
        Workload(usual.width, usual.height, usual.num_frames, rows),
        scratch_free_gb=free_disk_bytes(models_dir) / 1e9,
    ).choose()
    return _Row(
        id=model.id,
        label=model.spec.label,
        size_bytes=model.spec.size_bytes if model.weights else None,
        licence=model.spec.licence.name,
        is_gated=model.spec.licence.is_gated,
        runs_here=memory.fits,
        why_not="" if memory.fits else " ".join(memory.reasons),
        state=_state_text(model, models_dir),
        page_url=model.weights.page_url if model.weights else "",
    )


def _state_text(model: LocalModel, models_dir: Path) -> str:
    from core.video.model_store import OnDisk
    from providers.ltx_video.install.installed import check_installed

    if model.weights is None:
        return "built in"
    match check_installed(models_dir, model.id).on_disk:
        case OnDisk.WHOLE:
            return "yes"
        case OnDisk.PARTLY:
            return "begun"
        case OnDisk.DAMAGED:
            return "damaged"
        case OnDisk.NOTHING:
            return "no"


def _install(options: Options, studio: Studio, cancel: CancelToken, voice: Voice) -> int:
    from core.errors import JobCancelled
    from core.jobs.job import Cancelled, Failed, JobContext, Succeeded
    from core.video.model_store import OnDisk
    from providers.ltx_video.install.installed import check_installed
    from providers.ltx_video.install.weights import Installable, InstallModelJob

    model = Installable.find(options.model or "")
    job = InstallModelJob(model, studio.paths.models_dir, studio.keys, options.sources)
    state = check_installed(studio.paths.models_dir, model.id)
    if state.on_disk is OnDisk.WHOLE:
        voice.say(f"{model.label} is installed and complete in {state.folder}.")
        voice.tell(Succeeded(path=state.folder))
        return _DONE
    with tempfile.TemporaryDirectory(prefix="imageai-") as workdir:
        ctx = JobContext(workdir=Path(workdir), cancel=cancel, report=voice.report)
        with voice.progress():
            survey = job.survey(ctx)
        _announce(options, model, survey, state.folder, voice)
        if options.dry_run:
            return _DONE
    if survey.fetch_bytes and not _is_agreed(options, voice, "Download it on these terms?"):
        return _CANCELLED
    outcome = _run_job(job, studio, cancel, voice)
    match outcome:
        case Succeeded():
            voice.say(f"{model.label} is installed in {outcome.path}. Every file is verified.")
            command = f"python3 main.py --provider ltx-video --model {model.id}"
            voice.say(f'Now: {command} -p "..." -o clip.mp4')
            voice.tell(outcome)
            return _DONE
        case Cancelled():
            raise JobCancelled
        case Failed():
            return _tell_failure(outcome.error, voice)
        case _:
            assert_never(outcome)


def _run_job(job: InstallModelJob, studio: Studio, cancel: CancelToken, voice: Voice) -> Terminal:
    """Run the installation in the queue, so that `main.py jobs resume` goes on after a kill."""
    from core.jobs.job import Notice, Progressed
    from core.platform.log import start_log

    def on_event(update: JobUpdate) -> None:
        if isinstance(update.event, Progressed | Notice):
            voice.report(update.event)

    trouble = start_log(studio.paths.log_file)
    queue = studio.queue
    for note in (*([trouble] if trouble else []), *queue.notes):
        voice.say(note)
    queue.subscribe(on_event)
    try:
        with voice.progress():
            return queue.run_job(_job_id(job, queue, cancel))
    finally:
        studio.close()


def _job_id(job: InstallModelJob, queue: JobQueue, cancel: CancelToken) -> str:
    """Queue the job, or take up the same one that an earlier process left unfinished."""
    for record in queue.resumable():
        if (record.kind, record.payload) == (job.kind, job.payload()):
            return queue.resume(record.id, cancel)
    return queue.submit(job, cancel)


def _announce(
    options: Options, model: Installable, survey: Survey, folder: Path, voice: Voice
) -> None:
    from core.platform.units import bytes_text

    voice.tell_fields(
        "survey",
        model=model.id,
        licence=model.licence.name,
        folder=str(folder),
        total_bytes=survey.total_bytes,
        fetch_bytes=survey.fetch_bytes,
        free_bytes=survey.free_bytes,
        files=[
            {"place": file.place, "repo_id": file.repo_id, "size_bytes": file.size_bytes}
            for file in survey.files
        ],
    )
    licence = model.licence
    lines = [
        f"{model.label}: {len(survey.files)} files, {bytes_text(survey.total_bytes)}.",
        f"To download: {bytes_text(survey.fetch_bytes)}; "
        f"free on the disk: {bytes_text(survey.free_bytes)}.",
        f"Licence: {licence.name}. {licence.summary} {licence.url}".rstrip(),
        f"Page: {model.weights.page_url}",
        f"Folder: {folder}",
    ]
    for line in lines:
        voice.say(line)
    if options.dry_run:
        for file in survey.files:
            voice.say(f"{bytes_text(file.size_bytes):>10}  {file.place}  ({file.repo_id})")


def _verify(options: Options, models_dir: Path, cancel: CancelToken, voice: Voice) -> int:
    from core.errors import OutputError
    from core.jobs.job import JobContext, Succeeded
    from core.platform.units import bytes_text
    from core.video.model_store import OnDisk
    from providers.ltx_video.install.installed import manifest_of
    from providers.ltx_video.install.weights import Installable, verify_model

    model = Installable.find(options.model or "")
    with tempfile.TemporaryDirectory(prefix="imageai-") as workdir, voice.progress():
        ctx = JobContext(workdir=Path(workdir), cancel=cancel, report=voice.report)
        state = verify_model(models_dir, model.id, ctx)
    manifest = manifest_of(state.folder)
    if state.on_disk is not OnDisk.WHOLE or manifest is None:
        raise OutputError(
            f"{model.label} is not whole. {state.reason}",
            hint=f"{_COMMAND} --model {model.id} fetches what is missing or wrong.",
        )
    size = bytes_text(manifest.size_bytes)
    voice.say(f"{model.label} is whole: {len(manifest.files)} files, {size}, all verified.")
    voice.tell(Succeeded(path=state.folder))
    return _DONE


def _remove(options: Options, models_dir: Path, voice: Voice) -> int:
    from core.jobs.job import Succeeded
    from core.platform.units import bytes_text
    from core.video.model_store import OnDisk
    from providers.ltx_video.install.installed import check_installed, remove_model
    from providers.ltx_video.install.weights import Installable

    model = Installable.find(options.model or "")
    state = check_installed(models_dir, model.id)
    if state.on_disk is OnDisk.NOTHING:
        voice.say(f"{model.label} is not installed: there is nothing to remove.")
    else:
        if not _is_agreed(options, voice, f"Delete {state.folder}?"):
            return _CANCELLED
        freed_bytes = remove_model(models_dir, model.id)
        voice.say(f"{model.label} is removed; {bytes_text(freed_bytes)} freed.")
    voice.tell(Succeeded(path=state.folder))
    return _DONE


def _is_agreed(options: Options, voice: Voice, question: str) -> bool:
    from core.errors import Problem, UnsupportedRequest

    if options.is_agreed:
        return True
    if voice.as_json or not sys.stdin.isatty():
        message = f"Nobody is there to be asked: {question} Add --yes to agree."
        raise UnsupportedRequest([Problem("yes", message)])
    # Reading a line goes on after a signal unless the signal raises.
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        answer = voice.people.input(f"{question} [y/N] ", markup=False)
    except (KeyboardInterrupt, EOFError):
        answer = ""
    finally:
        signal.signal(signal.SIGINT, earlier)
    if answer.strip().casefold() in ("y", "yes"):
        return True
    voice.say("Nothing was changed.")
    return False


@contextmanager
def _stopped_by_signals(cancel: CancelToken) -> Generator[None]:
    """Let Ctrl-C and its like end the work in order; what this process ignores stays ignored."""

    def stop(*_: object) -> None:
        cancel.cancel()

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    numbers = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]
    earlier = [(number, signal.signal(number, stop)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in earlier:
            signal.signal(number, handler)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
