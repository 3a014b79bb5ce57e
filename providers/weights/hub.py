"""The model hub: which files a model needs, their sizes and hashes, and their bytes."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import (
    AuthFailed,
    BadResponse,
    NotConfigured,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    first_line,
)
from core.redaction import remember_secret
from core.services.refusals import retry_after_s
from core.video.provider import NotReady, Readiness, Ready, ReasonCode
from providers.weights.huggingface import HUGGINGFACE_KEY

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    import httpx2
    from huggingface_hub.hf_api import RepoSibling

    from core.config.api_keys import ApiKeys
    from core.platform.network import NetworkSwitch
    from providers.weights.weights_spec import FileSet, WeightsSpec

_DEFAULT_ENDPOINT = "https://huggingface.co"
_CONNECT_TIMEOUT_S = 10.0
_READ_TIMEOUT_S = 30.0
_RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
_PAST_END = 416
_UNSAFE_PLACE = re.compile(r"(^|/)\.{0,2}(/|$)|[\\:\0]")


@dataclass(frozen=True)
class NeededFile:
    """One file to be had; the hub tells `sha256` of big files and the git hash of small ones."""

    place: str
    repo_id: str
    commit: str
    path: str
    size_bytes: int
    sha256: str | None
    git_hash: str | None

    @property
    def identity(self) -> str:
        """A name for the content: two versions of a file never share it."""
        return self.sha256 or self.git_hash or self.commit


@dataclass(frozen=True)
class FileList:
    """What is to be installed of a model.

    Attributes:
        files: all that can be had.
        left_out: why parts cannot be had, without which it makes clips; a sentence or two each.
    """

    files: tuple[NeededFile, ...]
    left_out: tuple[str, ...] = ()


class ContentCheck:
    """Takes a file's bytes in order and says whether they are the needed ones."""

    def __init__(self, file: NeededFile) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self._git = None if file.sha256 else hashlib.sha1(usedforsecurity=False)
        if self._git is not None:
            self._git.update(b"blob %d\0" % file.size_bytes)
        self.size_bytes = 0

    def update(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(chunk)
        if self._git is not None:
            self._git.update(chunk)
        self.size_bytes += len(chunk)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes so far, in hex."""
        return self._sha256.hexdigest()

    def is_right(self) -> bool:
        """Whether the bytes so far are exactly the file."""
        if self.size_bytes != self._file.size_bytes:
            return False
        if self._file.sha256 is not None:
            return self.sha256 == self._file.sha256
        return self._git is not None and self._git.hexdigest() == self._file.git_hash


class RetryableFailure(Exception):
    """A request failed in a way that may pass; `error` is what to say when it does not.

    `is_past_end` says that nothing is there where the answer was to begin, so that what was
    received before is no beginning of the file.
    """

    def __init__(
        self,
        error: ProviderError,
        retry_after_s: float | None = None,
        *,
        is_past_end: bool = False,
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after_s = retry_after_s
        self.is_past_end = is_past_end


class Hub:
    """One hub with one account; the account's token shows in no repr, message or log."""

    def __init__(self, keys: ApiKeys, target: str, network: NetworkSwitch) -> None:
        self._target = target
        self._network = network
        self.endpoint = os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or _DEFAULT_ENDPOINT
        self._token = find_token(keys)

    def check_open(self) -> None:
        """Do nothing while the network may be used.

        Raises:
            NotConfigured: it is switched off.
        """
        self._network.check(f"nothing is asked of {self.endpoint}", target=self._target)

    def list_files(self, spec: WeightsSpec) -> FileList:
        """Every file of a model with size, hash and commit.

        What only adds to a model is left out where its own repository is closed to this account or
        gone.

        Raises:
            RetryableFailure: worth another try.
            ProviderError: it cannot be done.
        """
        needed: dict[str, NeededFile] = {}
        left_out: list[str] = []
        for files in spec.sets:
            listed = self._list_extra(files, left_out) if files.is_extra else self._list_set(files)
            for file in listed:
                other = needed.setdefault(file.place, file)
                if other != file:
                    raise self._bad_listing(files.repo_id, f"two files want to be {file.place!r}")
        return FileList(tuple(needed.values()), tuple(dict.fromkeys(left_out)))

    def check_access(self, files: Sequence[NeededFile]) -> None:
        """Ask for one file of every repository, so that a closed gate shows before any download.

        Raises:
            RetryableFailure: worth another try.
            ProviderError: a repository does not let this account in.
        """
        # Its signature holds a bare dict.
        from huggingface_hub import (
            get_hf_file_metadata,  # pyright: ignore[reportUnknownVariableType] - its arguments have no types
        )

        for file in {file.repo_id: file for file in files}.values():
            with self._translating(file.repo_id, file.path):
                get_hf_file_metadata(
                    self._url(file),
                    token=self._token or False,
                    timeout=_CONNECT_TIMEOUT_S,
                    endpoint=self.endpoint,
                )

    def account(self) -> str | None:
        """The name of the account, None without a token.

        Raises:
            RetryableFailure: worth another try.
            ProviderError: the token is rejected or the hub does not answer.
        """
        from huggingface_hub.utils import (
            build_hf_headers,  # pyright: ignore[reportUnknownVariableType] - its arguments have no types
            get_session,
            hf_raise_for_status,
        )

        if self._token is None:
            return None
        headers = build_hf_headers(token=self._token, library_name="imageai")
        with self._translating("", what="the account of this token"):
            # Not HfApi.whoami, which waits without end for a silent server.
            response = get_session().get(
                f"{self.endpoint}/api/whoami-v2", headers=headers, timeout=_CONNECT_TIMEOUT_S
            )
            hf_raise_for_status(response)
            return str(response.json()["name"])

    @contextmanager
    def stream(self, file: NeededFile, offset: int) -> Generator[httpx2.Response]:
        """The answer with a file's bytes from `offset` on; status 200 means from the start.

        Raises:
            RetryableFailure: worth another try, also while the body is read inside the `with`.
            ProviderError: it cannot be done.
        """
        import httpx2
        from huggingface_hub.utils import (
            build_hf_headers,  # pyright: ignore[reportUnknownVariableType] - its arguments have no types
            get_session,
            hf_raise_for_status,
        )

        headers = build_hf_headers(token=self._token or False, library_name="imageai")
        # Compressed on the way, neither ranges nor lengths would be those of the file.
        headers["Accept-Encoding"] = "identity"
        if offset:
            headers["Range"] = f"bytes={offset}-"
        timeout = httpx2.Timeout(_READ_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S)
        # The client drops the authorization header when it is redirected to another host.
        request = get_session().stream("GET", self._url(file), headers=headers, timeout=timeout)
        with self._translating(file.repo_id, file.path), request as response:
            hf_raise_for_status(response)
            yield response

    def _url(self, file: NeededFile) -> str:
        from huggingface_hub import hf_hub_url

        return hf_hub_url(file.repo_id, file.path, revision=file.commit, endpoint=self.endpoint)

    def _list_extra(self, files: FileSet, left_out: list[str]) -> list[NeededFile]:
        try:
            listed = self._list_set(files)
            self.check_access(listed[:1])
        except ProviderError as error:
            # What is of a kind of its own, such as a bad token or a silent hub, concerns all.
            if type(error) is not ProviderError and not _is_closed_gate(error):
                raise
            left_out.append(f"The {files.part} is left out: {error}")
            return []
        if not listed:
            page = f"{self.endpoint}/{files.repo_id}"
            left_out.append(f"The {files.part} is left out: {page} has none of its files.")
        return listed

    def _list_set(self, files: FileSet) -> list[NeededFile]:
        from huggingface_hub import HfApi

        api = HfApi(endpoint=self.endpoint, token=self._token or False, library_name="imageai")
        with self._translating(files.repo_id):
            found = api.model_info(
                files.repo_id,
                revision=files.revision,
                files_metadata=True,
                timeout=_READ_TIMEOUT_S,
            )
        if not found.sha or found.siblings is None:
            raise self._bad_listing(files.repo_id, "the list of files is missing")
        needed = [
            self._needed(files, found.sha, sibling)
            for sibling in found.siblings
            if files.has(sibling.rfilename)
        ]
        self._check_known(files, needed)
        return needed

    def _needed(self, files: FileSet, commit: str, sibling: RepoSibling) -> NeededFile:
        path, place = sibling.rfilename, files.place(sibling.rfilename)
        if _UNSAFE_PLACE.search(place):
            raise self._bad_listing(files.repo_id, f"{path!r} is no safe file name")
        size_bytes = sibling.lfs.size if sibling.lfs else sibling.size
        git_hash = None if sibling.lfs else sibling.blob_id
        if size_bytes is None or not (sibling.lfs or git_hash):
            raise self._bad_listing(files.repo_id, f"{path!r} has no size or hash")
        sha256 = sibling.lfs.sha256 if sibling.lfs else None
        return NeededFile(place, files.repo_id, commit, path, size_bytes, sha256, git_hash)

    def _check_known(self, files: FileSet, needed: Sequence[NeededFile]) -> None:
        by_path = {file.path: file for file in needed}
        absent = files.missing(by_path)
        if absent:
            raise ProviderError(
                f"The repository {files.repo_id!r} at {self.endpoint} has no file {absent[0]!r} in "
                f"{files.revision!r}: it has been rebuilt since this version of ImageAI was made.",
                target=self._target,
                hint="Update ImageAI, or give a copy on disk with --adopt FOLDER.",
            )
        for known in files.known_files:
            file = by_path.get(known.path)
            if file is None or (
                known.size_bytes not in (None, file.size_bytes)
                or known.sha256 not in (None, file.sha256)
            ):
                raise ProviderError(
                    f"{known.path!r} in {files.repo_id!r} is not the file that this version of "
                    "ImageAI was made for: its size or hash differs.",
                    target=self._target,
                    hint="Update ImageAI, or report it if this is the newest version.",
                )

    def _bad_listing(self, repo_id: str, reason: str) -> BadResponse:
        return BadResponse(
            f"The answer of {self.endpoint} about {repo_id!r} cannot be used: {reason}.",
            target=self._target,
            hint="Try again later.",
        )

    @contextmanager
    def _translating(self, repo_id: str, path: str = "", what: str = "") -> Generator[None]:
        import httpx2
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

        self.check_open()
        what = what or (f"{path!r} in {repo_id!r}" if path else f"the repository {repo_id!r}")
        try:
            yield
        except OfflineModeIsEnabled as error:
            raise NotConfigured(
                "Nothing can be downloaded while HF_HUB_OFFLINE is set.",
                target=self._target,
                hint=f"Unset HF_HUB_OFFLINE. {OFFLINE}",
            ) from error
        except HfHubHTTPError as error:
            response = error.response
            failure = self._refusal(response.status_code, response.headers, repo_id, what)
            # Links to the hub's storage expire; asking the hub again gives a fresh one.
            has_left = not str(response.url).startswith(f"{self.endpoint}/")
            is_past_end = response.status_code == _PAST_END
            if has_left or is_past_end or response.status_code in _RETRIED_STATUSES:
                asked_s = _retry_after_s(response.headers)
                raise RetryableFailure(failure, asked_s, is_past_end=is_past_end) from error
            raise failure from error
        except httpx2.HTTPError as error:
            unreachable = ProviderUnavailable(
                f"{self.endpoint} cannot be reached or broke the connection "
                f"({first_line(error)}), so {what} could not be had.",
                target=self._target,
                hint="Check the internet connection and give the same command again: what has "
                f"been downloaded is kept. {OFFLINE}",
            )
            raise RetryableFailure(unreachable) from error
        except (httpx2.InvalidURL, HFValidationError, ValueError, KeyError) as error:
            raise self._bad_listing(repo_id, first_line(error)) from error

    def _refusal(
        self, status: int, headers: Mapping[str, str], repo_id: str, what: str
    ) -> ProviderError:
        code, said = headers.get("X-Error-Code", ""), headers.get("X-Error-Message", "")
        page = f"{self.endpoint}/{repo_id}"
        if code == "GatedRepo" or (status == 403 and self._token):
            return self._gated(page, repo_id)
        if status == 401 and self._token:
            return AuthFailed(
                f"{self.endpoint} rejected the Hugging Face token (401).",
                target=self._target,
                hint=f"Make a new one at {HUGGINGFACE_KEY.url} and {SET_TOKEN}.",
            )
        if status in (401, 403, 404):
            return ProviderError(
                f"{self.endpoint} has no file for {what}, or does not show it to this account "
                f"({status}{f', {code}' if code else ''}).",
                target=self._target,
                hint=f"See {page} in a browser. If it is private, {SET_TOKEN}.",
            )
        if status == 429:
            return RateLimited(
                f"{self.endpoint} asks for fewer requests (429).",
                target=self._target,
                hint="Give the same command again later: what has been downloaded is kept.",
                retry_after_s=_retry_after_s(headers),
            )
        return ProviderUnavailable(
            f"{self.endpoint} answered {status}{f' ({said})' if said else ''} for {what}.",
            target=self._target,
            hint="Give the same command again later: what has been downloaded is kept.",
        )

    def _gated(self, page: str, repo_id: str) -> ProviderError:
        if self._token is None:
            return NotConfigured(
                f"{repo_id!r} is only for people who have accepted its licence, and no Hugging "
                "Face token is set.",
                target=self._target,
                hint=f"Open {page}, sign in and accept the licence; make a token of the kind "
                f"'read' at {HUGGINGFACE_KEY.url}; then {SET_TOKEN}.",
            )
        return NotConfigured(
            f"The Hugging Face account of this token has no access to {repo_id!r}: its licence is "
            "not accepted yet, or the token may not read gated repositories.",
            target=self._target,
            hint=f"Open {page} with the same account, accept the licence, wait for the approval "
            "if it asks for one, and give the same command again.",
        )


def _is_closed_gate(error: ProviderError) -> bool:
    """Whether one repository waits for consent; other things that are not set up concern all."""
    from huggingface_hub.errors import HfHubHTTPError

    return isinstance(error, NotConfigured) and isinstance(error.__cause__, HfHubHTTPError)


def check_token(keys: ApiKeys, network: NetworkSwitch) -> Readiness:
    """Whether the hub accepts the token that is set; asks the hub once."""
    try:
        account = Hub(keys, "", network).account()
    except RetryableFailure as failure:
        return NotReady(ReasonCode.KEY_MISSING, failure.error.message, "Try again later.")
    except ProviderError as error:
        return NotReady(ReasonCode.KEY_MISSING, error.message, error.hint)
    if account is None:
        return NotReady(
            ReasonCode.KEY_MISSING,
            "No Hugging Face token is set. Only models behind a licence page need one.",
            f"Make a token of the kind 'read' at {HUGGINGFACE_KEY.url}, then {SET_TOKEN}.",
        )
    return Ready(note=f"Hugging Face accepts the token; it belongs to {account!r}.")


OFFLINE = (
    "Without a network, '--adopt FOLDER' takes a model's whole folder from another machine: one "
    "that ImageAI installed, a hub cache, or what 'hf download' made."
)
_TRUE = frozenset({"1", "ON", "YES", "TRUE"})
SET_TOKEN = "set HF_TOKEN or run 'main.py keys set huggingface'"


def find_token(keys: ApiKeys) -> str | None:
    """The token of an account there, right or wrong; None without one."""
    from huggingface_hub import get_token

    found = keys.find(HUGGINGFACE_KEY)
    if found:
        return found.value
    # Whoever is logged in through the hub's own tools need not set anything.
    is_unwanted = os.environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").upper() in _TRUE
    token = None if is_unwanted else get_token()
    if token:
        remember_secret(token)
    return token


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    from huggingface_hub.utils import parse_ratelimit_headers

    asked_s = retry_after_s(headers)
    if asked_s is not None:
        return asked_s
    limit = parse_ratelimit_headers(headers)
    return float(limit.reset_in_seconds) if limit and limit.remaining == 0 else None
