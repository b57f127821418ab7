"""Exports networks of scikit-learn, PyTorch, Keras and TFLite to the Rust crate downhill, and brings checkpoints back.

The files are described in docs/checkpoint.md of the crate.
"""

from .checkpoint import (
    Checkpoint,
    CheckpointError,
    Corrupt,
    NewerVersion,
    NotACheckpoint,
    Section,
    Truncated,
    load_checkpoint,
)
from .errors import ExchangeError, Mismatch, Unsupported
from .exchange import Exchange, Export, export, read
from .models import to_keras, to_sklearn, to_torch
from .quantized import convert_tflite

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "Corrupt",
    "Exchange",
    "ExchangeError",
    "Export",
    "Mismatch",
    "NewerVersion",
    "NotACheckpoint",
    "Section",
    "Truncated",
    "Unsupported",
    "convert_tflite",
    "export",
    "load_checkpoint",
    "read",
    "to_keras",
    "to_sklearn",
    "to_torch",
]
