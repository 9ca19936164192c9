"""What the child process may not do: use more memory or time than it was given, write files, start programs, connect.

The kernel keeps these limits: resource limits, and a seccomp filter that refuses `socket` (but for local ones) and
`execve`. Where there is no seccomp, Python's own sockets are closed instead, and the report says so.
"""

from __future__ import annotations

import ctypes
import platform
import resource
import signal
import socket
import struct

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
REFUSE, ALLOW, KILL = 0x00050000 | 13, 0x7FFF0000, 0x80000000  # 13 is EACCES
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
ARCHITECTURES = {  # AUDIT_ARCH and the numbers of socket, execve, execveat, io_uring_setup
    "x86_64": (0xC000003E, 41, (59, 322, 425)),
    "aarch64": (0xC00000B7, 198, (221, 281, 425)),
}
X32 = 0x40000000  # the other numbering of x86_64's system calls
FILE_BYTES = 1 << 20  # of one file; all that is written goes when the run's own folder goes
LOCAL_FAMILIES = (socket.AF_UNIX, 16)  # 16 is AF_NETLINK, which drivers ask for devices


def die_with_parent() -> None:
    """Ask the kernel to end this process when the one that started it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit_resources(memory_bytes: int, cpu_s: int, *, is_gpu: bool) -> None:
    """Bound memory, processor time and files. A driver of a GPU reserves far more addresses than it uses."""
    kind = resource.RLIMIT_DATA if is_gpu else resource.RLIMIT_AS
    for name, value in ((kind, memory_bytes), (resource.RLIMIT_CPU, cpu_s), (resource.RLIMIT_CORE, 0)):
        most = resource.getrlimit(name)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(name, (value, value))
    if not is_gpu:  # a GPU's driver writes a cache of kernels
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))


def close_network() -> str:
    """Refuse connections and new programs from now on; says by which means."""
    if install_filter():
        return "closed by seccomp"
    socket.socket = refuse_socket  # type: ignore[misc]
    return "closed in Python"


def refuse_socket(*args, **kwargs):
    raise PermissionError("a model run has no network")


def install_filter() -> bool:
    """Whether the kernel now refuses `socket` and `execve` to this process and all its threads."""
    if platform.machine() not in ARCHITECTURES or struct.calcsize("P") != 8:
        return False
    program = filter_program(*ARCHITECTURES[platform.machine()])
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    number = 317 if platform.machine() == "x86_64" else 277  # seccomp(2)
    return libc.syscall(number, 1, 1, header) == 0  # SECCOMP_SET_MODE_FILTER for all threads (TSYNC)


def filter_program(architecture: int, socket_call: int, refused: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """The filter as (operation, skip if true, skip if false, value), in the kernel's classic BPF."""
    families = len(LOCAL_FAMILIES)
    lines = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    lines += [(0x35, 0, 1, X32), (RETURN, 0, 0, REFUSE)]  # JGE: x86_64's other numbering
    for call in refused:
        lines += [(EQUAL, 0, 1, call), (RETURN, 0, 0, REFUSE)]
    lines += [(EQUAL, 0, families + 2, socket_call), (LOAD, 0, 0, 16)]
    lines += [(EQUAL, families - place, 0, family) for place, family in enumerate(LOCAL_FAMILIES)]
    return [*lines, (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
