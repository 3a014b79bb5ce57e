"""LTX-Video and LTX-2 on this machine."""

from providers.ltx_video.models.info import LTXDeploymentMode, LTXModel

__all__ = ["LTXDeploymentMode", "LTXModel"]
