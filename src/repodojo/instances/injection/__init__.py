"""Bugs put into real code by edits of its syntax tree."""

from repodojo.instances.injection.inject import KINDS, Mutation, find_mutations, inject_bugs

__all__ = ["KINDS", "Mutation", "find_mutations", "inject_bugs"]
