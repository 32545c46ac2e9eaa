"""Actors annotate, rewrite or filter rows; `actors.models` holds what they run."""

from actors.compat import torchvision_cpu

torchvision_cpu.install()
