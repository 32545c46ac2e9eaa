"""From the name of a model to the engine that runs it; the top floor of `actors.models`."""
