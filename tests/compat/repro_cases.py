"""What `repro` leaves: files, dvc.lock, cache, run cache and .gitignore files are the same bytes as DVC's."""
import os
import pathlib
import shutil

import workbench
from workbench import dvc, expq, read, tree, write

LONG = "python3 -c pass " + " ".join(f"--option-{i} value{i}" for i in range(12))


class Repro(workbench.Case):
    def test_directories_with_unicode_and_empty_files(self):
        self.repository({
            "in/a.txt": "a", "in/sub/ü/deep.txt": "d", "in/sub/empty": "", "in/z é.txt": "z", "in/日本.txt": "j",
            "in/Z": "Z", "in/a/b": "under a folder that sorts near a.txt", "in/a-b": "-",
            "dvc.yaml": "stages:\n  copy:\n    cmd: cp -r in out && chmod +x out/a.txt && mkdir out/nothing\n"
                        "    deps: [in]\n    outs: [out]\n"})
        self.repro()
        self.change("in/sub/ü/deep.txt", "changed")
        self.repro()

    def test_a_tracked_directory_as_dependency(self):
        self.repository({"data/one": "1", "data/two/three": "3", "dvc.yaml":
                         "stages:\n  count:\n    cmd: find data -type f | wc -l > n\n    deps: [data]\n"
                         "    outs: [n: {cache: false}]\n"}, add=["data"])
        self.repro()

    def test_executable_outputs(self):
        self.repository({"dvc.yaml": "stages:\n  make:\n    cmd: printf '#!/bin/sh\\n' > tool; chmod +x tool; cp tool plain;"
                                     " chmod -x plain\n    outs:\n    - tool\n    - plain\n"})
        self.repro()
        for root in (self.theirs, self.ours):
            os.remove(os.path.join(root, "tool"))
        self.repro()

    def test_persistent_outputs(self):
        self.repository({"in": "1", "dvc.yaml": "stages:\n  append:\n    cmd: cat in >> log; mkdir -p d; cp in d/$(cat in)\n"
                                                "    deps: [in]\n    outs:\n    - log: {persist: true}\n"
                                                "    - d: {persist: true}\n"})
        self.repro()
        self.change("in", "2")
        self.repro()
        self.assertEqual(read(self.ours, "log"), "12")

    def test_outputs_outside_the_cache(self):
        self.repository({"in": "1", "dvc.yaml": """\
stages:
  all:
    cmd: for f in plain.txt m.json c.json p.csv q.csv; do echo '{"a":1}' > $f; done; mkdir -p dir; echo 1 > dir/x
    deps: [in]
    outs:
    - plain.txt: {cache: false}
    - dir: {cache: false}
    metrics:
    - m.json: {cache: false}
    - c.json
    plots:
    - p.csv: {cache: false, x: a, y: b, title: t}
    - q.csv: {template: linear}
"""})
        self.repro()
        self.change("in", "2")
        self.repro()

    def test_frozen_stages(self):
        self.repository({"in": "1", "dvc.yaml": "stages:\n  a:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n"
                                                "  b:\n    cmd: cp out end\n    deps: [out]\n    outs: [end]\n"})
        self.repro()
        text = read(self.ours, "dvc.yaml").replace("    cmd: cp in out\n", "    cmd: cp in out\n    frozen: true\n")
        self.change("dvc.yaml", text)
        self.change("in", "2")
        self.repro()
        self.assertEqual(read(self.ours, "end"), "1")
        os.remove(os.path.join(self.ours, "out"))
        expq(self.ours, "repro")  # here DVC asks for a checkout; we put the output back
        self.assert_same()

    def test_stages_that_always_run(self):
        self.repository({"in": "1", "dvc.yaml": """\
stages:
  callback:
    cmd: echo x >> count
  always:
    cmd: cat in > out; echo y >> count2
    always_changed: true
    deps: [in]
    outs: [out]
  after:
    cmd: cp out end
    deps: [out]
    outs: [end]
  no-inputs:
    cmd: echo z >> count3; echo 1 > made
    outs: [made]
"""})
        self.repro(clean=False)
        self.repro(clean=False)
        self.assertEqual(read(self.ours, "count3"), "z\n")
        self.assertEqual(set(self.stages_with_reasons(self.ours)), {"callback", "always", "after"})

    def stages_with_reasons(self, root):
        return [s["stage"] for s in self.expq_status(root) if s["reasons"]]

    def test_working_directories(self):
        self.repository({"in": "1", "sub/params.yaml": "k: 1\n", "sub/deep/f": "f", "sub/other/keep": "", "other.yaml": "o: [1, 2]\n", "dvc.yaml": """\
stages:
  a:
    wdir: sub
    cmd: cat ../in params.yaml deep/f > out; pwd -P | sed 's,.*/,,' > where
    deps: [../in, deep]
    params:
    - k
    - ../other.yaml:
      - o
    outs:
    - out
    - where: {cache: false}
    - ../beside
  b:
    wdir: sub/other
    cmd: cp ../out here
    deps: [../out]
    outs: [here]
""".replace("    cmd: cat", "    cmd: touch ../beside; cat")})
        self.repro()

    def test_params_of_every_kind(self):
        self.repository({
            "params.yaml": """\
a: 1
"null": null
none:
big: 123456789012345678901234567890
neg: -7
float: 1e3
small: 1.0e-5
huge: 1e+300
whole: 3.0
inf: .inf
text: 'yes'
date-like: '2020-01-01'
on: yes
list: [1, [2.5, x], {k: v}]
nested:
  deep: {z: 1, a: [true, false, null]}
  text: "line\\nbreak"
  uni: ünï
empty-map: {}
empty-list: []
octal: 0o17
hex: 0x1F
time: 12:30
unused: 1
""",
            "other.yaml": "x: 1\ny: {z: [1, 2]}\nb: true\n", "whole.yaml": "b: 2\na: {c: 1}\n",
            "p.json": '{"j": {"k": 1.50, "l": [1, null]}, "e": 1e5}', "p.toml": "[t]\nu = 1\nf = 1e-8\n",
            "dvc.yaml": """\
stages:
  s:
    cmd: touch 'ö "1"'
    outs: ['ö "1"']
    params:
    - a
    - big
    - float
    - small
    - huge
    - whole
    - neg
    - inf
    - text
    - date-like
    - on
    - list
    - nested.text
    - nested.deep
    - none
    - 'null'
    - empty-map
    - empty-list
    - octal
    - hex
    - time
    - other.yaml:
      - y.z
      - x
    - whole.yaml:
    - p.json:
      - j
      - e
    - p.toml:
      - t.f
  t:
    cmd: touch 2
    outs: ['2']
    params:
    - whole.yaml:
    - a
"""})
        self.repro()

    def test_one_value_under_two_names_is_read_from_dvcs_lock(self):
        self.repository({"params.yaml": "a: &x {deep: {z: 1}}\nb: *x\n", "dvc.yaml":
                         "stages:\n  s:\n    cmd: touch o\n    params: [a, b, a.deep]\n    outs: [o]\n"})
        dvc(self.theirs, "repro", "-q")
        self.assertIn("*id", read(self.theirs, "dvc.lock"))  # ours repeats the value
        self.assert_clean_for_expq(self.theirs)
        expq(self.ours, "repro")
        self.assert_clean_for_dvc(self.ours)

    def test_a_param_in_a_list(self):
        self.repository({"params.yaml": "l:\n- a: 1\n- a: 2\n", "dvc.yaml":
                         "stages:\n  s:\n    cmd: echo\n    params: [l.1.a]\n  t:\n    cmd: echo 1\n    params:\n    - 'l.0'\n"})
        done = [dvc(self.theirs, "repro", "-q", ok=False), expq(self.ours, "repro", ok=False)]
        self.assertEqual(done[0].returncode == 0, done[1].returncode == 0, done[0].text + done[1].text)
        self.assert_same()

    def test_commands_of_every_form(self):
        self.repository({"dvc.yaml": f"""\
stages:
  long:
    cmd: {LONG}
  folded:
    cmd: >
      {LONG[:60]}
      {LONG[60:]}
  literal:
    cmd: |
      echo one > one

      echo two > two
      if true; then echo three > three; fi
    outs: [one, two, three]
  listed:
    cmd:
    - echo "a 'quoted' word" > q
    - 'printf "tab\\tä\\n" >> q; echo "colon: and # hash" >> q'
    - {LONG} "and a 'quote'"
    outs: [q]
  "with-dash_1":
    cmd: "true # {'x' * 90} {'y' * 90}"
  unquoted:
    cmd: echo 1
"""})
        self.repro(clean=False)

    def test_ignored_files_are_no_part_of_directories(self):
        self.repository({".dvcignore": "*.tmp\n/in/skipped\n", "in/a": "a", "in/b.tmp": "b", "in/skipped/c": "c",
                         "in/.gitignore": "x\n", "in/sub/y": "y", "nest/.dvcignore": "z*\n", "nest/in/zz": "z", "nest/in/a": "a",
                         "params.yaml": "p: 1\n", "dvc.yaml": """\
stages:
  s:
    cmd: mkdir -p o/s; echo 1 > o/s/a; echo 2 > o/b.tmp; echo 3 > o/.hidden
    deps: [in, nest/in]
    params: [p]
    outs: [o]
"""})
        self.repro()
        self.change("in/b.tmp", "changed")
        self.repro()
        expq(self.ours, "run", "-S", "p=2")
        self.assert_clean_for_dvc(self.ours)

    def test_links_inside_directories(self):
        self.repository({"in/a": "a", "in/sub/b": "b", "other": "o", "dvc.yaml":
                         "stages:\n  s:\n    cmd: mkdir o; echo 1 > o/f; ln -s f o/l; ln -s ../other o/out; mkdir o/d; echo 2 > o/d/x;"
                         " ln -s d o/dl\n    deps: [in, alias]\n    outs: [o]\n"})
        for root in (self.theirs, self.ours):
            os.symlink("a", os.path.join(root, "in/l"))
            os.symlink("sub", os.path.join(root, "in/dl"))
            os.symlink("other", os.path.join(root, "alias"))
        dvc(self.theirs, "repro", "-q")
        expq(self.ours, "repro")
        self.assertEqual(read(self.ours, "dvc.lock"), read(self.theirs, "dvc.lock"))
        self.assert_clean_for_dvc(self.ours)

    def test_an_output_that_changes_between_file_and_directory(self):
        self.repository({"in": "1", "dvc.yaml": "stages:\n  s:\n    cmd: cp in o\n    deps: [in]\n    outs: [o]\n"})
        self.repro()
        self.change("dvc.yaml", "stages:\n  s:\n    cmd: mkdir o; cp in o/x\n    deps: [in]\n    outs: [o]\n")
        self.repro()
        self.change("dvc.yaml", "stages:\n  s:\n    cmd: cp in o\n    deps: [in]\n    outs: [o]\n")
        self.repro()

    def test_imported_data_is_a_source(self):
        self.repository({"dvc.yaml": "stages:\n  s:\n    cmd: cp got o\n    deps: [got]\n    outs: [o]\n"})
        write(self.dir, "outside.txt", "from elsewhere")
        for root in (self.theirs, self.ours):
            dvc(root, "import-url", "-q", "../outside.txt", "got")
        self.repro()

    def test_sections_of_the_whole_file(self):
        self.repository({"m.json": "{}", "p.csv": "x,y\n1,2\n", "params.yaml": "a: 1\n", "dvc.yaml": """\
params: [params.yaml]
metrics: [m.json]
plots:
- p.csv:
    x: x
    y: y
- many:
    x: x
    y: {p.csv: [y]}
artifacts:
  model: {path: m.json, type: model, desc: d, labels: [l]}
stages:
  s:
    cmd: cp m.json o
    deps: [m.json]
    outs: [o]
"""})
        self.repro()

    TARGETS = [["mid"], ["-s", "end"], ["--downstream", "mid"], ["-f", "first"], ["-f", "-s", "mid"], ["sub/dvc.yaml"],
               ["sub/dvc.yaml:low"], ["dvc.yaml"], ["-f"], ["--force", "--downstream", "mid"], ["first", "sub/dvc.yaml:low"],
               ["-P"], ["--no-run-cache", "mid"]]

    def chains(self):
        stage = "  {0}:\n    cmd: cp {1} {0}; echo ran >> {2}log-{0}\n    deps: [{1}]\n    outs: [{0}]\n".format
        self.repository({"data": "1", "dvc.yaml": "stages:\n" + stage("first", "data", "") + stage("mid", "first", "") +
                         stage("end", "mid", "") + stage("side", "data", ""),
                         "sub/dvc.yaml": "stages:\n" + stage("low", "../mid", "../") + stage("lower", "low", "../")},
                        add=["data"])
        self.repro("-P")

    @workbench.each(*((arguments,) for arguments in TARGETS))
    def test_targets(self, arguments):
        self.begin("chains", self.chains)
        self.change("data", "2")
        dvc(self.theirs, "repro", "-q", *arguments)
        expq(self.ours, "repro", *arguments)
        self.assert_same()

    def test_failures_and_what_still_runs(self):
        stage = "  {0}:\n    cmd: cp {1} {0}; echo {0} >> log; test {0} != bad\n    deps: [{1}]\n    outs: [{0}]\n".format
        self.repository({"data": "1", ".gitignore": "/good\n/bad\n/after*\n/other*\n", "dvc.yaml": "stages:\n" +
                         stage("good", "data") + stage("bad", "good") + stage("after", "bad") + stage("after2", "after") +
                         stage("other", "data")})
        base = self.clone_of(self.ours, "base")
        # One at a time, as DVC has it: else "other" has run already when "bad" fails.
        for arguments in ([], ["-k"], ["--ignore-errors"]):
            with self.subTest(" ".join(arguments)):
                self.clone_of(base, "theirs"), self.clone_of(base, "ours")
                theirs = dvc(self.theirs, "repro", "-q", *arguments, ok=False)
                ours = expq(self.ours, "repro", "-j", "1", *arguments, ok=False)
                self.assertEqual(ours.returncode == 0, theirs.returncode == 0, theirs.text + ours.text)
                self.assert_same()

    def test_a_repository_in_a_folder_of_git(self):
        self.repository({"keep": ""})
        for root in (self.theirs, self.ours):
            write(root, "proj/in", "1")
            dvc(os.path.join(root, "proj"), "init", "-q", "--subdir")
            write(root, "proj/dvc.yaml", "stages:\n  s:\n    cmd: cp in o; cat p.yaml >> o\n    deps: [in]\n    params: [p.yaml: [a]]\n"
                                         "    outs: [o]\n    metrics: [m.json: {cache: false}]\n".replace(">> o", ">> o; echo {} > m.json"))
            write(root, "proj/p.yaml", "a: 1\n")
            workbench.git(root, "add", "-A")
            workbench.git(root, "commit", "-q", "-m", "project")
        dvc(os.path.join(self.theirs, "proj"), "repro", "-q")
        expq(os.path.join(self.ours, "proj"), "repro")
        self.assertEqual(tree(self.ours, skip=(".git", ".dvc", "proj/.dvc/tmp")), tree(self.theirs, skip=(".git", ".dvc", "proj/.dvc/tmp")))
        expq(os.path.join(self.ours, "proj"), "run", "-S", "p.yaml:a=2", "-n", "one")
        self.assertEqual(dvc(os.path.join(self.ours, "proj"), "exp", "list", "--name-only").stdout.split(), ["one"])
        self.assert_clean_for_dvc(os.path.join(self.ours, "proj"))

    def test_a_cache_elsewhere(self):
        self.repository({"in": "1", "dvc.yaml": "stages:\n  s:\n    cmd: cp in o\n    deps: [in]\n    outs: [o]\n"},
                        config=[("cache.dir", "sto re")])
        self.repro()

    def test_several_pipeline_files(self):
        self.repository({"in": "1", "dvc.yaml": "stages:\n  top:\n    cmd: cp in mid\n    deps: [in]\n    outs: [mid]\n",
                         "sub/dvc.yaml": "stages:\n  low:\n    cmd: cp ../mid end\n    deps: [../mid]\n    outs: [end]\n"
                                         "  top:\n    cmd: echo same name\n",
                         "sub/params.yaml": "a: 1\n"})
        self.repro("-P", clean=False)
        self.change("in", "2")
        for root, program in ((self.theirs, dvc), (self.ours, expq)):
            program(os.path.join(root, "sub"), "repro", "low")
        self.assert_same()

    def test_templated_stages(self):
        self.repository({"params.yaml": "models:\n  cnn: {lr: 0.1}\n  rnn: {lr: 1e-3}\nn: [a, b]\nflag: true\n",
                         "more.yaml": "v: 7\n", "dvc.yaml": """\
vars:
- more.yaml
- w: {x: 1}
stages:
  each:
    foreach: ${n}
    do:
      cmd: echo ${item} ${v} ${w.x} > ${item}.txt
      outs: ['${item}.txt']
  model:
    foreach: ${models}
    do:
      cmd: echo ${key} ${item.lr} ${flag} > m-${key}
      params: ['models.${key}.lr']
      outs: ['m-${key}']
  grid:
    matrix:
      a: [1, 2]
      b: ${n}
    cmd: echo ${item.a} ${item.b} ${key} > g-${key}
    outs: ['g-${key}']
  unpack:
    cmd: echo ${w} > unpacked
    outs: [unpacked]
"""})
        self.repro()

    def test_stages_in_the_order_in_which_they_first_ran(self):
        stage = "  {0}:\n    cmd: cat {1} > {2}\n    deps: [{1}]\n    outs: [{2}]\n".format
        first = "stages:\n" + stage("z", "in", "mid") + stage("a", "mid", "end") + stage("m", "other", "side")
        self.repository({"in": "1", "other": "o", "dvc.yaml": first})
        self.repro()
        self.change("other", "p")
        self.repro()
        self.change("dvc.yaml", "stages:\n" + stage("new", "end", "newer") + first.removeprefix("stages:\n"))
        self.repro()
        self.change("dvc.yaml", "stages:\n" + stage("z", "in", "mid") + stage("m", "other", "side"))
        self.change("in", "2")
        self.repro()  # the removed stages keep their entries

    def test_entries_of_others_are_kept_and_folded_anew(self):
        self.repository({"in": "1", "dvc.yaml": "stages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n",
                         "dvc.lock": "schema: '2.0'\nstages:\n  gone:\n    cmd: 'a command that has more than eighty columns "
                                     "because it is a long one, which needs a fold'\n    params:\n      params.yaml:\n"
                                     "        x: 1e-05\n        y:\n        - 1\n"})
        self.repro()

    def test_gitignore_files(self):
        self.repository({".gitignore": "*.tmp\nbuild", "sub/x": "", "dvc.yaml": """\
stages:
  s:
    cmd: mkdir -p build sub; for f in a.tmp build/b 'we[ird] *name?.txt' sub/c '#hash' '!bang' 'sp ace'; do echo 1 > "$f"; done
    outs:
    - a.tmp
    - build/b
    - we[ird] *name?.txt
    - sub/c
    - '#hash'
    - '!bang'
    - sp ace
    - plain: {cache: false}
""".replace("; do", " plain; do")})
        self.repro()

    def test_a_stage_that_fails_leaves_the_earlier_ones(self):
        self.repository({"in": "1", "dvc.yaml": "stages:\n  a:\n    cmd: cp in mid\n    deps: [in]\n    outs: [mid]\n"
                                                "  b:\n    cmd: cp mid end; exit 3\n    deps: [mid]\n    outs: [end]\n"
                                                "  c:\n    cmd: cp end last\n    deps: [end]\n    outs: [last]\n"})
        self.assertNotEqual(dvc(self.theirs, "repro", "-q", ok=False).returncode, 0)
        self.assertNotEqual(expq(self.ours, "repro", ok=False).returncode, 0)
        # DVC takes back what it told git to ignore, though the output of `a` is made, cached and in the lock.
        self.assertEqual(read(self.ours, ".gitignore"), "/mid\n")
        os.remove(os.path.join(self.ours, ".gitignore"))
        self.assert_same()

    def test_descriptions_and_metadata_are_not_recorded(self):
        self.repository({"in": "1", "dvc.yaml": "stages:\n  s:\n    desc: what it does\n    meta: {owner: me}\n    cmd: cp in out\n"
                                                "    deps: [in]\n    outs:\n    - out: {desc: made, type: model, labels: [a]}\n"})
        self.repro()

    def test_nothing_is_written_when_nothing_changed(self):
        self.repository({"in": "1", "dvc.yaml": "stages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n"})
        dvc(self.theirs, "repro", "-q")
        times = {p: p.stat().st_mtime_ns for p in pathlib.Path(self.theirs).rglob("*") if ".git/" not in str(p) and ".dvc/tmp/" not in str(p) and p.is_file()}
        expq(self.theirs, "repro")
        self.assertEqual({p: p.stat().st_mtime_ns for p in times}, times)


class Links(workbench.Case):
    FILES = {"in": "1", "dvc.yaml": "stages:\n  s:\n    cmd: mkdir -p d; cp in d/x; cp in out\n    deps: [in]\n    outs: [out, d]\n"}

    def links(self, root):
        found = {}
        for path in ("out", "d/x"):
            file = pathlib.Path(root, path)
            found[path] = (file.is_symlink(), file.stat().st_nlink > 1, bool(file.lstat().st_mode & 0o200))
        return found

    def test_outputs_are_copies_that_can_be_written(self):
        self.repository(self.FILES)
        self.repro()
        self.assertEqual(self.links(self.ours), self.links(self.theirs))
        for root in (self.theirs, self.ours):
            os.remove(os.path.join(root, "out"))
            shutil.rmtree(os.path.join(root, "d"))
        self.repro()
        self.assertEqual(self.links(self.ours), self.links(self.theirs))
        self.assertEqual(set(self.links(self.ours).values()), {(False, False, True)})

    def test_links_as_configured(self):
        for kind in ("hardlink", "symlink"):
            with self.subTest(kind):
                self.repository(self.FILES, config=[("cache.type", kind)])
                self.repro()
                self.assertEqual(self.links(self.ours), self.links(self.theirs))

    def test_applied_results_are_copies_that_can_be_written(self):
        self.repository(dict(self.FILES, **{"params.yaml": "p: 1\n"}))
        expq(self.ours, "run", "-S", "p=2")
        self.assertEqual(set(self.links(self.ours).values()), {(False, False, True)})


class RunCache(workbench.Case):
    FILES = {"in": "1", "params.yaml": "p: 1\n", "dvc.yaml": """\
stages:
  s:
    cmd: echo ran >> ran; cat in params.yaml > out; mkdir -p d; cp in d/x; echo '{"m":1}' > m.json
    deps: [in]
    params: [p]
    outs: [out, d]
    metrics:
    - m.json: {cache: false}
"""}

    def forget(self, root):
        for path in ("dvc.lock", "out", "m.json"):
            os.remove(os.path.join(root, path))
        shutil.rmtree(os.path.join(root, "d"))

    def test_expq_takes_what_dvc_ran(self):
        self.repository(self.FILES)
        dvc(self.theirs, "repro", "-q")
        before = workbench.whole(self.theirs)
        self.forget(self.theirs)
        expq(self.theirs, "repro")
        self.assertEqual(workbench.whole(self.theirs), before)

    def test_dvc_takes_what_expq_ran(self):
        self.repository(self.FILES)
        expq(self.ours, "repro")
        before = workbench.whole(self.ours)
        self.forget(self.ours)
        self.assertIn("is cached - skipping run", dvc(self.ours, "repro").stdout)
        self.assertEqual(workbench.whole(self.ours), before)

    def test_going_back_to_an_earlier_param_runs_nothing(self):
        self.repository(self.FILES)
        for value in ("1", "2", "1"):
            self.change("params.yaml", f"p: {value}\n")
            self.repro()
        self.assertEqual(read(self.ours, "ran"), "ran\nran\n")
