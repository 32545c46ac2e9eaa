"""Pictures read and cropped on CPU workers."""
