"""Variables of the environment that change the arithmetic of a run."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase

# Named by kind, and by libraries' own prefixes: a variable that is new is recorded. TF_* alone would not do: Terraform
# has secrets under it.
_CHANGING = (
    # oneDNN, by both of its names, and AMD's form of it: the instruction set and the number format of kernels
    *("DNNL_*", "ONEDNN_*", "ZENDNN_*"),
    # which kernels TensorFlow takes: its own, oneDNN's, ZenDNN's, just-in-time ones; also which Keras
    *("TF_ENABLE_*", "TF_DISABLE_*", "TF_USE_*", "TF_ONEDNN_*", "TF_SET_ONEDNN_*", "TF_MKL_*"),
    # kernels that add in a fixed order
    "TF_*DETERMINIS*",
    # compilation, which fuses operations
    *("XLA_FLAGS", "TF_XLA_*", "TF_JITRT_*", "TF_MLIR_*"),
    # graphs rewritten in half precision, or in shorter products
    *("TF_AUTO_MIXED_PRECISION_*", "*_TF32_*", "*_FP16_*"),
    # threads that TensorFlow takes in place of those that it is given: sums are parted among them
    "TF_OVERRIDE_*",
    # Keras's own settings
    "KERAS_*",
    # instruction sets of linear algebra, of NumPy, and of the C library's exponentials and logarithms
    *("MKL_CBWR*", "MKL_ENABLE_INSTRUCTIONS", "MKL_DEBUG_CPU_TYPE", "OPENBLAS_CORETYPE", "BLIS_ARCH_TYPE"),
    *("NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES", "GLIBC_TUNABLES"),
)
# Of these, what changes no number: messages, caches, memory, and what training sets itself.
_HARMLESS = (
    *("*_VERBOSE*", "*_JIT_DUMP*", "*_JIT_PROFILE*", "*_CACHE_CAPACITY", "TF_DISABLE_PROFILING"),
    *("TF_MKL_ALLOC_MAX_BYTES", "TF_MKL_OPTIMIZE_PRIMITIVE_MEMUSE", "TF_ONEDNN_USE_SYSTEM_ALLOCATOR"),
    *("KERAS_BACKEND", "KERAS_HOME"),
)


def read_flags() -> dict[str, str]:
    """Return the variables that are set and change the arithmetic of a run, by name.

    Numbers of threads are not among them (OMP_NUM_THREADS, MKL_NUM_THREADS and the like): a run has one, whatever they
    say. Nor is which GPUs are seen: runs are trained on the processor.
    """
    return {name: value for name, value in sorted(os.environ.items()) if changes_arithmetic(name)}


def changes_arithmetic(name: str) -> bool:
    """Return whether a variable of this name changes the arithmetic of a run."""
    return _matches(name, _CHANGING) and not _matches(name, _HARMLESS)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
