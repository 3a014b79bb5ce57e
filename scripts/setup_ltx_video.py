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
    from core.platform.paths import Paths
    from core.studio import Studio
    from providers.ltx_video.install.weights import InstallModelJob
    from providers.ltx_video.models.catalog import LocalModel
    from scripts.voice import Voice

_COMMAND = "python3 scripts/setup_ltx_video.py"
_DONE, _FAILED, _USAGE, _NOT_CONFIGURED, _CANCELLED = 0, 1, 2, 3, 130


@dataclass(frozen=True)
class Options:
    """What was typed."""

    model: str | None
    sources: tuple[Path, ...]
    may_copy: bool
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
        "--adopt",
        "--from",
        dest="sources",
        metavar="FOLDER",
        type=Path,
        action="append",
        default=[],
        help="use the files below this folder (of ComfyUI, a diffusers folder, a hub cache, "
        "another ImageAI's models) instead of downloading them: they are linked; may be given "
        "several times",
    )
    parser.add_argument("--copy", action="store_true", help="copy such files, do not link them")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--verify",
        metavar="ID",
        nargs="?",
        const="",
        help="read and check every byte of that model, without one of all that are installed",
    )
    what.add_argument(
        "--remove", metavar="ID", nargs="?", const="", help="delete that model from this machine"
    )
    what.add_argument("--dry-run", action="store_true", help="say what would be done and stop")
    parser.add_argument("--json", action="store_true", help="print one event a line on stdout")
    found = parser.parse_args(arguments)
    verify, remove = found.verify is not None, found.remove is not None
    named = list(filter(None, (found.model, found.verify, found.remove)))
    if len(named) > 1:
        parser.error("name one model")
    if (found.sources or found.copy) and (verify or remove):
        parser.error("--adopt and --copy go with an installation, not with --verify or --remove")
    if not named and (remove or found.dry_run or found.sources or found.copy):
        parser.error("--remove needs an ID; --dry-run, --adopt and --copy need --model ID")
    return Options(
        model=named[0] if named else None,
        sources=tuple(found.sources),
        may_copy=found.copy,
        is_agreed=found.yes,
        verify=verify,
        remove=remove,
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
    from providers.ltx_video.models.info import INFO

    studio = Studio(PROVIDERS)
    for note in studio.notes:
        voice.say(note)
    models_dir = studio.paths.models_dir
    other = INFO.other_name(options.model or "")
    if other is not None and other.model is not None:
        voice.say(other.meaning)
    if options.verify:
        return _verify(options, studio.paths, cancel, voice)
    if options.remove:
        return _remove(options, models_dir, voice)
    if options.model is None:
        # Imported late, as all of the program is: the environment comes first.
        from scripts.ltx_setup.model_table import show_models

        show_models(studio.registry, models_dir, voice, _COMMAND)
        return _DONE
    return _install(options, studio, cancel, voice)


def _install(options: Options, studio: Studio, cancel: CancelToken, voice: Voice) -> int:
    from core.errors import JobCancelled, StudioError, UnsupportedRequest
    from core.jobs.job import Cancelled, Failed, JobContext, Succeeded
    from core.video.model_store import OnDisk
    from providers.ltx_video.install.weights import Installable, InstallModelJob
    from providers.weights.installed import check_parts
    from scripts.ltx_setup.install_text import list_files, tell_known, tell_survey

    model = Installable.find(options.model or "")
    models_dir, sources = studio.paths.models_dir, options.sources
    network = studio.registry.network
    job = InstallModelJob(
        model, models_dir, studio.keys, sources, network=network, may_copy=options.may_copy
    )
    state = check_parts(models_dir, model.id, model.weights)
    if state.on_disk is OnDisk.WHOLE:
        if not state.missing_parts:
            voice.say(f"{model.label} is installed and complete in {state.folder}.")
            voice.tell(Succeeded(path=state.folder))
            return _DONE
        voice.say(f"{model.label} is installed {state.without}.")
    with tempfile.TemporaryDirectory(prefix="imageai-") as workdir:
        ctx = JobContext(workdir=Path(workdir), cancel=cancel, report=voice.report)
        try:
            with voice.progress():
                survey = job.survey(ctx)
        except UnsupportedRequest:
            raise
        except StudioError as error:
            if options.dry_run:
                tell_known(model, studio, voice, error)
            raise
        tell_survey(model, survey, studio, voice, may_copy=options.may_copy)
        if options.dry_run:
            list_files(survey, voice)
            return _DONE
    if survey.fetch_bytes and not _is_agreed(options, voice, "Download it on these terms?"):
        return _CANCELLED
    outcome = _run_job(job, studio, cancel, voice)
    match outcome:
        case Succeeded():
            made = check_parts(models_dir, model.id, model.weights)
            how = ", ".join(filter(None, (f"installed in {outcome.path}", made.without)))
            voice.say(f"{model.label} is {how}.")
            voice.say("Every file is verified.")
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


def _verify(options: Options, paths: Paths, cancel: CancelToken, voice: Voice) -> int:
    """Check one model, or all of them one after the other; the worst decides the exit code."""
    from core.errors import OutputError
    from core.jobs.job import ErrorReport
    from core.video.model_store import OnDisk
    from providers.ltx_video.install.model_files import find_model
    from providers.ltx_video.install.own_models import every_model
    from providers.weights.installed import check_installed

    models_dir = paths.models_dir
    models = every_model(models_dir)
    if options.model is not None:
        _verify_one(find_model(options.model, models), paths, cancel, voice)
        return _DONE
    states = {model: check_installed(models_dir, model).on_disk for model in models}
    there = [model for model, on_disk in states.items() if on_disk is not OnDisk.NOTHING]
    if not there:
        voice.say("No model is installed: there is nothing to check.")
    code = _DONE
    for model in there:
        try:
            _verify_one(models[model], paths, cancel, voice)
        except OutputError as error:
            code = _tell_failure(ErrorReport.of(error), voice)
    return code


def _verify_one(model: LocalModel, paths: Paths, cancel: CancelToken, voice: Voice) -> None:
    from core.errors import NotConfigured, OutputError
    from core.jobs.job import JobContext, Succeeded
    from core.platform.units import bytes_text, count_text
    from core.video.model_store import OnDisk
    from providers.ltx_video.install.model_files import verify_builtin, way_to_repair
    from providers.weights.installed import check_parts, manifest_of, verify_model

    label = model.spec.label
    if model.spec.is_builtin:
        state = verify_builtin(model, paths)
        if state.on_disk is not OnDisk.WHOLE:
            raise OutputError(f"{label}: {state.reason}", hint=way_to_repair(model))
        voice.say(f"{label} is whole: every file is as it was published.")
        voice.tell(Succeeded(path=state.folder))
        return
    with tempfile.TemporaryDirectory(prefix="imageai-") as workdir, voice.progress():
        ctx = JobContext(workdir=Path(workdir), cancel=cancel, report=voice.report)
        verify_model(paths.models_dir, model.id, ctx)
    state = check_parts(paths.models_dir, model.id, model.weights)
    if state.on_disk is OnDisk.NOTHING:
        raise NotConfigured(f"{label} is not installed.", hint=way_to_repair(model))
    manifest = manifest_of(state.folder)
    if state.on_disk is not OnDisk.WHOLE or manifest is None:
        raise OutputError(
            f"{label} is not whole. {state.reason}",
            hint=f"{way_to_repair(model)} Only what is missing or wrong is fetched."
            if model.weights
            else way_to_repair(model),
        )
    size = bytes_text(manifest.size_bytes)
    how = f"is installed {state.without}" if state.without else "is whole"
    voice.say(f"{label} {how}: {count_text(len(manifest.files), 'file')}, {size}, all verified.")
    voice.tell(Succeeded(path=state.folder))


def _remove(options: Options, models_dir: Path, voice: Voice) -> int:
    from core.jobs.job import Succeeded
    from core.platform.units import bytes_text
    from core.video.model_store import OnDisk
    from providers.ltx_video.install.model_files import find_on_disk
    from providers.ltx_video.install.own_models import every_model
    from providers.weights.installed import check_installed, remove_model

    model = find_on_disk(options.model or "", every_model(models_dir))
    label = model.spec.label
    state = check_installed(models_dir, model.id)
    if state.on_disk is OnDisk.NOTHING:
        voice.say(f"{label} is not installed: there is nothing to remove.")
    else:
        frees = f"It frees {bytes_text(state.freed_bytes)}"
        if state.shared_bytes:
            frees += f"; {bytes_text(state.shared_bytes)} stay with other models and programs"
        voice.say(f"{frees}.")
        if not _is_agreed(options, voice, f"Delete {state.folder}?"):
            return _CANCELLED
        freed_bytes = remove_model(models_dir, model.id)
        voice.say(f"{label} is removed; {bytes_text(freed_bytes)} freed.")
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
