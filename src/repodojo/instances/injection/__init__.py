"""Bugs put into real code by edits of its syntax tree."""

from repodojo.instances.injection.combined import combine_bugs
from repodojo.instances.injection.inject import KINDS, Mutation, find_mutations, inject_bugs
from repodojo.instances.injection.removal import remove_functions
from repodojo.instances.injection.reversal import reverse_fix

__all__ = [
    "KINDS",
    "Mutation",
    "combine_bugs",
    "find_mutations",
    "inject_bugs",
    "remove_functions",
    "reverse_fix",
]
