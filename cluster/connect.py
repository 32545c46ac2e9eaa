"""Connecting to Ray, a private one here or the cluster at an address, and which Python its workers run."""

from __future__ import annotations

import logging
import os
import shlex
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path

from cluster.capacity import Pool, check_fit, needed_cpus

logger = logging.getLogger(__name__)
PACKAGES = Path(__file__).resolve().parents[1]


def prepare_environment() -> None:
    """Sets the environment variables that Ray reads, where they are unset and Ray has not read them yet."""
    if "ray" not in sys.modules:  # Ray reads the mode once: set later, driver and servers would disagree
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    os.environ.setdefault("RAY_DATA_PARQUET_FOOTER_NUM_ACTORS", "1")  # the default starts 32 actors per read
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # C++ notes on stderr are not for users


@contextmanager
def connected(pools: Sequence[Pool], *, address: str | None = None) -> Iterator[str]:
    """The address of a Ray in which `pools` fit: the one at `address`, else at RAY_ADDRESS, else a private
    one on this machine. A connection opened here closes with the block, a private Ray with it.

    On one machine the logical CPUs are raised to what the pools need, since a pool that waits for a
    model on two cores is slow but a pool that waits for a third core hangs.

    Raises:
        ValueError: the pools do not fit the cluster, or ask for GPUs this machine lacks.
        ConnectionError: nothing answers at the address.
    """
    prepare_environment()
    import ray

    was_there = ray.is_initialized()
    if not was_there:
        _start(pools, address or os.environ.get("RAY_ADDRESS"))
    try:
        total = ray.cluster_resources()
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        check_fit(
            pools,
            cpus=total.get("CPU", 0.0),
            gpus=total.get("GPU", 0.0),
            largest_cpu_node=max((node.get("CPU", 0.0) for node in nodes), default=0.0),
            largest_gpu_node=max((node.get("GPU", 0.0) for node in nodes), default=0.0),
        )
        yield ray.get_runtime_context().gcs_address
    finally:
        if not was_there:
            ray.shutdown()


def _start(pools: Sequence[Pool], address: str | None) -> None:
    import ray

    # Ray starts workers that have environment variables of their own, such as Ray Train's, through a shell,
    # and does not quote the interpreter.
    environment = environment_of(sys.executable) if " " in sys.executable else None
    if address:
        with _import_path_of_this_process():
            ray.init(
                address=address, logging_level=logging.WARNING, log_to_driver=True, runtime_env=environment
            )
        return
    with _quiet_stderr(), _import_path_of_this_process():
        ray.init(
            address="local",
            num_cpus=max(os.cpu_count() or 1, int(needed_cpus(pools) + 0.999)),
            include_dashboard=False,
            logging_level=logging.WARNING,
            log_to_driver=False,
            runtime_env=environment,
        )


@contextmanager
def _import_path_of_this_process() -> Iterator[None]:
    """Ray's workers import first from the folder in which Ray was started. Where this process does not, as
    `etiquette` says for itself and its children, they must not either: a `pipelines` or a `trainers.py` of
    the user's would take the place of ours."""
    if not os.environ.get("PYTHONSAFEPATH"):
        yield
        return
    installed = str(PACKAGES) in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    # Installed packages are found anyway, and those of this Python must not hide another --python's.
    with chdir("/" if installed else PACKAGES):
        yield


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Hides what Ray's C++ side prints on stderr while it starts; shows it when the start fails."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as buffer:
        os.dup2(buffer.fileno(), 2)
        try:
            yield
        except BaseException:
            buffer.seek(0)
            os.write(terminal, buffer.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def environment_of(python: str | Path) -> dict[str, str]:
    """The `runtime_env` whose workers run `python`, the interpreter of an environment with the same Ray and
    Python versions as this one.

    Raises:
        ValueError: `python` is no executable file.
    """
    # Not resolved: a virtual environment's python is a link, and what it is called by makes the difference.
    path = os.path.abspath(Path(python).expanduser())
    if not os.path.isfile(path) or not os.access(path, os.X_OK):
        raise ValueError(
            f"{str(python)!r} is no program; expected the python of an environment, such as "
            ".venv-lavis/bin/python (`make lavis-env` creates it)"
        )
    return {"py_executable": shlex.quote(path)}  # Ray puts it into a shell command as it is
