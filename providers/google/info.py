"""What is known of Google's models before they are opened."""

from __future__ import annotations

from core.config.api_keys import KeySpec
from core.jobs.lanes import Lane
from core.video.packages import Packages
from core.video.provider import OtherName, ProviderInfo
from core.video.terms import OutputKind

GEMINI_KEY = KeySpec(
    id="gemini",
    label="Gemini API",
    variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    url="https://aistudio.google.com/apikey",
    purpose="renders with Gemini Omni and makes images at Google, which costs money",
)

VERTEX_KEY = KeySpec(
    id="vertex",
    label="Google Cloud",
    variables=("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_AUTH_ACCESS_TOKEN"),
    url="https://console.cloud.google.com/iam-admin/serviceaccounts",
    purpose="renders with Veo on Google Cloud (Vertex AI), which costs money: the path of a "
    "credentials file, an access token, or a key of Vertex AI in express mode",
    may_be_file=True,
)

# Of google-auth 2.63 with what it needs, as of 2026-11: the wheels' own sizes.
PACKAGES = Packages(
    file="requirements-google.txt", names=("google-auth",), download="a download of about 5 MB"
)

NO_VEO_BY_KEY = (
    "Google has offered no Veo for a Gemini API key since 22 October 2026. There are two ways: "
    "Gemini Omni takes the key (--provider omni), and Veo 3.1 runs on Google Cloud "
    "(--provider veo)."
)


def _retired(*names: str) -> tuple[OtherName, ...]:
    return tuple(OtherName(name, NO_VEO_BY_KEY) for name in names)


def _wire(name: str, model: str, words: str = "is what Google calls") -> OtherName:
    return OtherName(name, f"{name} {words} {model}.", model)


VEO = ProviderInfo(
    id="veo",
    deployment="vertex",
    label="Google Cloud",
    summary="Rented: the clip is made by Google's Veo 3.1, which is paid for each. Prompt and "
    "files go to Google Cloud.",
    lane=Lane.CLOUD,
    keys=(VERTEX_KEY,),
    packages=PACKAGES,
    other_names=(
        _wire("veo-3.1-generate-001", "veo-3.1"),
        _wire("veo-3.1-fast-generate-001", "veo-3.1-fast"),
        _wire("veo-3.1-lite-generate-001", "veo-3.1-lite"),
        _wire("veo-3.1-generate-preview", "veo-3.1", "is retired, and its successor is"),
        _wire("veo-3.1-fast-generate-preview", "veo-3.1-fast", "is retired, and its successor is"),
        _wire("veo-3.1-lite-generate-preview", "veo-3.1-lite", "is retired, and its successor is"),
    ),
    name="Google Veo",
    place="Vertex AI",
)

OMNI = ProviderInfo(
    id="omni",
    deployment="gemini-api",
    label="Google",
    summary="Rented: the clip is made by Google's Gemini Omni, which is paid for each. Prompt and "
    "files go to Google.",
    lane=Lane.CLOUD,
    keys=(GEMINI_KEY,),
    other_names=(
        OtherName(
            "gemini-omni-flash-preview",
            "gemini-omni-flash-preview is retired; gemini-omni-1.2-flash stands for it.",
            "gemini-omni-1.2-flash",
        ),
        *_retired(
            "veo",
            "veo-3.1",
            "veo-3.1-fast",
            "veo-3.1-lite",
            "veo-3.1-generate-preview",
            "veo-3.1-fast-generate-preview",
            "veo-3.1-lite-generate-preview",
        ),
    ),
    name="Gemini Omni",
    place="Gemini API",
)

_ENDED = "Google has ended {name}; gemini-nano-banana-2.1 and gemini-3-pro-image make images now."

IMAGES = ProviderInfo(
    id="google",
    deployment="gemini-api",
    label="Google",
    summary="Rented: the image is made by Google's Gemini (Nano Banana), which is paid for each. "
    "Prompt and files go to Google.",
    lane=Lane.CLOUD,
    keys=(GEMINI_KEY,),
    other_names=(
        OtherName(
            "nano-banana",
            "nano-banana is what people call Google's image models; the newest stands for it.",
            "gemini-nano-banana-2.1",
        ),
        *(
            OtherName(name, _ENDED.format(name=name))
            for name in (
                "gemini-2.5-flash-image",
                "gemini-3.1-flash-image",
                "imagen-4.0-generate-001",
                "imagen-4.0-ultra-generate-001",
                "imagen-4.0-fast-generate-001",
            )
        ),
    ),
    name="Gemini images",
    place="Gemini API",
    makes=(OutputKind.IMAGE,),
)
