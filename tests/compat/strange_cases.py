"""Objects, files and names that are not what one expects."""
import os
import pathlib

from data_cases import FOLDER, Data
from workbench import dvc, each, expq, git, read, tree, write


class Strange(Data):
    @each(empty="", garbage="{", other="[]")  # the last one DVC believes
    def test_a_broken_manifest(self, text):
        self.repository({"x": "1"})
        for root in self.each_root():
            for path, content in FOLDER.items():
                write(root, path, content)
            dvc(root, "add", "-q", "data")
            manifest = next(pathlib.Path(root, ".dvc/cache/files").rglob("*.dir"))
            manifest.chmod(0o644)
            manifest.write_text(text)
        self.remove("data")
        ours = expq(self.ours, "checkout", ok=False)
        self.assertEqual(ours.returncode, 1)
        self.assertEqual(dvc(self.theirs, "checkout", ok=False).returncode != 0, text != "[]")
        self.assertIn("damaged", ours.stderr)

    def test_a_dvcignore_in_data(self):
        self.repository({"in": "1"})
        for root in self.each_root():
            write(root, "data/x", "x")
            write(root, "data/sub/.dvcignore", "y\n")
        self.refused("add", "data", code=4)

    @each(persist="  persist: true\n", desc="  desc: x\n", type="  type: model\n", files="  files: []\n",
          metric=("  metric: true\n", True), plot=("  plot: true\n", True), checkpoint=("  checkpoint: true\n", True))
    def test_a_key_of_old(self, line, is_refused_by_dvc=False):
        self.repository({"x": "1"})
        for root in self.each_root():
            git(root, "rm", "-q", "--cached", "x")
            dvc(root, "add", "-q", "x")
            write(root, "x.dvc", read(root, "x.dvc") + line)
        self.remove("x")
        for args in (("checkout",), ("add", "x")):
            self.assertEqual(dvc(self.theirs, *args, ok=False).returncode != 0, is_refused_by_dvc)
            expq(self.ours, *args)

    @each(frozen="frozen: true\n", always="always_changed: true\n", wdir="wdir: .\n", md5="md5: " + 32 * "a" + "\n", meta="meta: {a: 1}\n",
          desc="desc: x\n")
    def test_a_top_key_of_old(self, line):
        self.repository({"x": "1"})
        for root in self.each_root():
            git(root, "rm", "-q", "--cached", "x")
            dvc(root, "add", "-q", "x")
            write(root, "x.dvc", line + read(root, "x.dvc"))
        self.remove("x")
        self.both("checkout", same=False)
        self.assert_same()
        self.change("x", "2")
        self.both("add", "x", same=False)
        # A `wdir: .` DVC takes out.
        self.assertEqual(read(self.ours, "x.dvc").removeprefix("wdir: .\n"), read(self.theirs, "x.dvc"))

    @each(hash="#x", bang="!x", dash="-x", leading=" x", trailing="x ", backslash="a\\b", tab="a\tb", star="*", dots="..x", dot=".x",
          percent="%41", long="x" * 200, dvc="x.dvc.d", control="a\x01b")
    def test_a_name(self, name):
        self.repository({})
        self.change(name, "1")
        self.both("add", "--", name)
        self.assert_clean()
        self.assertEqual(*(git(root, "status", "--porcelain") for root in self.each_root()))
        self.remove(name)
        if "\\" in name:
            expq(self.ours, "checkout", name)  # DVC looks for a/b
            self.assertEqual(read(self.ours, name), "1")
            return
        self.both("checkout", "--", name)
        self.both("push", "--", name)

    def test_names_in_a_folder(self):
        self.repository({})
        for name in ("a\nb", "a\\b", '"', "#", " ", "-", "é", "é", "日本", "\x7f", "..x", "😀", "z\tz"):
            for root in self.each_root():
                write(root, "data/" + name, name.encode("utf-8", "surrogateescape"))
        self.both("add", "data", same=False)
        self.assertEqual(read(self.ours, "data.dvc"), read(self.theirs, "data.dvc"))
        before = tree(self.ours, "data")
        self.remove("data")
        self.both("checkout", same=False)
        self.assertEqual(tree(self.ours, "data"), before)
        self.assert_clean()

    def test_a_name_that_is_no_text(self):
        """Where DVC gives up."""
        self.repository({})
        name = os.path.join(os.fsencode(self.ours), b"data/\xff")
        os.makedirs(os.path.dirname(name))
        pathlib.Path(os.fsdecode(name)).write_text("x")
        expq(self.ours, "add", "data")
        os.remove(name)
        expq(self.ours, "checkout")
        self.assertTrue(os.path.exists(name))

    def test_an_empty_folder(self):
        self.repository({})
        for root in self.each_root():
            os.makedirs(os.path.join(root, "data/deep"))
        self.both("add", "data")
        self.assert_clean()
        self.remove("data")
        self.both("checkout")
        self.both("push")
        self.assert_clean()

    def test_an_empty_file(self):
        self.repository({})
        self.change("x", "")
        self.both("add", "x")
        self.remove("x")
        self.both("checkout")
        self.both("push")
        self.both("fetch")
        self.assert_clean()

    def test_links_in_a_folder(self):
        self.repository({})
        for root in self.each_root():
            write(root, "there/deep/x", "x")
            write(root, "data/a", "a")
            os.symlink("../there/deep/x", os.path.join(root, "data/file"))
            os.symlink("../there", os.path.join(root, "data/folder"))
        self.both("add", "data")
        self.remove("data/a")
        self.both("checkout", "-f", same=False)
        self.assertEqual(tree(self.ours, "data"), tree(self.theirs, "data"))
        self.assertEqual(read(self.ours, "there/deep/x"), "x")

    def test_a_broken_link_in_a_folder(self):
        self.repository({})
        for root in self.each_root():
            write(root, "data/a", "a")
            os.symlink("nowhere", os.path.join(root, "data/link"))
        self.refused("add", "data", code=4)

    def test_a_pipe(self):
        self.repository({})
        write(self.ours, "data/a", "a")
        os.mkfifo(os.path.join(self.ours, "data/pipe"))
        for target in ("data", "data/pipe"):
            self.assertIn(expq(self.ours, "add", target, ok=False).returncode, (2, 4))  # DVC waits for ever

    def test_a_folder_that_became_a_link(self):
        """What lies behind it is not ours to change."""
        self.repository({})
        for root in self.each_root():
            write(root, "data/sub/x", "x")
            write(root, "data/y", "y")
        self.both("add", "data")
        self.remove("data/sub")
        for root in self.each_root():
            write(root, "elsewhere/x", "mine")
            write(root, "elsewhere/z", "mine")
            os.symlink("../elsewhere", os.path.join(root, "data/sub"))
        self.assertEqual(expq(self.ours, "checkout", ok=False).returncode, 4)
        expq(self.ours, "checkout", "-f")
        self.assertEqual(read(self.ours, "elsewhere/x"), "mine")
        self.assertEqual(read(self.ours, "elsewhere/z"), "mine")
        self.assertEqual(read(self.ours, "data/sub/x"), "x")

    def test_a_path_of_more_than_a_kilobyte(self):
        folder = "/".join(["d" * 200] * 6)
        pipeline = "stages:\n  s:\n    cmd: mkdir -p {0}; cp in {0}/out\n    deps: [in]\n    outs: [{0}/out]\n"
        self.repository({"in": "1", "dvc.yaml": pipeline.format(folder)})
        self.repro()
        self.change("in", "2")
        self.repro()
