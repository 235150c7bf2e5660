from repodojo.grading.hunks import changed_lines, split_hunks

TEXT = """diff --git a/m.py b/m.py
--- a/m.py
+++ b/m.py
@@ -1,3 +1,3 @@
 a
-b
+c
 d
@@ -10,2 +10,1 @@ def f():
 e
--- comment
\\ No newline at end of file
"""


def test_hunks_say_where_they_stand_and_what_they_touch() -> None:
    first, second = split_hunks(TEXT)
    assert (first.old, first.new, first.lines) == (1, 1, (" a", "-b", "+c", " d"))
    assert (second.old, second.new) == (10, 10)
    assert first.old_places() == {2, 3}
    assert first.new_places() == {2}
    assert second.old_places() == {11}


def test_a_file_without_hunks_has_none() -> None:
    assert split_hunks("diff --git a/x b/y\nrename from x\nrename to y\n") == []


def test_headers_are_no_changes_and_changes_that_look_like_headers_are() -> None:
    assert list(changed_lines(TEXT)) == ["-b", "+c", "--- comment"]
    assert list(changed_lines(TEXT + TEXT)) == ["-b", "+c", "--- comment"] * 2
