"""Runs a command on a private, throw-away PostgreSQL cluster: `python -m tests.postgres COMMAND …`.

The server refuses to run as root, so root starts it as another user. Where the binaries are not installed the command
is skipped with a word, which in CI (CI=true) is a failure.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RUN_AS = ("postgres", "nobody")


def binaries() -> Path | None:
    """The folder that holds initdb and postgres: Debian keeps them off the path."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def other_user() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in RUN_AS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SystemExit("root may not run PostgreSQL, and neither of the users postgres and nobody exists")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def cluster(bin_dir: Path) -> Iterator[str]:
    """A running cluster; yields its database URL and removes every trace of it afterwards."""
    user, port = other_user(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="stemma-postgres-"))
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)

    def run(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_user)

    run(str(bin_dir / "initdb"), "-D", f"{folder}/data", "-U", "stemma", "--auth=trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c synchronous_commit=off -c max_connections=60"
    ctl = str(bin_dir / "pg_ctl")
    run(ctl, "-D", f"{folder}/data", "-l", f"{folder}/log", "-w", "-o", options, "start")
    try:
        yield f"postgres://stemma@127.0.0.1:{port}/postgres"
    finally:
        run(ctl, "-D", f"{folder}/data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def main(command: list[str]) -> int:
    if not (bin_dir := binaries()):
        print("PostgreSQL is not installed: its part of the suite is skipped", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the cluster is stopped on the way out
    with cluster(bin_dir) as url:
        print(f"PostgreSQL from {bin_dir}", flush=True)
        return subprocess.run(command, env=os.environ | {"DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
