"""Reads seaborn's test output as SWE-bench's harness does: passes and failures, nothing else."""


def parse_seaborn(log: str) -> dict[str, str]:
    """Return the status by id; the status stands first, or second in verbose output."""
    found = {}
    for line in log.split("\n"):
        if line.startswith("FAILED"):
            position, status = 1, "FAILED"
        elif " PASSED " in line:
            position, status = 0, "PASSED"
        elif line.startswith("PASSED"):
            position, status = 1, "PASSED"
        else:
            continue
        words = line.split(None, 2)
        if len(words) > 1 and (position == 1 or words[1] == "PASSED"):
            found[words[position]] = status
    return found
