"""What lets one into Vertex AI: a credentials file, an access token, or a key of express mode."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core.config.api_keys import names_file
from core.errors import AuthFailed, NotConfigured, ProviderUnavailable, first_line
from core.redaction import remember_secret
from providers.google.info import PACKAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TOKEN = "ya29."
_USUAL_LOCATION = "us-central1"
_PROJECT = re.compile(r"[a-z0-9][a-z0-9.:-]*")
LOCATION = re.compile(r"[a-z0-9][a-z0-9-]*")
"""What a location is called: it becomes a part of a host's name."""
_WITHIN_S = 30.0
HINT = (
    "Give the path of a service account's key file, or of what 'gcloud auth application-default "
    "login' wrote, by 'main.py keys set vertex' or in GOOGLE_APPLICATION_CREDENTIALS."
)
"""What to do where the credentials cannot be used."""


class VertexCredentials:
    """The headers that let one in, renewed when they run out, and the address of a project.

    Attributes:
        project: empty in express mode, which belongs to one by its key.
        location: of the machines.
    """

    def __init__(self, secret: str, target: str) -> None:
        """Reads the file where one is named; asks nobody.

        Args:
            secret: the path or text of a credentials file, an access token, or a key.
            target: in its text form, for errors.

        Raises:
            NotConfigured: that file cannot be used, or no project is named.
        """
        self._target = target
        self._place = ""
        self._headers: dict[str, str] = {}
        self._credentials: Any = None
        self.project = os.environ.get("GOOGLE_CLOUD_PROJECT", "").strip()
        self.location = os.environ.get("GOOGLE_CLOUD_LOCATION", "").strip() or _USUAL_LOCATION
        if secret.startswith("{"):
            self._read(secret)
        elif names_file(secret):
            self._place = f" in {secret!r}"
            self._read(self._text_of(secret))
        elif secret.startswith(_TOKEN):
            self._headers = {"Authorization": f"Bearer {secret}"}
        else:
            self.project, self._headers = "", {"x-goog-api-key": secret}
            return
        if not self.project:
            raise self._unusable(
                "No project of Google Cloud is named.", "Set GOOGLE_CLOUD_PROJECT to its id."
            )
        for name, pattern in ((self.project, _PROJECT), (self.location, LOCATION)):
            if not pattern.fullmatch(name):
                raise self._unusable(
                    f"{name!r} is no project or location of Google Cloud.",
                    "Set GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION to ids such as my-project "
                    f"and {_USUAL_LOCATION}.",
                )

    @property
    def home(self) -> str:
        """Where models lie by this way: "projects/…/locations/…/", empty in express mode."""
        return f"projects/{self.project}/locations/{self.location}/" if self.project else ""

    def headers(self) -> dict[str, str]:
        """What lets one in now; asks Google for a new token where the last one has run out.

        Raises:
            ProviderError: Google gives none.
        """
        credentials = self._credentials
        if credentials is None:
            return self._headers
        if not credentials.valid:
            _renew(credentials, self._target)
            remember_secret(str(credentials.token))
        headers: dict[str, str] = {}
        credentials.apply(headers)
        return headers

    def _text_of(self, place: str) -> str:
        try:
            return Path(place).expanduser().read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise self._unusable("There is no such file.") from error
        except (OSError, RuntimeError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else None
            raise self._unusable(f"It cannot be read: {why or first_line(error)}.") from error

    def _read(self, text: str) -> None:
        # Imported late: only who orders a clip by a credentials file needs Google's own library.
        try:
            from google.oauth2.credentials import Credentials as UserCredentials
            from google.oauth2.service_account import Credentials as ServiceCredentials
        except ImportError as error:
            raise NotConfigured(
                f"A Python package is missing that signs for credentials files: {PACKAGES}.",
                target=self._target,
                hint=f"The first render with Veo installs it. {PACKAGES.by_hand}",
            ) from error
        try:
            info: Any = json.loads(text)
        except ValueError as error:
            raise self._unusable("It is no JSON.") from error
        fields = cast("dict[str, Any]", info) if isinstance(info, dict) else {}
        for name in ("private_key", "refresh_token", "client_secret"):
            remember_secret(str(fields.get(name) or ""))
        kind = fields.get("type")
        # That library says little of its types.
        read = {
            "service_account": cast("Any", ServiceCredentials).from_service_account_info,
            "authorized_user": cast("Any", UserCredentials).from_authorized_user_info,
        }.get(str(kind))
        if read is None:
            raise self._unusable(f"Its type is {kind!r}, which is not taken here.")
        try:
            self._credentials = read(fields, scopes=[_SCOPE])
        except (ValueError, KeyError) as error:
            raise self._unusable(f"It is not complete: {first_line(error)}.") from error
        named = fields.get("project_id") or fields.get("quota_project_id") or ""
        self.project = self.project or str(named)

    def _unusable(self, why: str, hint: str = HINT) -> NotConfigured:
        return NotConfigured(
            f"The credentials for Google Cloud{self._place} cannot be used. {why}",
            target=self._target,
            hint=hint,
        )


def _renew(credentials: Any, target: str) -> None:
    import google.auth.exceptions
    import google.auth.transport
    import httpx2

    class Answered(google.auth.transport.Response):
        """An answer as Google's library reads it."""

        def __init__(self, response: httpx2.Response) -> None:
            self._response = response

        @property
        def status(self) -> int:
            return self._response.status_code

        @property
        def headers(self) -> Mapping[str, str]:
            return self._response.headers

        @property
        def data(self) -> bytes:
            return self._response.content

    class Sender(google.auth.transport.Request):
        """Sends by what everything here is sent with, so proxies and certificates are the same."""

        def __call__(
            self,
            url: str,
            method: str = "GET",
            body: bytes | None = None,
            headers: Mapping[str, str] | None = None,
            timeout: float | None = None,
            **more: object,
        ) -> Answered:
            try:
                with httpx2.Client(timeout=_WITHIN_S) as client:
                    return Answered(
                        client.request(method, url, content=body, headers=dict(headers or {}))
                    )
            except httpx2.HTTPError as error:
                raise google.auth.exceptions.TransportError(first_line(error)) from error

    try:
        credentials.refresh(Sender())
    except google.auth.exceptions.TransportError as error:
        raise ProviderUnavailable(
            f"Google gives no access token now ({first_line(error)}).",
            target=target,
            hint="Check the internet connection, then resume the job.",
        ) from error
    except google.auth.exceptions.GoogleAuthError as error:
        raise AuthFailed(
            f"Google gives no access token for these credentials ({first_line(error)}).",
            target=target,
            hint="Make a new key file for the service account, or run 'gcloud auth "
            "application-default login' again.",
        ) from error
