"""OpenHands' CodeAct agent: a shell, an editor and a way to finish, as native tool calls or as text."""

from repodojo.scaffolds.openhands.scaffold import OpenHands, Options, create_scaffold

__all__ = ["OpenHands", "Options", "create_scaffold"]
