"""`trainers mmbt-grid`: many MMBTs on the same rows."""
