"""Processors of two kinds never have one name, whatever the architecture, nor two machines whose kind is unknown."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from mnist_repro.errors import ReproError
from mnist_repro.records import processor

Name = Callable[..., str]


def _arm(implementer: str, part: str, variant: str) -> str:
    """Return a core as ARM's kernels describe it: without a name."""
    return (
        f"processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: {implementer}\n"
        f"CPU architecture: 8\nCPU variant\t: {variant}\nCPU part\t: {part}\nCPU revision\t: 1\n"
    )


def _riscv(*lines: str) -> str:
    return "\n".join(("processor\t: 0", "hart\t\t: 1", "isa\t\t: rv64imafdc", "mmu\t\t: sv39", *lines, ""))


NEOVERSE_N1, NEOVERSE_V2 = _arm("0x41", "0xd0c", "0x3"), _arm("0x41", "0xd4f", "0x0")
RASPBERRY_PI_4 = (
    _arm("0x41", "0xd08", "0x0") + "\nHardware\t: BCM2835\nRevision\t: c03111\nModel\t\t: Raspberry Pi 4 Model B\n"
)
BIG_LITTLE = _arm("0x41", "0xd08", "0x0") + "\n" + _arm("0x41", "0xd03", "0x0")
RASPBERRY_PI_32_BIT = "processor\t: 0\nmodel name\t: ARMv7 Processor rev 3 (v7l)\n" + RASPBERRY_PI_4.partition("\n")[2]
POWER9 = (
    "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 2166.0MHz\nrevision\t: 2.2 (pvr 004e 1202)\n\n"
    "timebase\t: 512000000\nplatform\t: PowerNV\nmodel\t\t: 8335-GTH\n"
)
U74 = _riscv(
    "uarch\t\t: sifive,u74-mc", "mvendorid\t: 0x489", "marchid\t\t: 0x8000000000000007", "mimpid\t\t: 0x4210427"
)
C906 = _riscv("uarch\t\t: thead,c906", "mvendorid\t: 0x5b7", "marchid\t\t: 0x0", "mimpid\t\t: 0x0")
C910 = C906.replace("c906", "c910")
X60 = _riscv("model name\t: Spacemit(R) X60", "mvendorid\t: 0x710", "marchid\t\t: 0x8000000058000001")
LOONGSON = (
    "system type\t\t: generic-loongson-machine\n\nprocessor\t\t: 0\nCPU Family\t\t: Loongson-64bit\n"
    "Model Name\t\t: Loongson-3A5000\nCPU Revision\t\t: 0x10\n"
)
KINDS = {
    "Neoverse N1": (NEOVERSE_N1, "cpu implementer 0x41, cpu part 0xd0c, cpu variant 0x3"),
    "Neoverse V2": (NEOVERSE_V2, "cpu implementer 0x41, cpu part 0xd4f, cpu variant 0x0"),
    "Raspberry Pi 4": (RASPBERRY_PI_4, "cpu implementer 0x41, cpu part 0xd08, cpu variant 0x0"),
    "big and little cores": (
        BIG_LITTLE,
        "cpu implementer 0x41, cpu part 0xd03, cpu variant 0x0; cpu implementer 0x41, cpu part 0xd08, cpu variant 0x0",
    ),
    "Apple's, in Linux": (_arm("0x61", "0x022", "0x1"), "cpu implementer 0x61, cpu part 0x022, cpu variant 0x1"),
    "POWER9": (POWER9, "cpu POWER9, altivec supported, revision 2.2 (pvr 004e 1202)"),
    "POWER10": (POWER9.replace("POWER9", "POWER10"), "cpu POWER10, altivec supported, revision 2.2 (pvr 004e 1202)"),
    "SiFive U74": (
        U74,
        "uarch sifive,u74-mc, mvendorid 0x489, marchid 0x8000000000000007, mimpid 0x4210427, isa rv64imafdc",
    ),
    "C906": (C906, "uarch thead,c906, mvendorid 0x5b7, marchid 0x0, mimpid 0x0, isa rv64imafdc"),
    "C910": (C910, "uarch thead,c910, mvendorid 0x5b7, marchid 0x0, mimpid 0x0, isa rv64imafdc"),
    "X60": (X60, "model name Spacemit(R) X60, mvendorid 0x710, marchid 0x8000000058000001, isa rv64imafdc"),
    "LoongArch": (LOONGSON, "Loongson-3A5000, family Loongson-64bit"),
    "x86": ("model name\t: AMD EPYC\ncpu family\t: 25\nmodel\t\t: 1\n", "AMD EPYC, family 25, model 1"),
    "x86 of another model": (
        "model name\t: AMD EPYC\ncpu family\t: 25\nmodel\t\t: 17\n",
        "AMD EPYC, family 25, model 17",
    ),
    "x86, the first of two": ("model name : A\nmodel : 1\n\nmodel name : B\nmodel : 2\n", "A, model 1"),
    "x86, a name alone": ("model name : A: B\n", "A: B"),
    "x86 in a sandbox": ("model name : unknown\ncpu family : 6\nmodel : 85\n", "unknown, family 6, model 85"),
}
UNKNOWN = {
    "no file": None,
    "an empty one": "",
    "ARM in a virtual machine on a Mac": _arm("0x61", "0x000", "0x0"),
    "RISC-V in an emulator": _riscv("mvendorid\t: 0x0", "marchid\t\t: 0x0", "mimpid\t\t: 0x0"),
    "RISC-V on an old kernel": _riscv(),
    "one core of two unknown": NEOVERSE_N1 + "\n" + _arm("0x41", "0x000", "0x0"),
    "mainframe": "vendor_id       : IBM/S390\n# processors    : 1\nprocessor 0: version = FF, machine = 8561\n",
    "x86 without anything": "model name : unknown\n",
}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Name:
    """Return a function that names the processor of a Linux machine, of its own cache and node's name."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "processor", lambda: "aarch64")

    def name(cpuinfo: str | None, *, cache: str = "cache", node: str = "node") -> str:
        file = tmp_path / "cpuinfo"
        if cpuinfo is not None:
            file.write_text(cpuinfo, encoding="utf-8")
        monkeypatch.setattr(processor, "_CPUINFO", file)
        monkeypatch.setattr(processor, "cache_folder", lambda: tmp_path / cache)
        monkeypatch.setattr(platform, "node", lambda: node)
        return processor.name_processor.__wrapped__()

    return name


@pytest.mark.parametrize(("cpuinfo", "expected"), KINDS.values(), ids=KINDS.keys())
def test_name_processor_kind_is_told(machine: Name, tmp_path: Path, cpuinfo: str, expected: str) -> None:
    """Each architecture names its kinds by other keys; where they tell enough, no id is drawn."""
    assert machine(cpuinfo) == expected
    assert not (tmp_path / "cache").exists()


def test_name_processor_no_two_kinds_have_one_name() -> None:
    """Names differ where machines do: these are all different machines."""
    assert all(one != other for (_, one), (_, other) in combinations(KINDS.values(), 2))


def test_name_processor_kernel_of_32_bits_names_the_same_core(machine: Name) -> None:
    """A name that stands for every ARMv7 processor is not taken for one."""
    assert machine(RASPBERRY_PI_32_BIT) == machine(RASPBERRY_PI_4)


def test_name_processor_without_blank_lines_has_the_same_name(machine: Name) -> None:
    """Some containers write the processors without blank lines between them."""
    assert machine(BIG_LITTLE.replace("\n\n", "\n")) == machine(BIG_LITTLE)


@pytest.mark.parametrize("cpuinfo", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_name_processor_unknown_kinds_of_two_machines_have_two_names(machine: Name, cpuinfo: str | None) -> None:
    """A machine keeps its name, and another one has another, also where both share the cache of one home."""
    first = machine(cpuinfo)

    assert first.startswith("unknown, machine ")
    assert machine(cpuinfo) == first
    assert machine(cpuinfo, cache="of another home") != first
    assert machine(cpuinfo, node="another") != first


def test_name_processor_id_that_was_cut_is_drawn_anew(machine: Name, tmp_path: Path) -> None:
    """Half an id is none: the disk was full when it was written."""
    first = machine(None)
    (file,) = (path for path in (tmp_path / "cache").iterdir() if path.suffix != ".lock")
    file.write_text("", encoding="utf-8")

    assert re.fullmatch("unknown, machine [0-9a-f]{16}", machine(None))
    assert machine(None) != first


def test_name_processor_id_that_cannot_be_kept_is_refused(machine: Name, tmp_path: Path) -> None:
    """Without an id, two machines could not be told apart: one line says what to set."""
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(ReproError, match=r"cannot be written: .*Set XDG_CACHE_HOME"):
        machine(None, cache="file")


@pytest.mark.parametrize(
    ("system", "said", "expected"),
    [
        pytest.param("Darwin", "Apple M1 Pro\n", "Apple M1 Pro", id="Apple"),
        pytest.param("Darwin", OSError(), "unknown, machine ", id="macOS without sysctl"),
        pytest.param(
            "Windows",
            "Intel64 Family 6 Model 158 Stepping 10, GenuineIntel",
            "Intel64 Family 6 Model 158 Stepping 10, GenuineIntel",
            id="Windows",
        ),
        pytest.param(
            "Windows",
            "ARMv8 (64-bit) Family 8 Model 1 Revision 201, Qualcomm Technologies Inc",
            "ARMv8 (64-bit) Family 8 Model 1 Revision 201, Qualcomm Technologies Inc",
            id="Windows on ARM",
        ),
        pytest.param(
            "Windows", "ARMv8 (64-bit) Family 8 Model 0 Revision   0,", "unknown, machine ", id="in a machine"
        ),
        pytest.param("Windows", "", "unknown, machine ", id="Windows that says nothing"),
    ],
)
def test_name_processor_other_systems_are_asked_their_way(
    machine: Name, monkeypatch: pytest.MonkeyPatch, system: str, said: str | OSError, expected: str
) -> None:
    """Neither macOS nor Windows has /proc, and platform.processor() of a Mac is "arm" for all of them."""

    def ask(command: tuple[str, ...], **_: Any) -> subprocess.CompletedProcess[str]:
        if isinstance(said, OSError):
            raise said
        return subprocess.CompletedProcess(command, 0, stdout=said)

    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "processor", lambda: "arm" if system == "Darwin" else said)
    monkeypatch.setattr(subprocess, "run", ask)

    assert machine(None).startswith(expected)
