"""Tiny models of the true classes that draw maps, with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from transformers import (
    DepthAnythingConfig,
    DepthAnythingForDepthEstimation,
    Dinov2Config,
    DPTImageProcessorPil,
    RTDetrConfig,
    RTDetrForObjectDetection,
    RTDetrImageProcessorPil,
    RTDetrResNetConfig,
    VitPoseBackboneConfig,
    VitPoseConfig,
    VitPoseForPoseEstimation,
)

from providers.ltx_video.maps.skeletons import JOINTS
from providers.ltx_video.models.map_models import MapModel

if TYPE_CHECKING:
    from pathlib import Path

JOINT_SIZE = (64, 48)
"""Height and width of what the tiny model sees of a person."""


def save_tiny_map_models(folder: Path) -> None:
    """Every one, in folders as they have them in that of a video model."""
    save_tiny_depth_model(folder / MapModel.DEPTH)
    save_tiny_pose_models(folder / MapModel.PEOPLE, folder / MapModel.JOINTS)


def save_tiny_pose_models(people: Path, joints: Path) -> None:
    """What finds people in the layout of RT-DETR, and their joints in that of ViTPose."""
    torch.manual_seed(4)
    backbone = RTDetrResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16, 16, 16],
        depths=[1, 1, 1, 1],
        out_indices=[2, 3, 4],  # pyright: ignore[reportCallIssue] - taken by a parent of its own
    )
    config = RTDetrConfig(
        backbone_config=backbone,
        encoder_hidden_dim=16,
        encoder_in_channels=[16, 16, 16],
        encoder_ffn_dim=16,
        encoder_attention_heads=2,
        d_model=16,
        num_queries=6,
        decoder_in_channels=[16, 16, 16],
        decoder_ffn_dim=16,
        decoder_layers=2,
        decoder_attention_heads=2,
        decoder_n_points=2,
        num_denoising=0,
        id2label={0: "dog", 1: "person"},
    )
    RTDetrForObjectDetection(config).save_pretrained(people)
    RTDetrImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(people)
    seen = VitPoseBackboneConfig(
        image_size=JOINT_SIZE,
        patch_size=(8, 8),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        out_indices=[2],  # pyright: ignore[reportCallIssue] - as above
    )
    labels = dict(enumerate(JOINTS))
    poses = VitPoseForPoseEstimation(VitPoseConfig(backbone_config=seen, id2label=labels))
    with torch.no_grad():
        # As sure of some joints as a trained one is.
        poses.head.conv.weight *= 20
    poses.save_pretrained(joints)


def save_tiny_depth_model(folder: Path) -> None:
    """A model in the layout of Depth Anything V2, with random weights."""
    torch.manual_seed(0)
    backbone = Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
        out_features=[  # pyright: ignore[reportCallIssue] - taken by a parent of its own
            "stage1",
            "stage2",
            "stage3",
            "stage4",
        ],
        reshape_hidden_states=False,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=16,
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=8,
    )
    DepthAnythingForDepthEstimation(config).save_pretrained(folder)
    image = {"height": 56, "width": 56}
    DPTImageProcessorPil(size=image, ensure_multiple_of=14).save_pretrained(folder)
