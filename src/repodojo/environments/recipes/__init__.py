"""Finds, without person or model, how a repository's tests are run: on which Python, with what packages."""
