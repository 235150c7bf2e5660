# Functions for a shell to source: they run the issue's example, show code and try edits.
# $f is the file that is worked on.

run() { # Run the issue's first Python example; show the last lines of what it prints, or as many as are asked for.
    awk '/^```/ {p = !seen && /python/; seen = seen || p; next} p' /tmp/issue.md >/tmp/example.py
    python -X no_debug_ranges /tmp/example.py 2>&1 | tail -n "${1:-8}"
}

code() { # Show 18 lines from a text on in $f, numbered, without docstrings.
    awk '{n = gsub(/"""/, "&")} n == 1 {inside = !inside} n + inside == 0 {print NR ":" $0}' "$f" |
        grep -A 18 -e "$1"
}

look() { # List the files that hold a text, set $f to the first that is no test, and show it.
    local found first
    found=$(grep -rl --include='*.py' -e "$1" . | sort)
    [ "$found" ] || return 1
    echo "$found"
    first=$(echo "$found" | grep -v /test | head -n 1)
    [ "$first" ] && f=$first && code "$1"
}

try() { # Make one edit of sed's in $f as it was, and run the example.
    git checkout -q . && sed -i "$1" "$f" && run "${2:-1}"
}
