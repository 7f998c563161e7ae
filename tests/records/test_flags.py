"""What changes arithmetic is recorded, and what does not is left out."""

from __future__ import annotations

import os

import pytest

from mnist_repro.records.flags import changes_arithmetic, read_flags

CHANGING = {
    "TF_ENABLE_ONEDNN_OPTS": "TensorFlow's own kernels in place of oneDNN's",
    "TF_XLA_FLAGS": "compiles clusters of operations",
    "XLA_FLAGS": "sets fast math, among others",
    "TF_USE_LEGACY_KERAS": "Keras 2",
    "TF_DETERMINISTIC_OPS": "sums in one order",
    "TF_CUDNN_DETERMINISTIC": "likewise",
    "ONEDNN_MAX_CPU_ISA": "kernels without the newest instructions",
    "DNNL_MAX_CPU_ISA": "likewise, by the older name",
    "ONEDNN_CPU_ISA_HINTS": "shorter vectors",
    "ONEDNN_DEFAULT_FPMATH_MODE": "products in bfloat16",
    "TF_SET_ONEDNN_FPMATH_MODE": "likewise, on ARM",
    "TF_ENABLE_ZENDNN_OPTS": "AMD's kernels",
    "ZENDNN_MATMUL_ALGO": "which of them",
    "TF_DISABLE_MKL": "an older switch",
    "TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_LEVEL": "half precision",
    "TF_OVERRIDE_GLOBAL_THREADPOOL": "threads of its own",
    "NVIDIA_TF32_OVERRIDE": "products of ten bits",
    "TF_FP16_MATMUL_USE_FP32_COMPUTE": "sums of half precision",
    "MKL_CBWR": "a fixed instruction set",
    "MKL_ENABLE_INSTRUCTIONS": "likewise",
    "OPENBLAS_CORETYPE": "likewise",
    "NPY_DISABLE_CPU_FEATURES": "likewise, of NumPy",
    "GLIBC_TUNABLES": "likewise, of the C library",
    "KERAS_NEW_SETTING": "what is not known yet",
}
HARMLESS = (
    *("TF_CPP_MIN_LOG_LEVEL", "TF_CPP_VMODULE", "ONEDNN_VERBOSE", "DNNL_VERBOSE_TIMESTAMP", "ONEDNN_JIT_DUMP"),
    *("ONEDNN_JIT_PROFILE", "ONEDNN_PRIMITIVE_CACHE_CAPACITY", "DNNL_GRAPH_COMPILED_PARTITION_CACHE_CAPACITY"),
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "MKL_VERBOSE"),
    *("KERAS_BACKEND", "KERAS_HOME", "CUDA_VISIBLE_DEVICES", "TF_FORCE_GPU_ALLOW_GROWTH", "TF2_BEHAVIOR"),
    # Terraform's, which may be secret
    *("TF_VAR_password", "TF_TOKEN_app_terraform_io", "TF_LOG", "TF_CLI_ARGS", "TF_IN_AUTOMATION"),
)


@pytest.mark.parametrize("name", CHANGING, ids=CHANGING.values())
def test_changes_arithmetic_kinds_that_do_are_known(name: str) -> None:
    """Instruction sets, number formats, compilation and determinism decide a run."""
    assert changes_arithmetic(name)


@pytest.mark.parametrize("name", HARMLESS)
def test_changes_arithmetic_what_does_not_is_left_out(name: str) -> None:
    """Messages, caches, threads, which a run has one of, and other programs' variables decide nothing."""
    assert not changes_arithmetic(name)


def test_read_flags_are_those_that_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables are kept with their values, in the order of their names."""
    for name in [name for name in os.environ if changes_arithmetic(name)]:
        monkeypatch.delenv(name)
    assert read_flags() == {}

    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")

    assert list(read_flags().items()) == [("ONEDNN_MAX_CPU_ISA", "SSE41"), ("TF_ENABLE_ONEDNN_OPTS", "0")]
