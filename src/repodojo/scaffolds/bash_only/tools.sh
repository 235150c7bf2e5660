# Functions for a shell to source: they run the issue's example, show code and try edits.
# $f is the file that is worked on, $at the line of the definition that was shown last.

run() { # Run the issue's first Python example; show its last lines, and whether they are as expected (exit code).
    awk '/^```/ {p = !seen && /python/; seen = seen || p; next} p' /tmp/issue.md >/tmp/example.py
    awk '/^```/ {inside = !inside; if (inside) text = ""; next} inside {text = text $0 "\n"}
        END {printf "%s", text}' /tmp/issue.md >/tmp/expected
    python -X no_debug_ranges /tmp/example.py >/tmp/printed 2>&1
    tail -n "${1:-8}" /tmp/printed
    [ -s /tmp/expected ] || return 0
    tail -n "$(wc -l </tmp/expected)" /tmp/printed | cmp -s - /tmp/expected && echo "as expected"
}

code() { # Show 18 lines from a text on in $f, numbered, without docstrings.
    local shown
    shown=$(awk '{n = gsub(/"""/, "&")} n == 1 {inside = !inside} n + inside == 0 {print NR ":" $0}' "$f" |
        grep -A 18 -e "$1") || return
    case $1 in ^[0-9]*) ;; *) at=${shown%%:*} ;; esac
    printf '%s\n' "$shown"
}

subject() { # Say how the definition begins of what the issue names first in backquotes.
    local name
    name=$(grep -o '`[A-Za-z_][A-Za-z0-9_.]*`' /tmp/issue.md | head -n 1 | tr -d '`')
    name=${name##*.}
    [ "$name" ] && case $(printf %s "$name" | sed 's/^_*//') in [A-Z]*) echo "class $name" ;; *) echo "def $name(" ;; esac
}

look() { # List the files that hold a text ($1, or the subject), set $f to the first that is no test, and show it.
    local found first text
    text=${1:-$(subject)}
    [ "$text" ] || return
    found=$(grep -rl --include='*.py' -e "$text" . | sort)
    [ "$found" ] || return 1
    printf '%s\n' "$found"
    first=$(printf '%s\n' "$found" | grep -v /test | head -n 1)
    [ "$first" ] && f=$first && code "$text"
}

try() { # Replace a line of $f as it was: the first input line, from $at on, by the second; run the example.
    git checkout -q .
    python -IS /tmp/replace_line.py "$f" "${at:-1}" 2>&1 && run "${1:-1}"
}
