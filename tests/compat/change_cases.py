"""What is a change of a stage, and in which words the two say so."""
from twins import Twins
from workbench import dvc, expq


class Changes(Twins):
    """One stage, one change after the other: does it run?"""

    PARAMS = "a: 1\nb: null\nc: {d: x, e: [1, 2]}\nf: 1.0\ng: true\n"
    STAGE = ("stages:\n  s:\n    cmd: cat in params.yaml > out; echo s >> log\n    deps: [in]\n    params: [a, b, c.d, c.e, f, g]\n"
             "    outs: [out]\n")

    def made(self):
        self.repository({"in": "1", "in2": "2", "code/in": "1", "code/params.yaml": self.PARAMS, "params.yaml": self.PARAMS,
                         ".gitignore": "/log\n", "dvc.yaml": self.STAGE})
        self.assertEqual(self.reproduce(), ["s"])

    def start(self):
        self.begin("start", self.made)

    def step(self, params, ran, clean=True):
        self.change("params.yaml", params)
        self.assertEqual(bool(self.dirty()[0]), ran)
        self.assertEqual(bool(self.reproduce(clean=clean)), ran)

    def test_equal_numbers_are_no_change(self):
        self.start()
        for old, new in (("a: 1", "a: 1.0"), ("a: 1", "a: true"), ("f: 1.0", "f: 1"), ("g: true", "g: 1"), ("a: 1", "a: 0x1")):
            with self.subTest(new):
                self.step(self.PARAMS.replace(old, new, 1), False)
        self.step(self.PARAMS.replace("a: 1", "a: '1'"), True)

    def test_a_null_is_a_value_and_a_missing_key_is_none(self):
        self.start()
        self.step(self.PARAMS.replace("b: null", "b:"), False)
        self.step(self.PARAMS.replace("b: null", "b: ~"), False)
        self.step(self.PARAMS.replace("b: null", "b: 0"), True)
        self.step(self.PARAMS.replace("b: null", "b: false"), False)
        self.change("params.yaml", self.PARAMS.replace("b: null\n", ""))
        theirs, ours = self.dirty()
        self.assertEqual(theirs["s"], [{"changed deps": {"params.yaml": {"b": "deleted"}}}])
        self.assertEqual(ours["s"], ["parameter params.yaml:b missing"])
        done = [dvc(self.theirs, "repro", "-q", ok=False), expq(self.ours, "repro", ok=False)]
        self.assertTrue(all(d.returncode for d in done))

    def test_order_counts_in_lists_not_in_maps_and_other_keys_do_not(self):
        self.start()
        self.step(self.PARAMS + "other: 5\n", False)
        self.step(self.PARAMS.replace("d: x, e: [1, 2]", "e: [1, 2], d: x"), False)
        self.step(self.PARAMS.replace("[1, 2]", "[2, 1]"), True)

    def test_keys_that_come_and_go_in_dvc_yaml(self):
        self.start()
        fewer = self.STAGE.replace("[a, b, c.d, c.e, f, g]", "[a, b]")
        self.change("dvc.yaml", fewer)
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])
        self.change("dvc.yaml", fewer.replace("[a, b]", "[a, b, c]"))
        theirs, ours = self.dirty()
        self.assertEqual(theirs["s"], [{"changed deps": {"params.yaml": {"c": "new"}}}])
        self.assertEqual(ours["s"], ["parameter params.yaml:c new"])
        self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_a_params_file_that_is_gone(self):
        self.start()
        self.remove("params.yaml")
        self.assertEqual(list(self.dirty()[0]), ["s"])
        done = [dvc(self.theirs, "repro", "-q", ok=False), expq(self.ours, "repro", ok=False)]
        self.assertTrue(all(d.returncode for d in done))

    def test_what_is_no_change_of_a_stage(self):
        self.start()
        for old, new in (("    outs: [out]\n", "    outs:\n    - out: {desc: d, type: model, push: false}\n"),
                         ("    cmd:", "    desc: said\n    meta: {a: 1}\n    cmd:"),
                         ("    outs: [out]\n", "    plots:\n    - out: {x: a, template: linear}\n"),
                         ("    outs: [out]\n", "    metrics: [out]\n"),
                         ("    outs: [out]\n", "    outs: [out]\n    always_changed: false\n    frozen: false\n")):
            with self.subTest(new):
                self.change("dvc.yaml", self.STAGE.replace(old, new))
                self.assertEqual(self.dirty()[0], {})
                self.assertEqual(self.reproduce(), [])

    def test_a_command_is_compared_as_it_is_written(self):
        self.start()
        for new in ("cmd: cat in params.yaml  > out; echo s >> log", "cmd:\n    - cat in params.yaml > out\n    - echo s >> log",
                    "cmd: |-\n      cat in params.yaml > out\n      echo s >> log"):
            with self.subTest(new):
                self.change("dvc.yaml", self.STAGE.replace("cmd: cat in params.yaml > out; echo s >> log", new))
                theirs, ours = self.dirty()
                self.assertEqual((theirs["s"], ours["s"]), (["changed command"], ["command changed"]))
                self.assertEqual(self.reproduce(clean=True), ["s"])

    def test_outputs_that_come_and_go_in_dvc_yaml(self):
        self.start()
        more = self.STAGE.replace("> out;", "> out; cp out out2;").replace("[out]", "[out, out2]")
        self.change("dvc.yaml", more)
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.change("dvc.yaml", more.replace("[out, out2]", "[out2]"))
        self.dirty()
        self.assertEqual(self.reproduce(), [])

    def test_dependencies_that_come_and_go_in_dvc_yaml(self):
        self.start()
        self.change("dvc.yaml", self.STAGE.replace("[in]", "[in, in2]"))
        theirs, ours = self.dirty()
        self.assertEqual(ours["s"], ["dependency in2 new"])  # DVC calls it modified
        self.assertEqual(self.reproduce(clean=True), ["s"])
        self.change("dvc.yaml", self.STAGE)
        self.assertEqual(self.dirty()[0], {})
        self.assertEqual(self.reproduce(), [])

    def test_the_words_for_every_change(self):
        self.start()
        self.change("dvc.yaml", self.STAGE.replace("[in]", "[in, in2]"))
        self.remove("in", "out")
        theirs, ours = self.dirty()
        self.assertEqual(self.dvc_words(theirs, "s", "changed deps"), {"in": "deleted", "in2": "modified"})
        self.assertEqual(self.dvc_words(theirs, "s", "changed outs"), {"out": "deleted"})
        self.assertEqual(ours["s"], ["dependency in missing", "dependency in2 new", "output out missing"])
        self.change("out", "by hand")
        self.assertEqual(self.dirty()[1]["s"][-1], "output out modified")
        self.remove(".dvc/cache/files")
        self.assertEqual(self.dvc_words(self.dirty()[0], "s", "changed outs"), {"out": "not in cache"})
        self.assertEqual(self.dirty()[1]["s"][-1], "output out not in cache")
