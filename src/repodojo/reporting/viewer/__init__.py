"""The trajectory viewer: one page for each instance, its attempts side by side."""
