"""What every backend's persistent and one-shot shell must do."""

import time

import pytest

WAIT_S = 30


def ask(sandbox, command):
    result = sandbox.execute(command, WAIT_S)
    assert not result.timed_out
    return result.output


def test_folder_variables_functions_and_options_carry_over(sandbox):
    sandbox.execute("cd package; X=1; export Y=2; f() { echo f$1; }; shopt -s nullglob; alias z=ls", WAIT_S)
    assert (
        ask(sandbox, "pwd; echo $X; sh -c 'echo $Y'; f 3; echo *.none") == b"/testbed/package\n1\n2\nf3\n\n"
    )


def test_the_last_status_carries_over(sandbox):
    sandbox.execute("(exit 7)", WAIT_S)
    assert ask(sandbox, "echo $?") == b"7\n"
    assert ask(sandbox, "echo $?") == b"0\n"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("printf 'no newline'", b"no newline"),
        ("true", b""),
        (r"printf '\000\001\377\r\n\000'", b"\x00\x01\xff\r\n\x00"),
        (r"printf '\033[31mred\033[0m'", b"\x1b[31mred\x1b[0m"),
        ("echo out; echo err >&2; echo out", b"out\nerr\nout\n"),
        ("cat <<'E'\na $X `b` \"c\nE", b'a $X `b` "c\n'),
        ("cat <<-E\n\ttab\n\tE\necho after", b"tab\nafter\n"),
        ("echo a # comment", b"a\n"),
        ("echo a \\\n  b", b"a b\n"),
        ("for i in 1 2; do\n  echo $i\ndone", b"1\n2\n"),
        ("cat; echo end", b"end\n"),
        ('read x; echo "[$x]"', b"[]\n"),
        ("echo 1 0; echo 2 0; echo 3 0", b"1 0\n2 0\n3 0\n"),
        ("printf '%s %s\\n' 5 0 >&101; echo still", None),
        ("exec 100<&- 101>&- 102<&-; echo alive", b"alive\n"),
        ("set -x; true; set +x", b"++ true\n++ set +x\n"),
        ("(echo sub; exit 4); echo $?", b"sub\n4\n"),
        ("", b""),
        ("\n\n", b""),
    ],
)
def test_output_is_exact(sandbox, command, expected):
    output = ask(sandbox, command)
    assert expected is None or output == expected
    assert ask(sandbox, "echo next") == b"next\n"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("true", 0),
        ("false", 1),
        ("exit 3", 3),
        ("exit", 0),
        ("exec sh -c 'exit 5'", 5),
        ("exec /does/not/exist", 127),
        ("set -e; false; echo not reached", 1),
        ("set -u; echo $undefined_variable", 127),
        ("kill -9 $$", 137),
        ("kill -TERM $$", 143),
        ("echo 'unbalanced", 2),
        ('echo "unbalanced', 2),
        ("if true; then", 2),
        ("echo $(", 2),
        ("cat <<E\nunfinished", 0),
        ("no_such_command_at_all", 127),
        ("sh -c 'kill -SEGV $$'", 139),
        ("trap 'exit 9' EXIT; exit 1", 9),
        ("return 6", 2),
    ],
)
def test_every_way_to_end_gives_its_status_and_leaves_a_shell_in_the_same_folder(sandbox, command, code):
    sandbox.execute("cd package", WAIT_S)
    result = sandbox.execute(command, WAIT_S)
    assert (result.exit_code, result.timed_out) == (code, False)
    assert b"not reached" not in result.output
    assert ask(sandbox, "pwd") == b"/testbed/package\n"


def test_a_closed_or_moved_stdout_harms_only_its_own_command(sandbox):
    assert ask(sandbox, "echo before; exec >&- 2>&-; echo lost") == b"before\n"
    assert ask(sandbox, "exec >/dev/null; echo lost") == b""
    assert ask(sandbox, "exec 2>&1; echo back") == b"back\n"


def test_a_command_that_breaks_the_shell_itself_costs_a_shell_and_not_the_sandbox(sandbox):
    assert sandbox.execute("builtin() { while :; do sleep 1; done; }", 0.5).timed_out
    assert ask(sandbox, "echo back") == b"back\n"


def test_what_a_background_job_prints_is_not_mixed_into_later_commands(sandbox):
    sandbox.execute("(sleep 0.3; echo late; echo done > /tmp/flag) &", WAIT_S)
    assert ask(sandbox, "echo now; sleep 0.6; cat /tmp/flag") == b"now\ndone\n"


def test_a_background_job_that_prints_much_does_not_stop(sandbox):
    sandbox.execute("(head -c 3000000 /dev/zero; echo done > /tmp/flag) & sleep 0.01", WAIT_S)
    assert ask(sandbox, "sleep 0.5; cat /tmp/flag") == b"done\n"


def test_output_over_the_bound_keeps_head_and_tail_with_a_marked_middle(sandbox):
    size = 100_000_000
    command = f"echo HEAD; head -c {size} /dev/zero | tr '\\0' x; echo TAIL"
    result = sandbox.execute(command, 60)
    kept = 1 << 20
    assert result.truncated
    assert result.exit_code == 0
    assert result.output.startswith(b"HEAD\nxxx")
    assert result.output.endswith(b"xxxTAIL\n")
    assert b"[... %d bytes left out ...]" % (size + 10 - kept) in result.output
    assert len(result.output) < kept + 100


def test_output_at_the_bound_is_whole(sandbox):
    result = sandbox.execute("head -c 1048576 /dev/zero", WAIT_S)
    assert (len(result.output), result.truncated) == (1 << 20, False)


def test_a_command_of_any_length_arrives(sandbox):
    text = "x" * 5_000_000
    command = f"cat > /tmp/long <<'E'\n{text}\nE\nwc -c < /tmp/long"
    assert ask(sandbox, command).strip() == b"5000001"
    assert sandbox.run(command, WAIT_S).output.strip() == b"5000001"


def test_invalid_utf8_and_null_bytes_in_a_command_do_no_harm(sandbox):
    command = b"printf '\xff\xfe'".decode("utf-8", errors="surrogateescape")
    assert ask(sandbox, command) == b"\xff\xfe"
    assert ask(sandbox, "echo a\0b") == b"ab\n"


def test_only_the_given_environment_is_seen(sandbox, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    names = {line.split(b"=")[0] for line in sandbox.run("env", WAIT_S).output.splitlines()}
    assert names <= {b"PATH", b"HOME", b"PWD", b"SHLVL", b"_", b"OLDPWD"}
    assert b"hunter2" not in ask(sandbox, "export -p; cat /proc/*/environ 2>/dev/null")


def test_run_knows_nothing_of_the_persistent_shell(sandbox):
    sandbox.execute("cd /tmp; export X=1; f() { :; }; umask 077", WAIT_S)
    result = sandbox.run("pwd; echo [$X]; type f; umask", WAIT_S)
    assert result.output.splitlines()[:2] == [b"/testbed", b"[]"]
    assert b"not found" in result.output
    assert result.output.endswith(b"0022\n")


def test_run_ends_what_it_leaves_and_spares_what_was_there(sandbox):
    sandbox.execute("sleep 4321 & until grep -qs ^sleep /proc/$!/cmdline; do :; done", WAIT_S)
    assert sandbox.run("sleep 1234 & setsid sleep 1235 & exit 6", WAIT_S).exit_code == 6
    running = ask(sandbox, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '")
    assert b"sleep 4321" in running
    assert b"sleep 123" not in running


@pytest.mark.parametrize("method", ["execute", "run"])
def test_a_timeout_kills_daemons_and_spares_earlier_jobs(sandbox, method):
    sandbox.execute("sleep 4321 &", WAIT_S)
    command = "echo begun; (setsid nohup sh -c 'sleep 1111 & sleep 2222' &) ; (trap '' TERM HUP; sleep 3333)"
    start = time.monotonic()
    result = getattr(sandbox, method)(command, 0.5)
    assert time.monotonic() - start < 10
    assert (result.timed_out, result.exit_code, result.output) == (True, None, b"begun\n")
    running = ask(sandbox, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '")
    assert b"sleep 4321" in running
    assert not any(b"sleep %d" % n in running for n in (1111, 2222, 3333))


@pytest.mark.parametrize(
    "command",
    [
        "while :; do :; done",
        "kill -STOP $$",
        "exec sleep 100",
        "cat /dev/zero",
        "trap '' TERM INT HUP; sleep 100",
        "sleep 100 | cat",
        "f() { f; sleep 0.01; }; sleep 100 & wait",
    ],
)
def test_a_timeout_ends_the_shell_however_it_is_busy_and_the_folder_stays(sandbox, command):
    sandbox.execute("cd package", WAIT_S)
    result = sandbox.execute(command, 0.3)
    assert (result.timed_out, result.exit_code) == (True, None)
    assert ask(sandbox, "pwd") == b"/testbed/package\n"


def test_descendants_of_an_earlier_job_survive_a_timeout(sandbox):
    sandbox.execute("(while :; do sleep 0.05; date +%N > /tmp/beat; done) &", WAIT_S)
    sandbox.execute("sleep 100", 0.5)
    before = sandbox.read("/tmp/beat")
    assert ask(sandbox, "sleep 0.5; cat /tmp/beat") != before


def test_a_shell_whose_folder_vanished_starts_in_the_working_folder(sandbox):
    sandbox.execute("mkdir /tmp/gone; cd /tmp/gone; rmdir /tmp/gone", WAIT_S)
    sandbox.execute("exit 1", WAIT_S)
    assert ask(sandbox, "pwd") == b"/testbed\n"


def test_a_broken_pipe_ends_the_writer_quietly(sandbox):
    assert ask(sandbox, "yes | head -1; echo ${PIPESTATUS[0]}") == b"y\n141\n"


def test_durations_are_measured(sandbox):
    assert 0.2 <= sandbox.execute("sleep 0.2", WAIT_S).duration_s < 5


def test_a_trace_shows_commands_and_nothing_of_what_runs_them(sandbox):
    assert ask(sandbox, "set -x") == b""
    assert ask(sandbox, "echo a") == b"++ echo a\na\n"
    assert sandbox.execute("(exit 3)", WAIT_S).exit_code == 3
    assert ask(sandbox, "echo $? $-").split(b"\n")[1].startswith(b"3 ")
    assert ask(sandbox, "set +x") == b"++ set +x\n"
    assert ask(sandbox, "echo a") == b"a\n"


@pytest.mark.parametrize("kind", ["readonly", "declare -i", "declare -u", "declare -A"])
def test_spoiling_what_the_shell_keeps_costs_a_shell_and_no_command_passes_for_run(sandbox, kind):
    for name in ("command", "head", "pipe", "token", "code"):
        sandbox.execute(f"{kind} __{name}", WAIT_S)
        for _ in range(2):
            assert sandbox.execute("echo Works; (exit 4)", WAIT_S).exit_code == 4
            assert sandbox.execute("echo Works", WAIT_S).output == b"Works\n"


def test_exporting_all_is_no_spoiling(sandbox):
    assert ask(sandbox, "set -a; X=1; Y=2") == b""
    assert ask(sandbox, "env | grep -c '^[XY]='") == b"2\n"
