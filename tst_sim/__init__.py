"""The world and the contract: houses, cameras, modalities, simulators and the corpus format."""

__version__ = "0.1.0"
