"""Our own decoding of language models: a row's output depends on that row alone."""
