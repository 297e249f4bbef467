"""How the stages of an experiment are run: the options that `exp run` shares with `repro`."""
import os
import shutil

import workbench
from twins import Twins, stages
from workbench import dvc, expq, git, read, write


class Options(Twins):
    """`log` lies beside the two copies: experiments run in folders of their own."""

    FILES = {"in": "1", "data": "d", "params.yaml": "k: 1\n", ".gitignore": "/data\n/a\n/b\n/c\n", "dvc.yaml": stages(
        "  a:\n    cmd: echo a >> $LOG; cat in > /dev/null; echo same > a\n    deps: [in]\n    params: [k]\n    outs: [a]\n",
        "  b:\n    cmd: echo b >> $LOG; cat a > b\n    deps: [a]\n    outs: [b]\n",
        "  c:\n    cmd: echo c >> $LOG; cp data c\n    deps: [data]\n    outs: [c]\n")}

    def made(self):
        self.repository(self.FILES, add=["data"])
        for root in (self.theirs, self.ours):
            dvc(root, "repro", "-q", env={"LOG": "/dev/null"})
            git(root, "add", "-A")
            git(root, "commit", "-q", "-m", "baseline")

    def start(self):
        self.begin("start", self.made)

    def log(self, root):
        return root + "-log"

    def ran_apart(self, root):
        log = self.log(root)
        words = open(log).read().split() if os.path.exists(log) else []
        if words:
            os.remove(log)
        return sorted(words)

    def result(self, root, name):
        refs = [r for r in git(root, "for-each-ref", "--format=%(refname)", "refs/exps").split() if r.endswith("/" + name)]
        if not refs:
            return None
        names = git(root, "ls-tree", "-r", "--name-only", refs[0]).splitlines()
        return {n: git(root, "show", f"{refs[0]}:{n}") for n in names}

    def experiment(self, name, *args):
        """Both run it or both fail, with the same stages and the same result; what ran, and the result."""
        theirs = dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", name, *args, ok=False, env={"LOG": self.log(self.theirs)})
        ours = expq(self.ours, "run", "--temp", "-n", name, *args, ok=False, env={"LOG": self.log(self.ours)})
        self.assertEqual(ours.returncode == 0, theirs.returncode == 0, theirs.text + ours.text)
        ran = [self.ran_apart(self.ours), self.ran_apart(self.theirs)]
        self.assertEqual(*ran, theirs.text + ours.text)
        results = [self.result(self.ours, name), self.result(self.theirs, name)]
        self.assertEqual(*results)
        return ran[0], results[0]

    def test_what_follows_a_stage_that_ran_is_forced(self):
        self.start()
        self.assertEqual(self.experiment("one", "-S", "k=2")[0], ["a"])
        self.assertEqual(self.experiment("two", "-S", "k=3", "--force-downstream")[0], ["a", "b"])

    def test_errors_are_ignored(self):
        self.start()
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("echo same > a", "echo half > a; exit 3"))
        self.assertEqual(self.experiment("strict"), (["a"], None))
        ran, result = self.experiment("lenient", "--ignore-errors")
        self.assertEqual(ran, ["a", "b"])

    def test_errors_that_leave_nothing_are_ignored(self):
        self.start()
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("echo same > a", "exit 3"))
        self.experiment("lenient", "--ignore-errors")

    def test_what_does_not_depend_on_a_failure_runs(self):
        self.start()
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("echo same > a", "exit 3").replace("cp data c", "cp  data c"))
        self.assertEqual(self.experiment("going", "-k"), (["a", "c"], None))

    def lose(self, *paths):
        self.remove(*paths, ".dvc/cache")

    def test_data_that_is_nowhere_may_be_missing(self):
        self.start()
        self.lose("data", "c")
        self.assertEqual(self.experiment("one", "-S", "k=2", "--allow-missing")[0], ["a"])

    def test_a_stage_whose_input_is_missing_cannot_run(self):
        self.start()
        self.lose("data", "c")
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("cp data c", "cp  data c"))
        self.experiment("one", "--allow-missing", "c")

    def test_a_result_of_the_stage_before_that_is_missing(self):
        self.start()
        self.lose("a", "b")
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("cat a > b", "cat  a > b"))
        self.experiment("one", "--allow-missing")

    def with_remote(self):
        self.made()
        for root in (self.theirs, self.ours):
            write(root, ".dvc/config", "[core]\n    analytics = false\n    check_update = false\n    remote = there\n"
                                       f"['remote \"there\"']\n    url = {self.dir}/remote\n")
        dvc(self.theirs, "push", "-q", "--run-cache")
        self.both(lambda root: git(root, "commit", "-q", "-a", "-m", "remote"))

    def test_data_is_pulled(self):
        self.with_remote()
        self.lose("data", "a", "b", "c")
        self.assertEqual(self.experiment("one", "--pull")[0], [])

    def test_data_is_pulled_for_what_must_run(self):
        self.with_remote()
        self.lose("data", "a", "b", "c")
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("cp data c", "cp  data c"))
        self.assertEqual(self.experiment("one", "-S", "k=2", "--pull")[0], ["a", "c"])

    def test_an_earlier_result_is_pulled(self):
        self.with_remote()
        self.experiment("one", "-S", "k=2")
        dvc(self.theirs, "push", "-q", "--run-cache")
        shutil.rmtree(os.path.join(self.ours, ".dvc/cache")), shutil.rmtree(os.path.join(self.theirs, ".dvc/cache"))
        self.assertEqual(self.experiment("two", "-S", "k=2", "--pull")[0], [])
