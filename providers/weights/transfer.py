"""Moves bytes: several files at once, resumed, checked while they arrive, stopped in an instant."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from core.errors import BadResponse, JobCancelled, OutputError, StudioError
from core.jobs.job import CancelToken
from core.jobs.lanes import Stage
from providers.weights.hub import ContentCheck, RetryableFailure
from providers.weights.installed import PART_SUFFIX, read_chunks
from providers.weights.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.jobs.job import JobContext
    from providers.weights.download_progress import DownloadProgress
    from providers.weights.hub import Hub, NeededFile

# The hub's storage limits the speed of one connection more than that of several.
_STREAMS = 4
_POLL_S = 0.1


def fetch_files(
    hub: Hub,
    files: Sequence[NeededFile],
    folder: Path,
    ctx: JobContext,
    progress: DownloadProgress,
    waits_s: Sequence[float],
    on_file: Callable[[NeededFile, str], None],
) -> None:
    """Bring files into the model's folder, each in place only when its content is right.

    Args:
        hub: where they come from.
        files: what is needed.
        folder: the model's folder.
        ctx: cancel and report.
        progress: counts the bytes.
        waits_s: see `retry.WAITS_S`.
        on_file: told, in the calling thread, of each file in place and its SHA-256.

    Raises:
        JobCancelled: asked to stop; every finished byte is kept.
        StudioError: it cannot be done; every finished byte is kept.
    """
    _Crew(hub, files, folder, progress, waits_s).run(ctx, on_file)


class _Crew:
    """A few threads that fetch one file each.

    A read from the network cannot be interrupted, so nobody waits for these threads when they
    are to stop: they write nothing any more and end with their connection.
    """

    def __init__(
        self,
        hub: Hub,
        files: Sequence[NeededFile],
        folder: Path,
        progress: DownloadProgress,
        waits_s: Sequence[float],
    ) -> None:
        self._hub = hub
        self._folder = folder
        self._progress = progress
        self._waits_s = waits_s
        self._stop = CancelToken()
        self._todo = deque(files)
        self._landed: deque[tuple[NeededFile, str]] = deque()
        self._failures: deque[Exception] = deque()
        self._threads = [
            threading.Thread(target=self._work, name=f"fetch-{number}", daemon=True)
            for number in range(min(_STREAMS, len(files)))
        ]
        for thread in self._threads:
            thread.start()

    def run(self, ctx: JobContext, on_file: Callable[[NeededFile, str], None]) -> None:
        try:
            while not self._failures and (working := self._working()) is not None:
                working.join(_POLL_S)
                ctx.cancel.check()
                # Thrown in the middle of a download, the switch ends it too.
                self._hub.check_open()
                self._tell_landed(on_file)
                self._progress.report(ctx, Stage.DOWNLOAD)
        finally:
            # Those that are only between two pieces end at once.
            self._stop.cancel()
            until_s = time.monotonic() + 2 * _POLL_S
            for thread in self._threads:
                thread.join(max(0.0, until_s - time.monotonic()))
            self._tell_landed(on_file)
        if self._failures:
            raise self._failures[0]

    def _working(self) -> threading.Thread | None:
        return next((thread for thread in self._threads if thread.is_alive()), None)

    def _tell_landed(self, on_file: Callable[[NeededFile, str], None]) -> None:
        while self._landed:
            on_file(*self._landed.popleft())

    def _work(self) -> None:
        try:
            while self._todo and not self._stop.cancelled:
                try:
                    file = self._todo.popleft()
                except IndexError:
                    return
                sha256 = _FileFetch(
                    self._hub, file, self._folder, self._progress, self._stop, self._waits_s
                ).run()
                self._landed.append((file, sha256))
        except JobCancelled:
            return
        except StudioError as error:
            self._failures.append(error)
        except OSError as error:
            failure = OutputError(
                f"A file of the model cannot be written to {str(self._folder)!r}: "
                f"{error.strerror or error}.",
                hint="Make room or make the folder writable, and give the same command again: "
                "what has been downloaded is kept.",
            )
            failure.__cause__ = error
            self._failures.append(failure)


class _FileFetch:
    """The fetching of one file, from whatever an earlier run left of it."""

    def __init__(
        self,
        hub: Hub,
        file: NeededFile,
        folder: Path,
        progress: DownloadProgress,
        stop: CancelToken,
        waits_s: Sequence[float],
    ) -> None:
        self._hub = hub
        self._file = file
        self._final = folder / file.place
        self._part = part_path(folder, file)
        self._progress = progress
        self._stop = stop
        self._retry = RetryPolicy(stop, waits_s, partial(progress.wait_for, file.place))
        self._check = ContentCheck(file)

    def run(self) -> str:
        """The file's SHA-256; the file is in place.

        Raises:
            JobCancelled, StudioError, OSError: it is not.
        """
        self._part.parent.mkdir(parents=True, exist_ok=True)
        self._take_up()
        self._complete()
        if not self._check.is_right():
            # The defect may be in what an earlier run or a broken line has left behind.
            self._start_over()
            self._complete()
        sha256 = self._check.sha256
        if self._check.is_right():
            self._put_in_place()
            return sha256
        self._start_over()
        raise BadResponse(
            f"{self._file.path!r} of {self._file.repo_id!r} arrived twice with content that is "
            f"not what {self._hub.endpoint} itself announces (SHA-256 {sha256[:12]}…); it was not "
            "installed.",
            hint="Something between here and there alters files, such as a proxy, or the disk is "
            "failing. Try another network.",
        )

    def _take_up(self) -> None:
        if not self._part.exists():
            return
        if self._part.stat().st_size > self._file.size_bytes:
            self._start_over()
            return
        for chunk in read_chunks(self._part, self._stop):
            self._check.update(chunk)
            self._progress.add_existing(len(chunk))

    def _start_over(self) -> None:
        self._progress.add_existing(-self._check.size_bytes)
        self._part.unlink(missing_ok=True)
        self._check = ContentCheck(self._file)

    def _complete(self) -> None:
        while self._check.size_bytes < self._file.size_bytes:
            try:
                self._receive()
            except RetryableFailure as failure:
                if failure.is_past_end:
                    self._start_over()
                self._retry.wait(failure)
        self._part.touch()

    def _receive(self) -> None:
        before = self._check.size_bytes
        with self._hub.stream(self._file, before) as response:
            if before and not _continues_at(response.headers.get("Content-Range", ""), before):
                self._start_over()
            with self._part.open("ab") as part:
                for chunk in response.iter_bytes():
                    self._stop.check()
                    # One byte too many is enough to know that this is not the file.
                    rest = self._file.size_bytes - self._check.size_bytes + 1
                    self._keep(chunk[:rest], part)
                    if rest <= len(chunk):
                        return
        if self._check.size_bytes == before:
            raise RetryableFailure(
                BadResponse(
                    f"{self._hub.endpoint} sends nothing for {self._file.path!r}.",
                    hint="Give the same command again later: what has been downloaded is kept.",
                )
            )

    def _keep(self, chunk: bytes, part: BinaryIO) -> None:
        part.write(chunk)
        self._check.update(chunk)
        self._progress.fetch(len(chunk), self._file.place)
        self._retry.reset()

    def _put_in_place(self) -> None:
        with self._part.open("rb+") as part:
            os.fsync(part.fileno())
        self._part.replace(self._final)


def part_path(folder: Path, file: NeededFile) -> Path:
    """Where a file's first bytes wait; another version of the same file waits elsewhere."""
    final = folder / file.place
    return final.with_name(f"{final.name}.{file.identity[:12]}{PART_SUFFIX}")


def _continues_at(content_range: str, offset: int) -> bool:
    return content_range.startswith(f"bytes {offset}-")
