"""Text generation through OpenAI-compatible endpoints."""
