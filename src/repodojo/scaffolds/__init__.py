"""Scaffolds: the programs around a policy."""
