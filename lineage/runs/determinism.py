"""Settings under which the same run gives the same numbers, and a record of the machine that gave them.

Deterministic does not mean independent of the batch: torch promises that neither across shapes nor across devices.
"""

from __future__ import annotations

import os
import platform

import torch

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
WORKSPACE = ":4096:8"  # of cuBLAS; harmless where newer torch no longer asks for it


def settle() -> dict:
    """Set what makes a run repeatable, and say what was set."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", WORKSPACE)
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    torch.set_float32_matmul_precision("highest")
    return {
        "deterministic_algorithms": True,
        "cudnn_benchmark": False,
        "tf32": False,
        "reduced_precision_reduction": False,
        "float32_matmul_precision": "highest",
        "seed": 0,
        "cublas_workspace": os.environ["CUBLAS_WORKSPACE_CONFIG"],
    }


def pick_device(asked: str) -> torch.device:
    """The device of a run: `auto` is the GPU where there is one. Raises ValueError where none is there."""
    if asked == "cuda" and not torch.cuda.is_available():
        raise ValueError("No GPU can be used on this machine: run with --device cpu.")
    if asked == "auto":
        asked = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(asked)


def environment(device: torch.device) -> dict:
    """The machine and the versions that a result belongs to."""
    found = {
        "device": "cpu",
        "processor": processor(),
        "threads": torch.get_num_threads(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    if device.type == "cuda":
        about = torch.cuda.get_device_properties(device)
        found |= {
            "device": about.name,
            "capability": f"{about.major}.{about.minor}",
            "memory_bytes": about.total_memory,
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
            "driver": driver(),
        }
    return found


def processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def driver() -> str | None:
    """The version of NVIDIA's driver; None where the kernel does not tell."""
    try:
        with open("/proc/driver/nvidia/version", encoding="utf8") as file:
            return file.readline().strip()[:120]
    except OSError:
        return None
