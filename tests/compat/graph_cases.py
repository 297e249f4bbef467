"""The graph of the stages, drawn."""
from twins import COPY, Twins, stages
from workbench import dvc, expq


class Graphs(Twins):
    FILES = {"data": "1", "dvc.yaml": stages(COPY("b", "data"), COPY("a", "b"), "  each:\n    foreach: [x, y]\n    do:\n      cmd: echo\n"
                                             "      deps: [a]\n      outs: ['e-${item}', 'f-${item}']\n"),
             "sub/dvc.yaml": stages("  low:\n    cmd: echo\n    deps: [../a]\n    outs: [low]\n")}

    def test_mermaid_is_the_same(self):
        self.repository(self.FILES, add=["data"])
        for arguments in ([], ["-o"], ["a"], ["a", "--full"], ["each@x"], ["b", "-o"], ["data"], ["sub/dvc.yaml:low"], ["e-x"]):
            with self.subTest(" ".join(arguments)):
                for form in ("--mermaid", "--md"):
                    self.assertEqual(expq(self.ours, "dag", form, *arguments).stdout, dvc(self.theirs, "dag", form, *arguments).stdout)

    def test_dot_says_the_same(self):
        self.repository(self.FILES, add=["data"])
        for arguments in ([], ["-o"], ["a"]):
            with self.subTest(" ".join(arguments)):
                ours, theirs = expq(self.ours, "dag", "--dot", *arguments).stdout, dvc(self.theirs, "dag", "--dot", *arguments).stdout
                self.assertEqual(sorted(ours.split("\n")), sorted(theirs.rstrip("\n").split("\n") + [""]))
