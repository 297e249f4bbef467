#!/bin/sh
# Makes everything beside workspace/ again, with the real DVC: make.sh path/to/dvc (3.67.1, ruamel.yaml 0.19.1).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DVC_NO_ANALYTICS=1
cp -R "$here/workspace/." "$work"
cd "$work"
git init -q .
"$1" init -q
git add -A
git -c user.name=golden -c user.email=golden@localhost commit -qm baseline
"$1" exp run -q -f -n golden
rm -rf "$here/runs"
cp -R .dvc/cache/runs "$here/runs"
cp dvc.lock "$here/dvc.lock"
cp .gitignore "$here/gitignore.txt"
(cd .dvc/cache && find files -type f | LC_ALL=C sort) > "$here/objects.txt"
git log -1 --format=%s "$(git for-each-ref --format='%(objectname)' 'refs/exps/*/*/golden')" > "$here/experiment.txt"
git diff --name-only HEAD "$(git for-each-ref --format='%(objectname)' 'refs/exps/*/*/golden')" > "$here/changed.txt"
