"""The name of this machine's processor, by which kinds of processor are told apart on every architecture.

Processors of two kinds may round differently, and their runs are not pooled. Where the system does not tell the kind, a
random id of the machine is part of the name: runs of two such machines are not pooled either.
"""

from __future__ import annotations

import hashlib
import platform
import re
import secrets
import subprocess
from functools import cache
from pathlib import Path

from mnist_repro.datasets.places import cache_folder
from mnist_repro.errors import ReproError

_CPUINFO = Path("/proc/cpuinfo")
# The keys of /proc/cpuinfo, in lower case, by architecture: those that tell kinds of core apart, and all that name one.
_CORES = (
    ({"cpu part"}, ("cpu implementer", "cpu part", "cpu variant")),  # ARM
    ({"uarch", "marchid"}, ("model name", "uarch", "mvendorid", "marchid", "mimpid", "isa")),  # RISC-V
    ({"cpu"}, ("cpu", "revision")),  # POWER
)
# What a virtual machine says in place of a number.
_NO_NUMBER = re.compile("(0x)?0*")
_NO_MODEL = re.compile(r"\bModel 0\b")
_SYSCTL = ("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string")
_ID = re.compile("[0-9a-f]{16}")


@cache
def name_processor() -> str:
    """Return the processor's kind, as far as the system tells it, else the machine's id.

    Raises
    ------
    ReproError
        If the id is needed and cannot be kept.
    """
    match platform.system():
        case "Darwin":
            name = _ask_macos()
        case "Windows":  # the variable PROCESSOR_IDENTIFIER, or the same from elsewhere
            name = platform.processor()
            name = "" if _NO_MODEL.search(name) else name
        case _:
            name = _read_cpuinfo()
    return name or f"unknown, machine {_identify_machine()}"


def _ask_macos() -> str:
    try:
        answer = subprocess.run(_SYSCTL, capture_output=True, text=True, check=True, timeout=20)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()


def _read_cpuinfo() -> str:
    text = _CPUINFO.read_text(encoding="utf-8", errors="replace") if _CPUINFO.exists() else ""
    # Blank lines part the processors, and not everywhere.
    blocks = [_read_block(block) for block in re.split(r"\n\s*\n|\n(?=processor\s*:)", text)]
    for telling, naming in _CORES:
        cores = [block for block in blocks if telling & block.keys()]
        if cores:
            return _name_cores(cores, telling=telling, naming=naming)
    return next((_name_by_model(block) for block in blocks if {"model name", "cpu family"} & block.keys()), "")


def _read_block(text: str) -> dict[str, str]:
    parted = (line.partition(":") for line in text.splitlines())
    return {key.strip().lower(): value.strip() for key, _, value in parted}


def _name_cores(cores: list[dict[str, str]], *, telling: set[str], naming: tuple[str, ...]) -> str:
    """Name all kinds of core, since a run may be on any; return nothing where one tells nothing of itself."""
    if any(all(_NO_NUMBER.fullmatch(core.get(key, "")) for key in telling) for core in cores):
        return ""
    return "; ".join(sorted({", ".join(f"{key} {core[key]}" for key in naming if key in core) for core in cores}))


def _name_by_model(core: dict[str, str]) -> str:
    """Return the name with family and model, as of x86: one name can stand for several kinds."""
    name = core.get("model name") or platform.processor() or "unknown"
    numbers = [f"{told} {core[key]}" for key, told in (("cpu family", "family"), ("model", "model")) if key in core]
    return "" if name == "unknown" and not numbers else ", ".join([name, *numbers])


def _identify_machine() -> str:
    """Return a random id, drawn once for this machine and kept in the cache; nothing of the user's is in it."""
    from filelock import FileLock  # noqa: PLC0415  needless where the system names the processor

    # Machines may share a home, and with it the cache.
    name = hashlib.sha256(platform.node().encode()).hexdigest()[:16]
    file = cache_folder() / f"machine-{name}"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"):
            kept = file.read_text(encoding="utf-8") if file.exists() else ""
            if not _ID.fullmatch(kept):
                kept = secrets.token_hex(8)
                file.write_text(kept, encoding="utf-8")
            return kept
    except (OSError, NotImplementedError) as error:  # the last where the file system has no locks
        msg = (
            "This system does not tell the kind of its processor, so an id of this machine tells its runs from "
            f"those of others, and {file} cannot be written: {error}. Set XDG_CACHE_HOME to a folder that can be."
        )
        raise ReproError(msg) from error
