"""What -S queues: the same points in the same order, with the same values in every params file."""
import json

import workbench
from workbench import dvc, expq, git

STAGES = "stages:\n  look:\n    cmd: cat a.json b.json > seen.txt\n    params:\n    - a.json:\n    - b.json:\n    outs:\n    - seen.txt\n"
FILES = {"dvc.yaml": STAGES, "a.json": '{"k": 1, "s": "x", "l": [1, 2], "m": {"p": 1, "q": {"r": null}}}\n', "b.json": '{"k": 1, "t": [true]}\n'}


class Sweeps(workbench.Case):
    def setUp(self):
        super().setUp()
        self.repository(FILES)

    def queued_by_dvc(self):
        commits = reversed(git(self.theirs, "rev-list", "-g", "refs/exps/celery/stash").split())
        return [{file: json.loads(git(self.theirs, "show", f"{commit}:{file}")) for file in ("a.json", "b.json")} for commit in commits]

    def queued_by_us(self):
        listed = json.loads(expq(self.ours, "list", "--json").stdout)["experiments"]
        by_number = sorted(listed, key=lambda e: int(e["name"].rpartition("-")[2]) if "-" in e["name"] else 0)
        return [e["params"] for e in by_number]

    @workbench.each(product=("a.json:k=1,2", "b.json:k=p,q", "a.json:s='1','2'"),
                    texts=("a.json:k=choice('1','null','x y')", "b.json:k=str(3)"),
                    ranges=("a.json:k=range(1,8,3)", "a.json:l.1=sort(3,1,2,reverse=true)"),
                    twice=("a.json:k=1,2", "a.json:s=y", "a.json:k=5,6", "++a.json:n=1"),
                    containers=("a.json:l=[1],[2,[3]]", "a.json:m={p:2},{p:'3'}", "+b.json:n={x:1}"),
                    casts=("a.json:k=int(1.5,2.5)", "b.json:t=[str(1),'1',null]"),
                    one=("a.json:k=choice('1','2')", "a.json:m.q.r=${k}", "~b.json:t"))
    def test_queues_the_same_points(self, *overrides):
        overrides = [o if not o.startswith(("+", "~")) else self.signed(o) for o in overrides]
        options = [word for override in overrides for word in ("-S", override)]
        dvc(self.theirs, "exp", "run", "-q", "--queue", "-n", "grid", *options)
        expq(self.ours, "submit", "-n", "grid", *options)
        theirs = self.queued_by_dvc()
        self.assertEqual(self.queued_by_us(), theirs)
        self.assertGreater(len(theirs), 1)

    @staticmethod
    def signed(override):
        """The sign stands behind the file."""
        sign = override[:len(override) - len(override.lstrip("+~"))]
        file, _, rest = override[len(sign):].partition(":")
        return f"{file}:{sign}{rest}"

    @workbench.each(added=("a.json:+k=2",), missing=("a.json:none=1",), outside=("a.json:l.7=1",), sub=("a.json:m={new:1}",),
                    glob=("a.json:k=glob(*)",), interval=("a.json:k=interval(0,1)",), syntax=("a.json:k=[1",), delete=("a.json:~k=2",),
                    other=("a.json:l={a:1}",), colon=(":k=1",), group=("a.json:k@p=1",), missing_file=("none.json:k=1",))
    def test_refuses_the_same(self, *overrides):
        options = [word for override in overrides for word in ("-S", override)]
        self.assertNotEqual(dvc(self.theirs, "exp", "run", "--queue", *options, ok=False).returncode, 0)
        self.assertTrue(expq(self.ours, "submit", *options, ok=False).returncode in (2, 3))
