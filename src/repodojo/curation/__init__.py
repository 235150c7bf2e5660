"""From trajectories to training sets: keep, deduplicate, cap, take subsets, mix, and count what went."""
