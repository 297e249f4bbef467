"""dvc.yaml as DVC reads and writes it: the language, `stage add` and `stage list`, .dvcignore, .dvc files of every kind."""
import os

import workbench
from workbench import dvc, expq, read, write

# Every way to say something, in one repository: what runs and what it leaves must be the same.
LANGUAGE = {
    "params.yaml": "n: 3\nlr: 1e-05\nname: net\nflag: true\nnone: null\nlst: [a, b]\nsizes: {small: 1, big: {deep: 2}}\n"
                   "args: {lr: 0.1, verbose: true, quiet: false, tags: [x, 'y z'], name: it's, nested: {k: 1}, empty: []}\n",
    "more.json": '{"extra": {"one": 1}, "other": 2}',
    "values.toml": "title = 'T'\n",
    "own.yaml": "mine: 7\n",
    "code/params.yaml": "lr: 5\n",
    "code/own.yaml": "local: here\n",
    "dvc.yaml": r"""vars:
- more.json:extra
- values.toml
- sizes: {huge: 3}
- own.yaml
stages:
  text:
    cmd: echo ${n} ${lr} ${name} ${flag} ${none} ${ sizes.big.deep } ${lst[0]} ${lst[-1]} ${sizes[small]} ${title} > text
    outs: [text]
  unpack:
    cmd: echo ${args} > unpack
    outs: [unpack]
  escape:
    cmd: echo '\${n}' $HOME '$(x) ${unclosed' > escape
    outs: [escape]
  lines:
    desc: |

      two lines
      of words
    cmd: |
      echo one > lines

      echo two >> lines
    outs: [lines]
  list:
    cmd:
    - echo one > list
    - echo ${mine} ${extra.one} ${sizes.huge} >> list
    outs: [list]
  work:
    wdir: code
    vars: [own.yaml, {w: 1}]
    cmd: echo ${local} ${w} > ../worked
    params: [lr]
    outs: [../worked]
  each:
    foreach: [1, 1.5, 1e-05, null, true, text, x/y]
    do: {cmd: 'echo ${item}'}
  flags:
    foreach: ['${flag}', true]
    do: {cmd: 'echo ${item}'}
  map:
    foreach: ${sizes}
    do: {cmd: 'echo ${key} >> map-${key}', outs: ['map-${key}']}
  mixed:
    foreach: [{a: 1}, two]
    do: {cmd: 'echo mixed'}
  grid:
    matrix: {m: [x, 2.0, true], c: '${lst}', o: [{k: 1}, {k: 2}]}
    cmd: echo ${item.m} ${item.c} ${item.o.k} ${key} > grid-${key}
    outs: ['grid-${key}']
  flagged:
    cmd: echo 1 > f1; echo 2 > f2; echo 3 > f3; echo '{"a":1}' > f4.json; printf 'a\n1\n' > f5.csv
    outs:
    - f1: {persist: true, desc: words, type: model, labels: [a, '${name}'], meta: {k: [1]}}
    - f2: {cache: false}
    - f2
    - f3: {push: false}
    metrics: [f4.json: {cache: false}]
    plots: [f5.csv: {x: a, y: a, x_label: l, y_label: m, title: t, template: linear, header: true}]
  whole:
    cmd: echo whole > whole
    params: [n, {own.yaml: }, {more.json: [extra.one, other]}, {params.yaml: [name]}]
    outs: [whole]
  below:
    cmd: mkdir dir && echo 1 > dir/a && echo 2 > dir/b
    outs: [dir]
  reader:
    cmd: cat dir/a > read
    deps: [dir/a]
    outs: [read]
params: [own.yaml]
metrics: [f4.json]
plots: [f5.csv, {f5.csv: {x: a, y: a}}, two: {x: a, y: {f5.csv: [a]}}]
artifacts: {'${name}': {path: f1, type: model, desc: d, labels: [l], meta: {k: v}}}
datasets: [{name: ds, type: dvc, url: ., path: f1}]
""",
}


def listed(text):
    return sorted(line for line in text.splitlines() if line)


class Language(workbench.Case):
    def test_everything_at_once(self):
        self.repository(LANGUAGE)
        self.repro("-P", clean=False)
        theirs, ours = dvc(self.theirs, "stage", "list", "--all").stdout, expq(self.ours, "stage", "list", "--all").stdout
        self.assertEqual(listed(ours), listed(theirs))

    @workbench.each(
        nargs=(), bool=(("parsing.bool", "boolean_optional"),), list=(("parsing.list", "append"),))
    def test_maps_become_arguments(self, *config):
        self.repository({"params.yaml": LANGUAGE["params.yaml"], "dvc.yaml": "stages:\n  a: {cmd: 'echo ${args}'}\n"}, config=config)
        self.repro(clean=False)

    def test_several_files_are_one_graph(self):
        self.repository({
            "dvc.yaml": "stages:\n  a: {cmd: cp b/out fin, deps: [b/out], outs: [fin]}\n",
            "b/params.yaml": "v: bee\n", "b/dvc.yaml": "stages:\n  a: {cmd: 'cp c/out out; echo ${v} >> out', deps: [c/out], outs: [out]}\n",
            "b/c/dvc.yaml": "stages:\n  g:\n    foreach: [1, 2]\n    do: {cmd: 'echo ${item} > o${item}', outs: ['o${item}']}\n"
                            "  a: {cmd: cat o1 o2 > out, deps: [o1, o2], outs: [out]}\n  alone: {cmd: echo x > alone, outs: [alone]}\n"})
        self.repro("b/c/dvc.yaml:g@1", clean=False)
        self.repro("b/c/dvc.yaml:g", clean=False)
        self.repro("--glob", "b/c/dvc.yaml:al*", clean=False)
        self.repro("-R", "b", clean=False)
        self.repro("-p", "b/dvc.yaml:a")
        for root, args in ((self.theirs, ()), (os.path.join(self.theirs, "b"), ()), (self.theirs, ("-R", "b")), (self.theirs, ("b/c/dvc.yaml",))):
            here = root.replace(self.theirs, self.ours)
            self.assertEqual(listed(expq(here, "stage", "list", *args).stdout), listed(dvc(root, "stage", "list", *args).stdout))

    def test_keys_that_are_no_texts(self):
        self.repository({
            "params.yaml": "names: {0: person, 10: bus, 9: car}\nof: {x: {false: no, 1.5: f, 2020-01-01: d}}\n",
            "data.yaml": "nc: 2\nnames:\n  0: person\n  1: car\n  null: none\n", "ints.yaml": "10: a\n9: b\n",
            "p.py": "names = {0: 'person', 1: 'car'}\n",
            "dvc.yaml": "stages:\n  a: {cmd: echo 1 > out, params: [names, {data.yaml: [nc, names.1]}, {p.py: }], outs: [out]}\n"
                        "  b: {cmd: echo 2 > o2, params: [names.0, {ints.yaml: ['10']}], outs: [o2]}\n"
                        "  c:\n    foreach: {1: x, 2.5: y, false: z, null: n}\n    do: {cmd: 'echo ${key} ${item} > o-${key}', outs: ['o-${key}']}\n"})
        self.repro()
        self.change("params.yaml", "names: {'0': person, '10': bus, '9': car}\nof: {}\n")
        self.repro()

    def test_texts_that_lose_blanks_where_they_are_folded(self):
        words = "echo --one-option 0.1 --two-options 0.2 --three-options 0.3 --four-opt  0.4  --five   0.5"
        self.repository({"params.yaml": f"p: {words}\n", "dvc.yaml": "stages:\n  a:\n    cmd: " + words + " > out\n    params: [p]\n"
                         "    outs: [out]\n  b:\n    cmd:\n    - 'x=\"a: " + words + "\"'\n    - " + words + "  > o2\n    deps: [out]\n    outs: [o2]\n"})
        self.repro(clean=False)
        self.assert_clean_for_expq(self.theirs)  # DVC finds its own command changed
        self.assert_clean_for_expq(self.ours)
        self.repro(clean=False)

    @workbench.each(
        unknown="stages:\n  a: {cmd: x, dep: [y]}\n", null="stages:\n  a: {cmd: x, deps: }\n", twice="stages:\n  a: {cmd: x}\n  a: {cmd: y}\n",
        missing="stages:\n  a: {cmd: '${nope}'}\n", listed="vars: [{l: [1]}]\nstages:\n  a: {cmd: 'x ${l}'}\n",
        nested="vars: [{l: {m: [[1]]}}]\nstages:\n  a: {cmd: 'x ${l}'}\n", expression="vars: [{l: 1}]\nstages:\n  a: {cmd: 'x ${l + 1}'}\n",
        cycle="stages:\n  a: {cmd: x, deps: [p], outs: [o]}\n  b: {cmd: x, deps: [o], outs: [p]}\n",
        overlap="stages:\n  a: {cmd: x, outs: [d]}\n  b: {cmd: x, outs: [d/e]}\n", same="stages:\n  a: {cmd: x, deps: [o], outs: [o]}\n",
        redefined="vars: [{a: 1}, {a: 1}]\nstages:\n  a: {cmd: x}\n", reserved="stages:\n  a:\n    foreach: [1]\n    do: {cmd: x, vars: [{item: 1}]}\n",
        scalar="vars: [{n: 1}]\nstages:\n  a:\n    foreach: ${n}\n    do: {cmd: x}\n", metafile="stages:\n  a: {cmd: x, deps: [dvc.yaml]}\n",
        templated_flag="vars: [{f: true}]\nstages:\n  a: {cmd: x, frozen: '${f}'}\n", both="stages:\n  a: {foreach: [1], matrix: {b: [1]}, cmd: x}\n")
    def test_both_refuse(self, text):
        self.repository({"dvc.yaml": text})
        self.assertNotEqual(dvc(self.theirs, "repro", ok=False).returncode, 0)
        done = expq(self.ours, "repro", ok=False)
        self.assertEqual(done.returncode, 2, done.text)
        self.assertIn("dvc.yaml:", done.stderr)


class StageAdd(workbench.Case):
    def add(self, *calls, ok=True):
        for args in calls:
            theirs, ours = dvc(self.theirs, "stage", "add", *args, ok=False), expq(self.ours, "stage", "add", *args, ok=False)
            self.assertEqual(theirs.returncode == 0, ok, theirs.text)
            self.assertEqual(ours.returncode == 0, ok, ours.text)
        self.assert_same()

    def test_every_option(self):
        self.repository({"params.yaml": "lr: 1\n", "w/x": ""})
        self.add(("-n", "all", "-d", "x", "-d", "./b", "-o", "out/", "-o", "./o2", "-p", "lr,train.b", "-p", "o.yaml:z,y", "-p", "q.json:",
                  "-m", "m.json", "-M", "n.json", "--plots", "p.csv", "--plots-no-cache", "pp.csv", "-O", "onc", "--outs-persist", "op",
                  "--outs-persist-no-cache", "opn", "--desc", "some text", "--always-changed", "python", "run.py", "--lr", "a b", 'c"d', ""),
                 ("-n", "in-folder", "-w", "w", "-d", "../out", "-o", "o", "echo one\necho two > o"),
                 ("-n", "long", "python train.py " + " ".join(f"--option-{i} value" for i in range(12))))
        self.assertEqual(expq(self.ours, "stage", "list").stdout, dvc(self.theirs, "stage", "list").stdout)
        self.assertEqual(expq(self.ours, "stage", "list", "--name-only").stdout, dvc(self.theirs, "stage", "list", "--name-only").stdout)

    def test_into_a_file_with_comments(self):
        self.repository({"dvc.yaml": "# top\nvars:\n- x: 1\nstages:\n  first:   # c1\n    cmd: echo hi\n    deps:\n    - x\n    # tail\n\n"
                                     "# of plots\nplots:\n- a.csv\n"})
        self.add(("-n", "second", "-o", "o", "echo", "hi"))

    def test_into_a_file_that_ends_with_comments(self):
        self.repository({"dvc.yaml": "stages:\n  first:\n    cmd: echo hi\n\n# the end\n"})
        self.add(("-n", "second", "-o", "o", "echo", "hi"))

    @workbench.each(
        stages="stages: {first: {cmd: x}}\n", empty="stages: {}\n", all="{stages: {first: {cmd: x, outs: [p]}}, vars: [{a: 1}]}\n",
        top="{vars: [{a: 1}]}\n", replaced="stages: {second: {cmd: old, desc: kept}, third: {cmd: y}}\n")
    def test_into_braces(self, text):
        self.repository({"dvc.yaml": text, "params.yaml": "lr: 1\n", "in put": ""})
        for program, root in ((dvc, self.theirs), (expq, self.ours)):
            program(root, "stage", "add", "-f", "-n", "second", "-d", "in put", "-p", "lr", "-o", "o", "echo \"it's: {x}\" > o")
        self.assertEqual(dvc(self.ours, "stage", "list").stdout, dvc(self.theirs, "stage", "list").stdout)
        dvc(self.theirs, "repro", "-q", "second")
        expq(self.ours, "repro", "second")
        self.assertEqual(read(self.ours, "dvc.lock"), read(self.theirs, "dvc.lock"))

    def test_replacing_a_stage(self):
        self.repository({"dvc.yaml": "stages:\n  first:\n    outs:\n    - o:\n        desc: kept\n    cmd: echo hi\n    desc: words\n    meta:\n"
                                     "      k: 1\n    frozen: true\n  last:\n    cmd: x\n"})
        self.add(("-n", "first", "echo"), ok=False)
        self.add(("-f", "-n", "first", "-d", "y", "-o", "o", "-o", "p", "echo", "new"))

    def test_both_refuse(self):
        self.repository({"dvc.yaml": "stages:\n  first:\n    cmd: x\n    outs:\n    - o\n"})
        self.add(("-n", "x.y", "echo"), ("-n", "d", "-o", "o", "echo"), ("-n", "d", "-o", "../o", "echo"), ("-n", "d", "-d", "e", "-o", "e", "echo"),
                 ("-n", "d", "-d", "e", "-d", "e", "echo"), ("-n", "d"), ("-n", "d", "-w", "nope", "echo"), ("-n", "d", "-w", "..", "echo"),
                 ("-n", "d", "-o", "o/below", "echo"), ("-n", "d", "-o", "dvc.yaml", "echo"), ("-n", "d", "-o", ".dvc/config", "echo"), ok=False)

    def test_an_output_that_git_has(self):
        self.repository({"data.csv": "1\n"})
        for option in ("-o", "--plots"):
            self.assertNotEqual(dvc(self.theirs, "stage", "add", "-f", "-n", "d", option, "data.csv", "echo", ok=False).returncode, 0)
            self.assertIn("is tracked by git", expq(self.ours, "stage", "add", "-f", "-n", "d", option, "data.csv", "echo", ok=False).stderr)
            self.assertFalse(os.path.exists(os.path.join(self.ours, "dvc.yaml")))  # DVC leaves what it has written
            os.remove(os.path.join(self.theirs, "dvc.yaml"))
        self.add(("-n", "d", "-O", "data.csv", "echo"), ("-n", "e", "-M", "m.json", "echo"))

    def test_running_it_at_once(self):
        self.repository({"in": "1"})
        self.add(("--run", "-n", "copy", "-d", "in", "-o", "out", "cp in out"))
        self.assert_clean_for_dvc(self.ours)


class FromElsewhere(workbench.Case):
    def test_a_stage_that_cannot_run_stops_no_other(self):
        self.repository({"in": "1", "data.csv": "123", "dvc.yaml":
                         "datasets: [{name: d, type: url, url: 's3://b/x'}]\nstages:\n  web: {cmd: echo w > web, deps: ['https://localhost:1/x'], outs: [web]}\n"
                         "  set: {cmd: echo s > set, deps: ['ds://d'], outs: [set]}\n  own: {cmd: cp in own, deps: [in], outs: [own]}\n"
                         "  kept: {cmd: echo k > kept, deps: ['https://localhost:1/y'], outs: [kept], frozen: true}\n"
                         "  after: {cmd: cp web after, deps: [web], outs: [after]}\n",
                         "sub/dvc.yaml": "stages:\n  other: {cmd: cp ../own o, deps: [../own], outs: [o]}\n"}, add=["data.csv"])
        self.repro("sub/dvc.yaml", clean=False)
        for target, what in (("after", "URLs are not"), ("set", "datasets are not"), ("-P", "URLs are not")):
            done = expq(self.ours, "repro", target, ok=False)
            self.assertEqual(done.returncode, 2, done.text)
            self.assertRegex(done.stderr, r"dvc\.yaml:\d+:\d+: .*" + what)
        done = expq(self.ours, "status")
        self.assertIn("https://localhost:1/x", done.stdout)
        expq(self.ours, "stage", "list", "--all")
        os.remove(os.path.join(self.ours, "own"))
        expq(self.ours, "checkout", "own")
        self.assert_same()

    @workbench.each(
        repo=("11bc6d67f459d512de11a3028af9c3c8", "- path: data/x\n  repo:\n    url: https://localhost:1/a/b\n"
              "    rev_lock: f31f5c4cdae787b4bdeb97a717687d44667d9e62\n"),
        url=("38cbb575bcd2bf925c6a995482525c2b", "- etag: '\"f432\"'\n  size: 3\n  hash: etag\n  path: https://localhost:1/x\n"),
        db=("6ae7ca56cea73fc80d7b185e7cc544f6", "- db: {query: select 1, connection: c, file_format: csv}\n"))
    def test_imports_whose_data_is_here(self, md5, dep):
        self.repository({"x": "123", "dvc.yaml": "stages:\n  use: {cmd: cp x out, deps: [x], outs: [out]}\n"}, add=["x"])
        self.change("x.dvc", f"md5: {md5}\nfrozen: true\ndeps:\n" + dep + read(self.ours, "x.dvc"))
        for root in (self.theirs, self.ours):
            os.remove(os.path.join(root, "x"))
        dvc(self.theirs, "checkout", "-q", "x.dvc")
        expq(self.ours, "checkout", "x.dvc")
        self.repro(clean=False)  # DVC asks the network for that
        self.assert_clean_for_expq(self.theirs)


class Blanks(workbench.Case):
    """Tabs and line ends in params.yaml: what DVC refuses expq refuses, at the same place; else both make the same dvc.lock."""

    STAGES = {"dvc.yaml": "stages:\n  a:\n    cmd: echo ${x} > out\n    params: [x, y]\n    outs: [out]\n"}

    @workbench.each(
        indentation=("x: 1\ny:\n\tz: 2\n", 3, 1), separation=("x:\t1\ny: 2\n", 1, 3), before_a_comment=("x: 1\ny: 2\t# why\n", 2, 5),
        at_the_end=("x: 1\t\ny: 2\n", 1, 5), in_a_text=("x: a\tb\ny: 2\n", 1, 5), in_a_block=("x: |\n  a\n \tb\ny: 2\n", 3, 2))
    def test_tabs_that_are_refused(self, text, line, column):
        self.repository({**self.STAGES, "params.yaml": text})
        theirs = dvc(self.theirs, "repro", ok=False)
        ours = expq(self.ours, "repro", ok=False)
        self.assertIn(f"line {line}, column {column}", theirs.stderr)
        self.assertIn(f"params.yaml:{line}:{column}: a tab ", ours.stderr)
        self.assertIn("hint: ", ours.stderr)

    @workbench.each(
        tabs=("# a\tb\nx: 'a\tb'\ny: [\n\t1,\t{z:\t2}\t# why\n\t]\n",), tabs_in_a_block=("x: 1\ny: |\n  a\tb\n  \tc\n",),
        returns_twice=("x: 1\r\r\ny: a\r\r\n",), question_marks=("x: 1\ny: [data/p?.csv, {z?: 1}]\n",),
        merged_lists=("a: &a {k: 1, l: 2}\nb: &b {l: 3, m: 4}\nx: 1\ny: {n: 0, <<: [*a, *b]}\n",),
        blanks_at_the_end=("x: 1\ny: >\n  a\n  b\n  ",),
        like_nulls=("x: 1\ny:\n  k:\n  nullable: 1\n  l:\n  ~m: null # none\n  n:\n  null, or not: ~\n",))
    def test_blanks_that_are_taken(self, text):
        self.repository({**self.STAGES, "params.yaml": text})
        self.repro(clean=False)

    @workbench.each(
        no_blank=("x: 1\ny:2\n",), not_indented=("x: 1\ny:\n'a'\n",), no_key=("x: 1\ny: {z: 1,, w: 2}\n",))
    def test_what_is_missing_is_refused(self, text):
        self.repository({**self.STAGES, "params.yaml": text})
        for result in (dvc(self.theirs, "repro", ok=False), expq(self.ours, "repro", ok=False)):
            self.assertNotEqual(result.returncode, 0)


class StageList(workbench.Case):
    def test_what_is_broken_hides_nothing_else(self):
        self.repository({"dvc.yaml": "stages:\n  a: {cmd: x, outs: [o]}\n", "sub/dvc.yaml": "stages:\n  b: {cmd: '${nope}'}\n  c: {cmd: x}\n",
                         "x/dvc.yaml": "stages: [\n", "y/dvc.yaml": "stages:\n  d: {cmd: x, outs: [../o]}\n", "bad.dvc": "outs: 1\n"})
        for args, folder in (((), "."), (("--all",), "."), (("y/dvc.yaml",), "."), (("a",), "."), ((), "y"), (("--name-only", "--all"), "sub")):
            theirs = dvc(os.path.join(self.theirs, folder), "stage", "list", *args).stdout
            ours = expq(os.path.join(self.ours, folder), "stage", "list", *args)
            self.assertEqual(listed(ours.stdout), listed(theirs))
        for args, folder in (((), "sub"), (("--all", "--fail"), "."), (("x/dvc.yaml",), ".")):
            self.assertEqual(dvc(os.path.join(self.theirs, folder), "stage", "list", *args, ok=False).returncode, 255, args)
            self.assertEqual(expq(os.path.join(self.ours, folder), "stage", "list", *args, ok=False).returncode, 2, args)


class Ignored(workbench.Case):
    def test_patterns_of_every_kind(self):
        names = ["a.txt", "b.log", "keep.log", "tmp/x", "sub/tmp/x", "sub/b.log", "sub/deep/c.txt", "build/x", "sub/build/x", "root.only",
                 "sub/root.only", "sp ace", "h#sh", "!bang", "x1", "x2", "xa", "doc/a/b/c.md", "doc/c.md", "star*", "q?", "dir.d/f", "Z.TXT"]
        files = {f"data/{name}": name for name in names}
        files.update({
            ".dvcignore": "# comment\n\n*.log\n!keep.log\ntmp/\n/data/build\n/root.only\ndata/root.only\nsp\\ ace\n\\!bang\nh\\#sh\nx[0-9]\n"
                          "data/doc/**/c.md\n*.d/\n  \nZ.*  \n",
            "lib/.dvcignore": "*\n!*.csv\n!in\n!b.log\n/in/deep\n", "lib/in/a.csv": "1", "lib/in/b.txt": "2", "lib/in/c/d.csv": "3",
            "lib/in/b.log": "4", "lib/in/deep/e.csv": "5", "lib/in/in/f.csv": "6",
            "dvc.yaml": "stages:\n  count:\n    cmd: echo 1\n    deps: [data]\n  csv:\n    cmd: echo 2\n    deps: [lib/in]\n"
                        "  one:\n    cmd: echo 3\n    deps: [data/sub]\n  out:\n    cmd: mkdir made && touch made/a made/b.log\n    outs: [made]\n"})
        self.repository(files)
        self.repro(clean=False)

    def test_pipelines_in_ignored_folders_are_not_there(self):
        self.repository({".dvcignore": "old/\n", "old/dvc.yaml": "broken: [", "sub/.dvcignore": "/gone\n", "sub/gone/dvc.yaml": "broken: [",
                         "sub/stay/dvc.yaml": "stages:\n  s: {cmd: echo s > s, outs: [s]}\n"})
        self.repro("-P")


MD5 = "202cb962ac59075b964b07152d234b70"  # of "123"


class DataFiles(workbench.Case):
    @workbench.each(
        folder=("wdir: sub\nouts:\n- md5: %s\n  size: 3\n  hash: md5\n  path: x\n" % MD5, {"sub/x": "123"}),
        frozen_import=("md5: 70003a2269889a42d0b5407c869364c4\nfrozen: true\ndeps:\n- md5: %s\n  size: 3\n  hash: md5\n  path: source\nouts:\n- md5: %s\n  size: 3\n"
                       "  hash: md5\n  path: x\n" % (MD5, MD5), {"x": "123", "source": "123"}),
        flags=("desc: d\nmeta: {a: 1}\nouts:\n- md5: %s\n  size: 3\n  hash: md5\n  path: x\n  push: false\n  desc: e\n  type: t\n"
               "  labels: [a]\n  meta: {k: v}\n" % MD5, {"x": "123"}),
        old=("outs:\n- md5: %s\n  size: 3\n  path: x\n" % MD5, {"x": "123"}),
        uncached=("outs:\n- md5: %s\n  size: 3\n  hash: md5\n  cache: false\n  path: x\n" % MD5, {"x": "123"}))
    def test_kinds(self, text, files):
        path = next(iter(files))
        ignored = os.path.join(os.path.dirname(path), ".gitignore")
        self.repository({"d.dvc": text, **files, **({} if "cache: false" in text else {ignored: "/x\n"}),
                         "dvc.yaml": f"stages:\n  use: {{cmd: cp {path} out, deps: [{path}], outs: [out]}}\n"})
        for root in (self.theirs, self.ours):
            write(root, path, files[path])
        dvc(self.theirs, "repro", "-q")
        expq(self.ours, "repro")
        self.assertEqual(read(self.ours, "dvc.lock"), read(self.theirs, "dvc.lock"))
        self.assertEqual(read(self.ours, "d.dvc"), read(self.theirs, "d.dvc"))
