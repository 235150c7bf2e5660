"""MoatlessTools' workflow: search, identify, decide, plan, clarify, edit; no shell."""

from repodojo.scaffolds.moatless.scaffold import Moatless, Options, create_scaffold

__all__ = ["Moatless", "Options", "create_scaffold"]
