"""The programs on the far side of a sandbox's boundary; they import only light parts of the standard library."""
