# Prints one line for each way in which a repository tells more than the history of its commit.
cd "$(git rev-parse --show-toplevel 2>/dev/null)" 2>/dev/null || { echo "no_repository: git finds none"; exit 0; }
[ "$(git for-each-ref --format='%(refname)')" = refs/heads/main ] || echo "history: there is more than one branch"
[ -z "$(git reflog --all 2>/dev/null)" ] || echo "reflog: git keeps one"
[ -z "$(git tag; git remote; git stash list; git notes list 2>/dev/null)" ] || echo "refs: tags, remotes, notes or stashes"
[ -z "$(git status --porcelain)" ] || echo "dirty: the work tree differs from the commit"
everything=$(git cat-file --batch-all-objects --batch-check='%(objectname)' | sort)
reachable=$(git rev-list --objects HEAD | cut -d' ' -f1 | sort)
[ "$everything" = "$reachable" ] || echo "objects: some belong to no commit"
[ -z "$(find . -name '*.pyc' -o -name '*.orig' -o -name '*.rej' | head -n 1)" ] || echo "files: bytecode or leftovers"
[ -z "$(cat .git/objects/info/alternates 2>/dev/null)" ] || echo "alternates: objects from elsewhere"
exit 0
