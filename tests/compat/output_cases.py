"""Outputs that are gone, changed, shared, or in git: what is restored, made again or left alone."""
import os
import stat

from twins import COPY, Twins, stages
from workbench import dvc, expq, git, read, write


class Outputs(Twins):
    """What is done about outputs that are gone, changed, or only in the cache."""

    FILES = {"in": "1", ".gitignore": "/log\n", "dvc.yaml": stages(
        "  s:\n    cmd: cp in out; mkdir -p d/e; cp in d/e/x; cp in m; echo s >> log\n    deps: [in]\n    outs: [out, d]\n"
        "    metrics: [m: {cache: false}]\n")}

    def made(self):
        self.repository(self.FILES)
        self.reproduce()

    def start(self, files=None, **kwargs):
        if not files:
            return self.begin("start", self.made)
        self.repository(files, **kwargs)
        self.reproduce()

    def test_gone_outputs_come_back_from_the_cache(self):
        self.start()
        for paths in (["out"], ["d"], ["m"], ["d/e/x"], ["out", "d", "m"]):
            with self.subTest(paths):
                self.remove(*paths)
                self.assertEqual(self.reproduce(clean=True), [])

    def test_also_without_the_run_cache(self):
        self.start()
        for paths in (["out"], ["m"], ["out", "d", "m"]):
            with self.subTest(paths):
                self.remove(*paths)
                self.assertEqual(self.reproduce("--no-run-cache", clean=True), [])

    def test_changed_outputs_are_replaced(self):
        self.start()
        for path in ("out", "d/e/x", "m"):
            with self.subTest(path):
                self.change(path, "by hand")
                self.assertEqual(self.reproduce(clean=True), [])
                self.assertEqual(read(self.ours, path), "1")
        self.change("d/new", "extra")
        self.assertEqual(self.reproduce(clean=True), [])
        self.assertFalse(os.path.exists(os.path.join(self.ours, "d/new")))

    def test_an_output_that_the_cache_lost_is_made_again(self):
        self.start()
        self.remove(".dvc/cache/files")
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_the_run_cache_alone_is_enough(self):
        self.start()
        self.remove("dvc.lock", "out", "d", "m")
        self.assertEqual(self.reproduce(clean=True), [])
        self.remove("dvc.lock")
        self.assertEqual(self.reproduce("--no-run-cache", clean=True), ["s"])

    def test_force_runs_and_fills(self):
        self.start()
        self.assertEqual(self.reproduce("-f", clean=True), ["s"])
        self.assertEqual(self.reproduce("--force", "--no-run-cache", clean=True), ["s"])

    def test_no_commit_leaves_the_cache_alone(self):
        self.repository(self.FILES)
        self.assertEqual(self.reproduce("--no-commit"), ["s"])
        self.assertFalse(os.path.exists(os.path.join(self.ours, ".dvc/cache/runs")))
        self.dirty()
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_plain_outputs_outside_the_cache_make_a_stage_run_again(self):
        self.start(dict(self.FILES, **{"dvc.yaml": stages(
            "  s:\n    cmd: cp in plain; echo s >> log\n    deps: [in]\n    outs: [plain: {cache: false}]\n")}))
        self.remove("plain")
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.change("in", "2")
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.change("in", "1")
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_a_stage_without_dependencies_runs_again(self):
        self.start(dict(self.FILES, **{"dvc.yaml": stages("  s:\n    cmd: echo 1 > out; echo s >> log\n    outs: [out]\n")}))
        self.assertEqual(self.reproduce(), [])
        self.remove("out")
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_params_alone_are_dependencies(self):
        self.start(dict(self.FILES, **{"params.yaml": "a: 1\n", "dvc.yaml": stages(
            "  s:\n    cmd: cp params.yaml out; echo s >> log\n    params: [a]\n    outs: [out]\n")}))
        self.remove("out")
        self.assertEqual(self.reproduce(clean=True), [])

    def test_a_persistent_output_is_never_shared(self):
        self.start(dict(self.FILES, **{"dvc.yaml": stages(
            "  s:\n    cmd: cat in >> out; echo s >> log\n    deps: [in]\n    outs: [out: {persist: true}]\n")}))
        self.assertEqual(self.reproduce("-f", clean=True), ["s"])
        self.assertEqual(read(self.ours, "out"), "11")
        self.remove("out")
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.assertEqual(read(self.ours, "out"), "1")

    def test_modes_and_times_are_no_content(self):
        self.start()

        def touch(root):
            os.utime(os.path.join(root, "in"), (1, 1))
            os.chmod(os.path.join(root, "in"), 0o755)
            os.utime(os.path.join(root, "d/e/x"), (1, 1))
            os.makedirs(os.path.join(root, "d/empty"))
        self.both(touch)
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])

    def test_an_executable_output_comes_back_executable(self):
        self.start(dict(self.FILES, **{"dvc.yaml": stages(
            "  s:\n    cmd: cp in out; chmod +x out; echo s >> log\n    deps: [in]\n    outs: [out]\n")}))
        self.remove("out")
        self.assertEqual(self.reproduce(clean=True), [])
        self.assertTrue(os.stat(os.path.join(self.ours, "out")).st_mode & stat.S_IXUSR)

    def test_links_among_dependencies(self):
        self.repository({"real": "1", "dir/a": "a", ".gitignore": "/log\n", "dvc.yaml": stages(
            "  s:\n    cmd: cat link d2/a > out; echo s >> log\n    deps: [link, d2]\n    outs: [out]\n")})

        def link(root):
            os.symlink("real", os.path.join(root, "link"))
            os.symlink("dir", os.path.join(root, "d2"))
        self.both(link)
        self.assertEqual(self.reproduce(), ["s"])
        self.change("dir/a", "b")
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.both(lambda root: (os.remove(os.path.join(root, "link")), write(root, "link", "1")))
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])

    def test_an_output_that_was_not_made(self):
        self.start(dict(self.FILES, **{"dvc.yaml": stages("  s:\n    cmd: echo s >> log\n    deps: [in]\n    outs: [out]\n")}))
        self.assertFalse(os.path.exists(os.path.join(self.ours, "dvc.lock")))

    def test_empty_outputs(self):
        self.start(dict(self.FILES, **{"dvc.yaml": stages(
            "  s:\n    cmd: touch out; mkdir d; echo s >> log\n    deps: [in]\n    outs: [out, d]\n")}))
        self.remove("out", "d")
        self.assertEqual(self.reproduce(), [])

    def test_linked_outputs_are_freed_before_they_are_written(self):
        for kind in ("hardlink", "symlink"):
            with self.subTest(kind):
                self.start(dict(self.FILES, **{"dvc.yaml": stages(
                    "  s:\n    cmd: cat in >> out; mkdir -p d; cp in d/$(cat in); echo s >> log\n    deps: [in]\n"
                    "    outs: [out: {persist: true}, d: {persist: true}]\n")}), config=[("cache.type", kind)])
                self.change("in", "2")
                self.assertEqual(self.reproduce(clean=True), ["s"])
                self.assertEqual(read(self.ours, "out"), "12")


class Tracked(Twins):
    def test_an_output_that_git_has(self):
        self.repository({"in": "1", "out": "old", "d/x": "old", ".gitignore": "/log\n", "dvc.yaml": stages(
            "  s:\n    cmd: cp in out; echo s >> log\n    deps: [in]\n    outs: [out]\n", COPY("t", "in"),
            "  u:\n    cmd: mkdir -p d; cp in d/x\n    deps: [in]\n    outs: [d]\n")})
        for name in ("s", "u"):
            done = [dvc(self.theirs, "repro", "-q", name, ok=False), expq(self.ours, "repro", name, ok=False)]
            self.assertTrue(all(d.returncode for d in done), done[0].text + done[1].text)
        self.assertEqual(read(self.ours, "out"), "old")  # DVC has overwritten it by then
        self.both(lambda root: (git(root, "rm", "-q", "-r", "--cached", "out", "d"), self.ran(root)))
        self.assertEqual(self.reproduce("-P", clean=True), ["s", "t"])
