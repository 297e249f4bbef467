"""`repro --no-commit`: stages run and are recorded, their outputs stay where they are."""
import os

import workbench
from twins import COPY, Twins, stages
from workbench import dvc, expq, read, tree


class NoCommit(Twins):
    FILES = {"data": "1", "dir/a": "a", "params.yaml": "k: 1\n", ".gitignore": "/log\n", "dvc.yaml": stages(
        COPY("s", "data"),
        "  d:\n    cmd: mkdir -p o/sub; cp dir/* s o/sub; echo d >> log\n    deps: [dir, s]\n    params: [k]\n    outs: [o]\n",
        "  m:\n    cmd: echo '{}' > m.json; echo x,y > p.csv; echo m >> log\n    deps: [o]\n"
        "    metrics: [m.json: {cache: false}]\n    plots: [p.csv]\n")}

    def fresh(self):
        self.repository(self.FILES, add=["data", "dir"])

    def start(self):
        self.begin("start", self.fresh)

    def done(self):
        def made():
            self.fresh()
            self.reproduce()
        self.begin("done", made)

    def test_what_it_leaves_behind(self):
        self.start()
        self.assertEqual(self.reproduce("--no-commit"), ["d", "m", "s"])
        self.dirty()
        self.assertEqual(self.reproduce(), ["d", "m"])  # what s made is in the cache: it is what was added as data

    def test_and_what_a_commit_then_does(self):
        self.start()
        self.reproduce("--no-commit")
        dvc(self.theirs, "commit", "-q", "-f"), expq(self.ours, "commit", "-f")
        self.assert_same()
        self.assertEqual(self.reproduce(clean=True), [])

    def test_twice(self):
        self.start()
        self.reproduce("--no-commit")
        self.assertEqual(self.reproduce("--no-commit"), ["d", "m"])

    def test_changed_data_stays_as_it_was_recorded(self):
        self.done()
        self.change("data", "2")
        self.change("dir/b", "b")
        self.reproduce("--no-commit")
        self.dirty()
        self.reproduce()

    def test_changed_data_that_nothing_has_run_with(self):
        self.done()
        self.change("data", "2")
        self.reproduce("--no-commit", "m")
        self.change("data", "1")
        self.reproduce("--no-commit")

    def test_an_earlier_result_is_restored(self):
        self.done()
        self.change("params.yaml", "k: 2\n")
        self.reproduce()
        self.change("params.yaml", "k: 1\n")
        self.assertEqual(self.reproduce("--no-commit"), [])
        self.dirty()

    def test_outputs_that_are_gone(self):
        self.done()
        self.remove("s", "o", "m.json")
        self.assertEqual(self.reproduce("--no-commit"), [])

    def test_by_force(self):
        self.done()
        self.assertEqual(self.reproduce("--no-commit", "-f"), ["d", "m", "s"])
        self.dirty()

    def test_an_output_that_changed(self):
        self.done()
        self.change("params.yaml", "k: 2\n")
        self.reproduce("--no-commit")
        self.change("s", "other")
        self.reproduce("--no-commit")
        self.dirty()

    def test_without_the_run_cache(self):
        self.done()
        self.change("params.yaml", "k: 2\n")
        self.reproduce("--no-commit", "--no-run-cache")
        self.change("params.yaml", "k: 1\n")
        self.reproduce("--no-commit", "--no-run-cache")

    def test_persistent_and_executable_outputs(self):
        self.repository({"in": "1", ".gitignore": "/log\n", "dvc.yaml": stages(
            "  p:\n    cmd: cat in >> p; echo x > x; chmod +x x; echo p >> log\n    deps: [in]\n"
            "    outs:\n    - p: {persist: true}\n    - x\n")})
        self.reproduce("--no-commit")
        self.change("in", "2")
        self.reproduce("--no-commit")
        self.assertEqual(read(self.ours, "p"), "12")
        self.reproduce()

    def test_frozen_stages(self):
        self.done()
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("  s:\n", "  s:\n    frozen: true\n"))
        self.change("s", "by hand")
        self.reproduce("--no-commit")
        self.dirty()

    @workbench.each(["hardlink"], ["symlink"], ["copy"])
    def test_links(self, kind):
        self.repository(self.FILES, add=["data", "dir"], config=[("cache.type", kind)])
        self.reproduce("--no-commit")
        self.assertEqual(os.path.islink(os.path.join(self.ours, "s")), os.path.islink(os.path.join(self.theirs, "s")))
        self.assertEqual(os.stat(os.path.join(self.ours, "s")).st_mode, os.stat(os.path.join(self.theirs, "s")).st_mode)
        self.change("params.yaml", "k: 2\n")
        self.reproduce()

    @workbench.each([], ["--no-commit"])
    def test_the_output_of_a_frozen_stage_is_taken_as_it_is(self, *arguments):
        self.done()
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("  s:\n", "  s:\n    frozen: true\n"))
        self.change("s", "by hand")
        self.reproduce("-s", "s", *arguments)
        self.dirty()

    def test_a_data_source_of_its_own(self):
        self.done()
        self.change("data", "2")
        self.reproduce("--no-commit", "data.dvc")
        self.dirty()

    def test_a_stage_that_fails_in_the_middle(self):
        self.start()
        # DVC takes back what it wrote into .gitignore when a stage fails (its issue 11091); here it is all there before.
        self.change(".gitignore", "/log\n/data\n/dir\n/s\n/o\n/p.csv\n")
        self.change("dvc.yaml", read(self.ours, "dvc.yaml").replace("echo d >> log", "echo d >> log; exit 1"))
        self.reproduce("--no-commit")
        self.reproduce("--no-commit", "-k")
