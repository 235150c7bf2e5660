"""Rollouts: what is planned, how one is run, and what it leaves."""
