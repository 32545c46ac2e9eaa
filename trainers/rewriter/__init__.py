"""`trainers rewriter`: a Flamingo learns to undo distortion (paper B §3.2)."""
