"""The record of a finished run and its shards, which trainers and reports require."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from actors.columns import arrow_types, named_types

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """The JSON of `manifest.json`, attribute by key, and the folder it lies in.

    `reasons` counts the marked rows by status and code; `words` says what the codes mean that the run's own
    actors and source declare (empty in manifests of older versions).
    """

    path: Path
    name: str
    created: str
    command: list[str]
    config: dict[str, Any]
    determinism: dict[str, Any]
    versions: dict[str, str]
    git_commit: str | None
    image_root: str | None
    rows: dict[str, int]
    reasons: dict[str, dict[str, int]]
    shards: list[dict[str, Any]]
    schema: dict[str, str]
    timings: dict[str, Any]
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    status: str = "complete"
    format: int = FORMAT

    @classmethod
    def read(cls, out: str | Path) -> Manifest:
        """The manifest of the run folder `out`.

        Raises:
            ValueError: no such folder, no manifest (the run is not finished), or another format.
        """
        folder = Path(out)
        file = folder / MANIFEST
        if not folder.is_dir():
            raise ValueError(f"{str(out)!r} is not a folder; expected the output folder of a finished run")
        if not file.is_file():
            started = (folder / "run.json").exists()
            hint = "resume it with the command that started it" if started else "give a run's folder"
            raise ValueError(f"{folder} holds no {MANIFEST}, so no finished run; {hint}")
        try:
            fields = json.loads(file.read_text())
        except json.JSONDecodeError as error:
            raise ValueError(
                f"{file} is not JSON ({error}); the run must be repeated with --fresh"
            ) from error
        if fields.get("format") != FORMAT:
            raise ValueError(
                f"{file} has format {fields.get('format')!r}, this version reads format {FORMAT}"
            )
        return cls(path=folder, **fields)

    def write(self) -> Path:
        """Writes the JSON in one step: a reader sees the whole file or none."""
        return write_json(self.path / MANIFEST, {k: v for k, v in asdict(self).items() if k != "path"})

    def arrow_schema(self) -> pa.Schema:
        """The columns of the shards."""
        return pa.schema(arrow_types(self.schema))

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows, or the named columns of them; the order of rows is not the input's.

        Raises:
            ValueError: a shard that the manifest lists is missing.
        """
        schema, files = self.arrow_schema(), self._shard_files()
        if not files:
            return schema.empty_table().select(list(columns or schema.names))
        return self._dataset(files).to_table(columns=None if columns is None else list(columns))

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """All rows, or the named columns of them, as a pandas frame.

        Raises:
            ValueError: a shard that the manifest lists is missing.
        """
        return self.table(columns).to_pandas()

    def batches(self, columns: Sequence[str], *, rows: int) -> Iterator[pa.RecordBatch]:
        """The named columns in batches of at most `rows` rows, shard after shard in the manifest's order.

        Raises:
            ValueError: a shard that the manifest lists is missing.
        """
        for file in self._shard_files():
            yield from self._dataset([file]).to_batches(columns=list(columns), batch_size=rows)

    def rows_by_id(self, ids: Sequence[str], columns: Sequence[str]) -> dict[str, dict[str, Any]]:
        """A few rows by id, with those of the named columns that exist; the shards are never held whole.

        Raises:
            ValueError: a shard that the manifest lists is missing.
        """
        files = self._shard_files()
        if not ids or not files:
            return {}
        import pyarrow.dataset as dataset

        names = ["id", *(name for name in columns if name in self.schema and name != "id")]
        among_ids = dataset.field("id").isin(list(ids))
        table = self._dataset(files).to_table(columns=names, filter=among_ids, batch_size=4096)
        return {row["id"]: row for row in table.to_pylist()}

    def _shard_files(self) -> list[Path]:
        files = [self.path / shard["path"] for shard in self.shards]
        missing = [str(file) for file in files if not file.is_file()]
        if missing:
            raise ValueError(f"{len(missing)} of {len(files)} shards are missing, the first is {missing[0]}")
        return files

    def _dataset(self, files: Sequence[Path]) -> Any:
        import pyarrow.dataset as dataset

        return dataset.dataset([str(file) for file in files], schema=self.arrow_schema(), format="parquet")


def schema_json(schema: pa.Schema) -> dict[str, str]:
    """Column name to type name, as a manifest writes it.

    Raises:
        ValueError: a type that manifests have no name for.
    """
    unknown = [f"{field.name}: {field.type}" for field in schema if str(field.type) not in named_types()]
    if unknown:
        raise ValueError(
            f"columns {unknown} have types a manifest cannot name; use one of {sorted(named_types())}"
        )
    return {field.name: str(field.type) for field in schema}


def write_json(file: Path, value: Mapping[str, Any]) -> Path:
    """Writes `value` beside `file` and moves it there."""
    part = file.with_name(file.name + ".part")
    part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")
    part.replace(file)
    return file
