"""A week in one repository, in which somebody uses DVC and somebody else expq: after each step both find it clean."""
import os
import shutil

import workbench
from workbench import dvc, each, expq, git, read, whole_in_any_order, write

CONFIG = "[core]\n    analytics = false\n    check_update = false\n    remote = store\n['remote \"store\"']\n    url = ../.store\n"
FILES = {
    ".dvc/config": CONFIG, ".gitignore": "/.store\n", "params.yaml": "n: 2  # lines\nmodel: {lr: 1.0e-3, kind: a}\n",
    "data/a.txt": "1\n2\n3\n", "data/sub/b.txt": "4\n", "labels.csv": "x,y\n",
    "dvc.yaml": """\
stages:
  prepare:
    cmd:
    - mkdir -p prep && head -${n} data/a.txt > prep/a
    - cat data/sub/b.txt labels.csv > prep/b
    deps:
    - data
    - labels.csv
    params:
    - n
    outs:
    - prep
  train:
    cmd: cat prep/a prep/b > model && echo '{"lr":${model.lr}}' > m.json
    deps:
    - prep
    params:
    - model
    outs:
    - model
    metrics:
    - m.json:
        cache: false
"""}


class Week(workbench.Case):
    """`theirs` is DVC's alone; in `ours` every other step is expq's."""

    SLOW = True

    def left(self, root):
        """But for the remote: expq sends the data of earlier results with them."""
        return {path: content for path, content in whole_in_any_order(root).items() if not path.startswith(".store/")}

    def remove(self, root, *paths):
        for path in paths:
            full = os.path.join(root, path)
            shutil.rmtree(full) if os.path.isdir(full) else os.remove(full)

    def committed(self, root, message):
        git(root, "add", "-A")
        git(root, "commit", "-q", "--allow-empty", "-m", message)

    def new_data(self, tool, root):
        write(root, "data/new.txt", "5\n")
        tool(root, "add", "-q", "data")
        tool(root, "repro", "-q")

    def new_params(self, tool, root):
        write(root, "params.yaml", read(root, "params.yaml").replace("n: 2", "n: 3"))
        tool(root, "repro", "-q")
        self.committed(root, "three lines")

    def send(self, tool, root):
        tool(root, "push", "-q", "--run-cache")

    def lose_and_pull(self, tool, root):
        self.remove(root, ".dvc/cache", "data", "model", "prep", "labels.csv")
        tool(root, "pull", "-q", "--run-cache")

    def another_branch(self, tool, root):
        git(root, "checkout", "-q", "-b", "other")
        tool(root, "unprotect", "labels.csv")
        write(root, "labels.csv", "x,y,z\n")
        tool(root, "commit", "-q", "-f", "labels.csv.dvc")
        tool(root, "repro", "-q")
        self.committed(root, "labels")

    def back_to_main(self, tool, root):
        git(root, "checkout", "-q", "main")
        tool(root, "checkout", "-q")

    def earlier_params(self, tool, root):
        write(root, "params.yaml", read(root, "params.yaml").replace("n: 3", "n: 2"))
        tool(root, "repro", "-q")

    def another_stage(self, tool, root):
        tool(root, "stage", "add", "-q", "-n", "count", "-d", "model", "-o", "size", "wc -c < model > size")
        tool(root, "repro", "-q")
        self.committed(root, "count")

    def an_experiment(self, tool, root):
        if tool is dvc:
            tool(root, "exp", "run", "-q", "-n", "try", "-S", "model.lr=0.5")
        else:
            tool(root, "run", "-n", "try", "-S", "model.lr=0.5")
        write(root, "params.yaml", "n: 2\nmodel: {lr: 0.5, kind: a}\n")  # DVC writes it anew
        self.committed(root, "try")

    def by_hand(self, tool, root):
        tool(root, "unprotect", "labels.csv")
        write(root, "labels.csv", "by hand\n")
        tool(root, "add", "-q", "labels.csv")
        tool(root, "repro", "-q")
        self.committed(root, "by hand")

    def tidy_up(self, tool, root):
        tool(root, "gc", "-q", "-f", "-w", "--all-experiments")

    STEPS = [new_data, new_params, send, lose_and_pull, another_branch, back_to_main, earlier_params, another_stage, an_experiment, by_hand, tidy_up]

    @each(expq_first=(0, None), dvc_first=(1, None), hardlinks=(0, "hardlink"), symlinks=(1, "symlink"))
    def test_a_week(self, first, links):
        config = CONFIG + (f"[cache]\n    type = {links}\n" if links else "")
        self.repository({path: text for path, text in FILES.items() if "/" not in path.removeprefix(".dvc/") and path != "labels.csv"} |
                        {".dvc/config": config})
        for root in (self.theirs, self.ours):
            for path in ("data/a.txt", "data/sub/b.txt", "labels.csv"):
                write(root, path, FILES[path])
            dvc(root, "add", "-q", "data", "labels.csv")
            self.committed(root, "data")
        for number, step in enumerate(self.STEPS):
            with self.subTest(step.__name__):
                tool = (expq, dvc)[(number + first) % 2]
                step(self, dvc, self.theirs)
                step(self, tool, self.ours)
                ours, theirs = self.left(self.ours), self.left(self.theirs)
                if step is Week.tidy_up:  # expq keeps what its experiments came from, too
                    ours = {path: content for path, content in ours.items() if path in theirs or "/cache/files/" not in path}
                self.assertEqual(ours, theirs)
                self.assertEqual(git(self.ours, "status", "--porcelain"), git(self.theirs, "status", "--porcelain"))
                self.assert_clean_for_dvc(self.ours)
                self.assert_clean_for_expq(self.ours)
                self.assert_clean_for_expq(self.theirs)
