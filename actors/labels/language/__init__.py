"""Words of many languages that deny a label beside them, doubt it, take it back or settle on it."""
