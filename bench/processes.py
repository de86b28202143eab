"""What a process has used: CPU time and memory, as the kernel counts them (Linux)."""

import time
from pathlib import Path

PROC = Path("/proc")

_SCHEDULED = 2
"""CPUCLOCK_SCHED of the kernel's posix-timers.h: time on a CPU, of all threads, in user and kernel mode."""


def cpu_seconds(pid: int) -> float:
    """utime + stime of /proc/<pid>/stat, from the clock behind it: that file counts in hundredths of a second."""
    return time.clock_gettime(~pid << 3 | _SCHEDULED)


def resident_bytes(pid: int) -> int:
    """Resident set size."""
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


def children(pid: int) -> set[int]:
    """The processes that `pid` has started and that still run."""
    tasks = (PROC / str(pid) / "task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


def core_count_and_load() -> tuple[int, float]:
    """Cores of the machine, and how many processes wanted one over the last minute."""
    cores = sum(line.startswith("processor") for line in (PROC / "cpuinfo").read_text().splitlines())
    return cores, float((PROC / "loadavg").read_text().split()[0])
