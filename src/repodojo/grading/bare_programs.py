"""The programs that every base of sandboxes has, as a search path of their own.

What a base has beside them differs from machine to machine and from image to image: a test that calls another
program passes in one sandbox, and is skipped or fails in the next.
"""

from repodojo.environments.surroundings import PROGRAMS

FOLDER = "/tmp/bare"  # noqa: S108 - inside the sandbox
_PROGRAMS = """
    sh bash git python python3 python3.{7..14} which hostname find xargs grep egrep fgrep sed awk diff
    cmp tar gzip gunzip zcat [ arch base32 base64 basename cat chgrp chmod chown cksum comm cp csplit
    cut date dd df dir dirname du echo env expand expr factor false fmt fold groups head id install join
    link ln logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk
    pr printenv printf ptx pwd readlink realpath rm rmdir seq sha1sum sha224sum sha256sum sha384sum
    sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout touch tr
    true truncate tsort tty uname unexpand uniq unlink vdir wc who whoami yes
"""
_ADDED = f"$(cat {PROGRAMS} 2>/dev/null)"
GATHER = f"mkdir {FOLDER}; ln -sf $(type -P -- {' '.join(_PROGRAMS.split())} {_ADDED}) {FOLDER}; true"
"""A command for bash that fills the folder, with the programs of an environment's system packages too."""
