"""The programs on the far side of a sandbox's boundary; they import little, and only standard library."""
