"""Trainers tune the models of `actors.models` on manifests."""

import actors as actors  # installs the import hooks before anything imports torchvision
