"""What is known of LTX on this machine before it is opened."""

from __future__ import annotations

from core.jobs.job import Lane
from core.video.packages import Packages
from core.video.provider import ProviderInfo
from providers.ltx_video.install.hub import HUGGINGFACE_KEY
from providers.ltx_video.models.model_names import OTHER_NAMES, LTXDeploymentMode

# Of PyTorch 2.13 for Linux with what it and diffusers need, as of 2026-11: the wheels' own sizes.
PACKAGES = Packages(
    file="requirements-ltx.txt",
    names=("torch", "diffusers", "transformers", "accelerate", "safetensors"),
    download="a download of about 0.3 GB, with an NVIDIA GPU about 3 GB",
)
"""What the engine imports; the program itself runs without."""

INSTALL_MODEL = "install-model"
"""The kind of the job that installs a model."""

INFO = ProviderInfo(
    id="ltx-video",
    deployment=LTXDeploymentMode.LOCAL.value,
    label="LTX-Video on this machine",
    summary="Free and private: the clip is made by this computer.",
    lane=Lane.GPU,
    keys=(HUGGINGFACE_KEY,),
    packages=PACKAGES,
    other_names=OTHER_NAMES,
    name="LTX-Video",
    place="Local",
)
