"""Pipelines run actors over Ray Data: rows in = rows out."""

import actors as actors  # installs the import hooks before anything imports torchvision
