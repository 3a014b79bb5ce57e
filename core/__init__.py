"""The hub: types, planning, queue and files; knows no provider and no user interface."""

NAME = "ImageAI"
VERSION = "0.1.0"
