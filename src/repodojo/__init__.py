"""RepoDojo: train software-engineering agents and verifiers on executable, proven tasks."""

__version__ = "0.1.0"
