"""`trainers mmbt`: the classifier that shows what labels are worth (paper A §3.3)."""
