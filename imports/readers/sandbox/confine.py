"""Take from this process what a reader never needs: sockets, programs, others.

On Linux (x86-64, ARM64) a seccomp filter answers such system calls with EPERM, for
all threads and for good. Elsewhere, or where the kernel does not allow a filter, an
audit hook stops at least what Python code asks for; `is_confined` says which it is.
It does not bound memory or time (`limits`) and does not hide the file system.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import Any

PR_SET_NO_NEW_PRIVS = 38
PR_GET_SECCOMP = 21
SECCOMP_MODE_FILTER = 2
SECCOMP_SET_MODE_FILTER = 1
SECCOMP_FILTER_FLAG_TSYNC = 1
CLONE_THREAD = 0x10000

#: What the filter can answer.
KILL = 0x80000000
ALLOW = 0x7FFF0000
REFUSE = 0x00050000 | errno.EPERM
#: The C library takes it for an old kernel and asks in the older way.
UNKNOWN = 0x00050000 | errno.ENOSYS

#: Words of BPF: load a word of the call, compare it, answer.
LOAD, IF_EQUAL, IF_AT_LEAST, IF_BIT, ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
#: Where a call has its number, its architecture, and the low half of its first argument.
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
#: Calls of the x32 ABI, which have numbers of their own.
X32 = 0x40000000

#: Name of the machine -> the kernel's word for it, and the number of seccomp().
MACHINES = {"x86_64": (0xC000003E, 317), "aarch64": (0xC00000B7, 277)}
#: The column of a machine in the tables below.
COLUMNS = {"x86_64": 0, "aarch64": 1}

#: Call -> its number on x86-64 and on ARM64; None where there is no such call.
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Nothing goes out, also not to the socket of a database.
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    # No other program, no other process.
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    # Would make the calls above in another way.
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # Memory that the limits do not count.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    # No other view of the system, nothing of the kernel's.
    "mount": (165, 40),
    "umount2": (166, 39),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "ioperm": (173, None),
    "iopl": (172, None),
}
CLONE3 = (435, 435)
CLONE = (56, 220)
#: Allowed of oneself only: the first argument is the process. It may abort.
OF_ONESELF = {"kill": (62, 129), "tgkill": (234, 131), "prlimit64": (302, 261)}

#: Where there is no filter: what Python tells of before it does it.
REFUSED_EVENTS = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "os.kill",
    "os.mount",
)


def confine() -> bool:
    """Confine this process; False where only Python code could be."""
    machine = platform.machine()
    if sys.platform == "linux" and machine in MACHINES and _set_filter(machine):
        return True
    sys.addaudithook(_refuse_event)
    return False


def is_confined() -> bool:
    """Whether the kernel holds this process to a filter."""
    if sys.platform != "linux":
        return False
    mode: int = ctypes.CDLL(None).prctl(PR_GET_SECCOMP, 0, 0, 0, 0)
    return mode == SECCOMP_MODE_FILTER


def filter_program(machine: str, *, pid: int) -> list[bytes]:
    """Give the filter for a machine, as instructions of BPF."""
    column = COLUMNS[machine]
    program = [
        _word(LOAD, ARCHITECTURE),
        _word(IF_EQUAL, MACHINES[machine][0], then=1),
        _word(ANSWER, KILL),
        _word(LOAD, NUMBER),
        _word(IF_AT_LEAST, X32, otherwise=1),
        _word(ANSWER, REFUSE),
    ]
    for numbers in REFUSED.values():
        program += _refuse(numbers[column], answer=REFUSE)
    program += _refuse(CLONE3[column], answer=UNKNOWN)
    # A thread is welcome, a process is not.
    program += _refuse_unless(CLONE[column], [_word(IF_BIT, CLONE_THREAD, then=1)])
    for numbers_of_own in OF_ONESELF.values():
        own = [_word(IF_EQUAL, pid, then=2), _word(IF_EQUAL, 0, then=1)]
        program += _refuse_unless(numbers_of_own[column], own)
    return [*program, _word(ANSWER, ALLOW)]


def _word(code: int, operand: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    """Give one instruction; a comparison skips so many instructions."""
    return struct.pack("=HBBI", code, then, otherwise, operand)


def _refuse(number: int | None, *, answer: int) -> list[bytes]:
    if number is None:
        return []
    return [_word(IF_EQUAL, number, otherwise=1), _word(ANSWER, answer)]


def _refuse_unless(number: int, checks: list[bytes]) -> list[bytes]:
    """Refuse a call unless a check of its first argument skips to the allowing."""
    body = [
        _word(LOAD, FIRST_ARGUMENT),
        *checks,
        _word(ANSWER, REFUSE),
        _word(ANSWER, ALLOW),
    ]
    return [_word(IF_EQUAL, number, otherwise=len(body)), *body]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("words", ctypes.c_char_p)]


def _set_filter(machine: str) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    words = filter_program(machine, pid=os.getpid())
    program = _Program(len(words), b"".join(words))
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    set_filter = (MACHINES[machine][1], SECCOMP_SET_MODE_FILTER)
    result: int = libc.syscall(
        *set_filter, SECCOMP_FILTER_FLAG_TSYNC, ctypes.byref(program)
    )
    return result == 0


def _refuse_event(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(REFUSED_EVENTS):
        raise PermissionError(errno.EPERM, f"A reader may not do this: {event}")
