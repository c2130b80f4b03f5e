"""Leave a process nothing to ask of the system but memory, reading and writing.

Linux on x86-64 and 64-bit ARM: a filter of the kernel (seccomp) answers every other
call with "not permitted", for good: no file is opened, no program or process started,
no connection made, no signal sent.
"""

from __future__ import annotations

import platform
import struct
import sys
from typing import Final

_PR_SET_SECCOMP: Final = 22
_MODE_FILTER: Final = 2

_LOAD: Final = 0x20
_JUMP_IF_EQUAL: Final = 0x15
_RETURN: Final = 0x06
_AT_NUMBER, _AT_MACHINE = 0, 4
_KILL: Final = 0x8000_0000
_NOT_PERMITTED: Final = 0x0005_0001
_ALLOW: Final = 0x7FFF_0000

_ALLOWED: Final[dict[str, tuple[int, dict[str, int]]]] = {
    # machine as uname has it: its number in the kernel's audit.h, calls in unistd.h
    "x86_64": (
        0xC000_003E,
        {
            "read": 0,
            "write": 1,
            "close": 3,
            "fstat": 5,
            "lseek": 8,
            "mmap": 9,
            "mprotect": 10,
            "munmap": 11,
            "brk": 12,
            "rt_sigreturn": 15,
            "sched_yield": 24,
            "mremap": 25,
            "madvise": 28,
            "exit": 60,
            "futex": 202,
            "clock_gettime": 228,
            "exit_group": 231,
            "getrandom": 318,
        },
    ),
    "aarch64": (
        0xC000_00B7,
        {
            "close": 57,
            "lseek": 62,
            "read": 63,
            "write": 64,
            "fstat": 80,
            "exit": 93,
            "exit_group": 94,
            "futex": 98,
            "clock_gettime": 113,
            "sched_yield": 124,
            "rt_sigreturn": 139,
            "brk": 214,
            "munmap": 215,
            "mremap": 216,
            "mmap": 222,
            "mprotect": 226,
            "madvise": 233,
            "getrandom": 278,
        },
    ),
}


def forbid_system_calls() -> bool:
    """Forbid this thread, and what it starts, all but a few system calls.

    Returns
    -------
    forbidden : bool
        False where the platform has no such filter, and nothing has changed.

    Notes
    -----
    The process must have given up new privileges before. Memory may still be taken,
    and what is open be read and written.

    References
    ----------
    Linux kernel documentation, "Seccomp BPF (SECure COMPuting with filters)".

    """
    if not sys.platform.startswith("linux") or sys.maxsize < 2**32:
        return False
    known = _ALLOWED.get(platform.machine())
    if known is None:
        return False
    import ctypes

    program = _program(known[0], tuple(known[1].values()))
    instructions = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: the number of instructions, and where they are
    front = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    answer = ctypes.CDLL(None).prctl(
        _PR_SET_SECCOMP, _MODE_FILTER, ctypes.create_string_buffer(front), 0, 0
    )
    return bool(answer == 0)


def _program(machine: int, calls: tuple[int, ...]) -> bytes:
    """Return the filter: eight bytes an instruction, as the kernel reads them."""
    steps = [
        (_LOAD, 0, 0, _AT_MACHINE),
        (_JUMP_IF_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _AT_NUMBER),
    ]
    for index, call in enumerate(calls):
        # over the rest of the list and the refusal, to the permission
        steps.append((_JUMP_IF_EQUAL, len(calls) - index, 0, call))
    steps += [(_RETURN, 0, 0, _NOT_PERMITTED), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
