"""Text generation by vLLM inside this process."""
