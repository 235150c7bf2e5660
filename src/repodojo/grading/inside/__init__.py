"""What a grading sandbox runs; mounted read-only into it."""
