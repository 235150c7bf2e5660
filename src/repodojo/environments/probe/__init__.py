"""What a build's sandbox runs to watch a project's tests; mounted read-only into it, standard library only."""
