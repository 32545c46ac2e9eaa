"""Each module prints one table; none is run by the tests."""

import actors  # noqa: F401  its torchvision patch has to come before transformers
