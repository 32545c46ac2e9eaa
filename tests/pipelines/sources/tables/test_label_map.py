import pytest

from pipelines.sources.tables.label_map import parse_label_map


def test_a_label_map_is_value_equals_label() -> None:
    assert parse_label_map(("1=spam", "0=not spam")) == {"1": "spam", "0": "not spam"}
    for wrong in (("spam",), ("=spam",), ("1=",), ("1=a", "1=b")):
        with pytest.raises(ValueError, match="--label-map"):
            parse_label_map(wrong)
