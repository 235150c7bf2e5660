"""What a build's sandbox runs to watch a project's tests; mounted into it, standard library only."""
