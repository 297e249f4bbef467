"""The shapes of real public pipelines, worked on by DVC and expq in turns: either finds what the other did clean."""
import json
import os

import workbench
from workbench import canonical, dvc, expq, git, read, whole_in_any_order, write

# Who ran is written outside of the repository, when somebody asks.

def logged(name):
    return rf"; echo {name} >> \${{RAN:-/dev/null}}"


def stage(name, cmd, deps=(), outs=(), params=(), metrics=(), plots=(), more=""):
    text = f"  {name}:\n{more}    cmd: {cmd}{logged(name)}\n"
    for key, items in (("deps", deps), ("params", params), ("outs", outs), ("metrics", metrics), ("plots", plots)):
        if items:
            text += f"    {key}:\n" + "".join(f"    - {item}\n" for item in items)
    return text


class Shape:
    """The cases of one shape: FILES, those of them to ADD, PARTIAL changes, a TARGET, a GRID of two points."""

    ADD = ()
    NEVER_CACHED = ()  # stages that no run cache brings back
    FEW = ()  # targets for DVC where all stages take it a minute; expq brings back the others

    def setUp(self):
        super().setUp()
        self.log = os.path.join(self.dir, "ran")
        self.environment = {"RAN": self.log}

    # Each tool brings the shape up to date once; the cases work on copies.

    def done_by(self, program):
        def make():
            self.repository(self.FILES, add=self.ADD)
            program(self.theirs, "repro", "-P")
        return self.kept(program.__name__, make)

    def both(self):
        theirs, ours = self.done_by(dvc), self.done_by(expq)
        self.clone_of(theirs, "theirs"), self.clone_of(ours, "ours")

    def assert_same_tree(self, a, b):
        a, b = whole_in_any_order(a), whole_in_any_order(b)
        self.assertEqual(sorted(a), sorted(b))
        self.assertEqual(a, b)

    def repro(self, program, root, *arguments):
        """The stages that ran."""
        if os.path.exists(self.log):
            os.remove(self.log)
        program(root, "repro", *(arguments or ["-P"]), env=self.environment)
        return sorted(open(self.log).read().split()) if os.path.exists(self.log) else []

    def bring_back(self, program, root):
        ran = self.repro(program, root, *(self.FEW if program is dvc else ()))
        return sorted(ran + self.repro(expq, root)) if self.FEW else ran

    def change(self, root, back=False):
        for path, old, new in self.PARTIAL:
            text = read(root, path)
            self.assertIn(new if back else old, text)
            write(root, path, text.replace(new, old) if back else text.replace(old, new))

    def lose(self, root, lock):
        for path in git(root, "ls-files", "--others", "--ignored", "--exclude-standard").splitlines():
            if not path.startswith((".dvc/", *self.ADD)):
                os.remove(os.path.join(root, path))
        for path in git(root, "ls-files", "--others", "--exclude-standard").splitlines():
            if lock and path.endswith("dvc.lock"):
                os.remove(os.path.join(root, path))

    # The cases.

    def test_both_leave_the_same_bytes(self):
        self.both()
        self.assert_same_tree(self.ours, self.theirs)
        self.assertEqual(git(self.ours, "status", "--porcelain"), git(self.theirs, "status", "--porcelain"))

    def test_each_finds_the_others_work_clean(self):
        self.both()
        self.assert_clean_for_dvc(self.ours)
        self.assert_clean_for_expq(self.theirs)

    def test_neither_runs_anything_after_the_other(self):
        self.both()
        for root, program in ((self.ours, dvc), (self.theirs, expq)):
            before = whole_in_any_order(root)
            self.assertEqual(self.repro(program, root), [])
            self.assertEqual(whole_in_any_order(root), before)

    def test_a_partial_change_runs_the_same_stages(self):
        self.both()
        for root in (self.theirs, self.ours):
            self.change(root)
        ran = self.repro(dvc, self.theirs)
        self.assertEqual(self.repro(expq, self.ours), ran)
        self.assertNotEqual(ran, [])
        self.assert_same_tree(self.ours, self.theirs)
        self.assert_clean_for_dvc(self.ours)
        self.assert_clean_for_expq(self.theirs)

    def test_a_partial_change_in_the_others_work(self):
        self.both()
        for root in (self.theirs, self.ours):
            self.change(root)
        self.assertEqual(self.repro(dvc, self.ours), self.repro(expq, self.theirs))
        self.assert_same_tree(self.ours, self.theirs)
        self.assert_clean_for_dvc(self.theirs)
        self.assert_clean_for_expq(self.ours)

    def test_going_back_takes_from_the_others_run_cache(self):
        self.both()
        for first, then, root in ((expq, dvc, self.theirs), (dvc, expq, self.ours)):
            before = whole_in_any_order(root)
            self.change(root)
            self.repro(first, root)
            self.change(root, back=True)
            ran = self.repro(then, root)
            self.assertEqual(ran, list(self.NEVER_CACHED))
            after = whole_in_any_order(root)
            self.assertEqual({p: after[p] for p in before}, before)

    def test_lost_outputs_come_back_from_the_others_cache(self):
        self.both()
        for root, program in ((self.ours, dvc), (self.theirs, expq)):
            before = whole_in_any_order(root)
            self.lose(root, lock=False)
            # Where a plain output is not in the cache DVC runs the stage, though that output is there and unchanged.
            self.assertEqual(self.bring_back(program, root), list(self.NEVER_CACHED) if program is dvc else [])
            self.assertEqual(whole_in_any_order(root), before)

    def test_a_lost_lock_is_made_again_from_the_others_run_cache(self):
        self.both()
        for root, program in ((self.ours, dvc), (self.theirs, expq)):
            before = whole_in_any_order(root)
            self.lose(root, lock=True)
            self.assertEqual(self.bring_back(program, root), list(self.NEVER_CACHED))
            self.assertEqual(whole_in_any_order(root), before)

    def test_both_see_the_same_changes(self):
        self.both()
        self.change(self.theirs)
        dirty = set(json.loads(dvc(self.theirs, "status", "--json").stdout))
        direct = {s["stage"] for s in self.expq_status(self.theirs)
                  if any("upstream" not in reason for reason in s["reasons"])}
        self.assertEqual(direct, dirty)

    def test_a_target_and_what_it_needs(self):
        self.both()
        for root in (self.theirs, self.ours):
            self.change(root)
        self.assertEqual(self.repro(expq, self.ours, self.TARGET), self.repro(dvc, self.theirs, self.TARGET))
        self.assert_same_tree(self.ours, self.theirs)

    def test_dvc_shows_applies_and_branches_what_expq_ran(self):
        root = self.clone_of(self.done_by(expq), "ours")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "results")
        expq(root, "submit", "-n", "grid", *(f"-S{override}" for override in self.GRID))
        expq(root, "run-all", "-j", "2")
        shown = json.loads(dvc(root, "exp", "show", "--json").stdout)
        rows = {e["name"]: e["revs"][0] for row in shown for e in row["experiments"] or []}
        self.assertEqual(sorted(rows), ["grid-1", "grid-2"])
        self.assertTrue(all(row["data"]["params"] and not row["error"] for row in rows.values()))
        dvc(root, "exp", "apply", "grid-2")
        self.assert_clean_for_dvc(root)
        self.assert_clean_for_expq(root)
        dvc(root, "exp", "branch", "grid-1", "kept")
        ref = next(r for r in git(root, "for-each-ref", "--format=%(refname)", "refs/exps").split() if r.endswith("/grid-1"))
        self.assertEqual(git(root, "rev-parse", "kept"), git(root, "rev-parse", ref))
        git(root, "stash", "-q", "--include-untracked")
        git(root, "checkout", "-q", "kept")
        dvc(root, "checkout", "-q")
        self.assert_clean_for_dvc(root)
        self.assert_clean_for_expq(root)

    def test_an_experiment_is_the_same_commit(self):
        self.both()
        for root in (self.theirs, self.ours):
            git(root, "add", "-A")
            git(root, "commit", "-q", "-m", "results")
        override = self.GRID[0].split(",")[0]
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one", "-S", override)
        expq(self.ours, "run", "--temp", "-n", "one", "-S", override)
        found = []
        for root in (self.theirs, self.ours):
            ref = git(root, "for-each-ref", "--format=%(refname)", "refs/exps/*/*/one").strip()
            names = git(root, "-c", "core.quotePath=off", "ls-tree", "-r", "--name-only", ref).splitlines()
            files = {n: git(root, "show", f"{ref}:{n}") for n in names if n != self.GRID_FILE}
            found.append({n: canonical(t) if os.path.basename(n) == "dvc.lock" else
                          sorted(t.splitlines()) if os.path.basename(n) == ".gitignore" else t for n, t in files.items()})
        self.assertEqual(found[1], found[0])


class GetStarted(Shape, workbench.Case):
    """Four stages over a text file, with scripts of their own, artifacts, and top-level metrics and plots."""

    ADD = ("data/data.xml",)
    FILES = {
        "data/data.xml": "".join(f'<row Id="{i}" Tags="{i % 7}" Title="number {i} jumps over ü"/>\n' for i in range(200)),
        "src/prepare.sh": "set -e\nmkdir -p data/prepared\nawk -v n=$(sed -n 's/^  split: 0.//p' params.yaml) 'NR % 100 < n {print > \"data/prepared/test.tsv\"; next}"
                          " {print > \"data/prepared/train.tsv\"}' $1\n",
        "src/featurization.sh": "set -e\nmkdir -p $2\nfor f in test train; do tr -s ' \"' '\\n\\n' < $1/$f.tsv | sort | uniq -c |"
                                " head -$(sed -n 's/.*max_features: //p' params.yaml) > $2/$f.pkl; done\n",
        "src/train.sh": "cat $1/train.pkl > $2\nsed -n '/^train/,$p' params.yaml >> $2\n",
        "src/evaluate.sh": """\
set -e
mkdir -p eval/live/plots/sklearn/roc eval/live/plots/sklearn/cm eval/prc eval/plots/images
for part in train test; do
  printf '{"roc":[{"fpr":0,"tpr":0},{"fpr":1,"tpr":1}]}' > eval/live/plots/sklearn/roc/$part.json
  printf '[{"actual":"1","predicted":"0"}]' > eval/live/plots/sklearn/cm/$part.json
  printf '{"prc":[{"precision":1,"recall":0}]}' > eval/prc/$part.json
done
printf '{"avg_prec":{"train":0.%d,"test":0.9},"roc_auc":{"test":0.95}}' $(wc -c < $1) > eval/live/metrics.json
printf '\\211PNG\\r\\n' > eval/plots/images/importance.png
""",
        "params.yaml": "prepare:\n  split: 0.20\n  seed: 20170428\n\nfeaturize:\n  max_features: 100\n  ngrams: 2\n\n"
                       "train:\n  seed: 20170428\n  n_est: 50\n  min_split: 0.01\n",
        "dvc.yaml": "stages:\n" +
        stage("prepare", "sh src/prepare.sh data/data.xml", ["data/data.xml", "src/prepare.sh"], ["data/prepared"], ["prepare.seed", "prepare.split"]) +
        stage("featurize", "sh src/featurization.sh data/prepared data/features", ["data/prepared", "src/featurization.sh"], ["data/features"],
              ["featurize.max_features", "featurize.ngrams"]) +
        stage("train", "sh src/train.sh data/features model.pkl", ["data/features", "src/train.sh"], ["model.pkl"],
              ["train.min_split", "train.n_est", "train.seed"]) +
        stage("evaluate", "sh src/evaluate.sh model.pkl data/features", ["data/features", "model.pkl", "src/evaluate.sh"],
              ["eval/live/plots:\n        cache: false", "eval/plots/images"], metrics=["eval/live/metrics.json:\n        cache: false"],
              plots=["eval/prc:\n        cache: false\n        x: recall\n        y: precision"]) +
        """\
metrics:
- eval/live/metrics.json
plots:
- ROC:
    template: simple
    x: fpr
    y:
      eval/live/plots/sklearn/roc/train.json: tpr
      eval/live/plots/sklearn/roc/test.json: tpr
- Confusion-Matrix:
    template: confusion
    x: actual
    y:
      eval/live/plots/sklearn/cm/train.json: predicted
      eval/live/plots/sklearn/cm/test.json: predicted
- eval/plots/images/importance.png
artifacts:
  questions:
    path: data/data.xml
    type: dataset
    desc: as it came
  classifier:
    path: model.pkl
    type: model
    desc: Is it about R?
    labels:
    - nlp
    - classification
"""}
    PARTIAL = [("params.yaml", "n_est: 50", "n_est: 60")]
    TARGET = "train"
    GRID = ["train.n_est=70,80"]
    GRID_FILE = "params.yaml"
    NEVER_CACHED = ("evaluate",)  # plots that are plain outputs


class ExperimentsProject(Shape, workbench.Case):
    """Images in a folder, maps of params as a whole, and folders that a logger fills, with sections of the whole file about them."""

    ADD = ("data/pool_data",)
    FILES = {
        **{f"data/pool_data/{kind}/REGION_{r}-{i}.{ending}": f"{kind} {r} {i}\n" for r in range(1, 4) for i in range(6)
           for kind, ending in (("images", "jpg"), ("masks", "png"))},
        "src/data_split.sh": "set -e\nmkdir -p data/test_data data/train_data\ntest=$(sed -n 's/^  - //p' params.yaml)\n"
                             "for f in data/pool_data/images/*; do case $f in *$test-*) cp $f data/test_data;; *) cp $f data/train_data;; esac; done\n",
        "src/train.sh": """\
set -e
mkdir -p models results/train/plots/metrics/train
cat data/train_data/* > models/model.pkl
sed -n '/^train/,/^$/p' params.yaml >> models/model.pkl
md5sum < models/model.pkl > models/model.pth
epochs=$(sed -n 's/^    epochs: //p' params.yaml)
printf 'step\\tloss\\n' > results/train/plots/metrics/train/loss.tsv
for i in $(seq $epochs); do printf "$i\\t0.$i\\n" >> results/train/plots/metrics/train/loss.tsv; done
printf '{"train": {"loss": 0.%s}, "step": %s}' $epochs $epochs > results/train/metrics.json
sed -n '/^train/,/^$/p' params.yaml > results/train/params.yaml
""",
        "src/evaluate.sh": "set -e\nmkdir -p results/evaluate/plots/images\ncp data/test_data/*-[0-3].jpg results/evaluate/plots/images\n"
                           "printf '{\"dice_multi\": 0.%d}' $(wc -c < models/model.pkl) > results/evaluate/metrics.json\n",
        "sagemaker/code/inference.py": "# loads model.pth\n",
        "params.yaml": "base:\n  random_seed: 42\n\ndata_split:\n  test_regions:\n  - REGION_1\n\ntrain:\n  valid_pct: 0.1\n  arch: shufflenet_v2_x2_0\n"
                       "  img_size: 256\n  fine_tune_args:\n    epochs: 8\n    base_lr: 0.01\n\nevaluate:\n  n_samples_to_save: 10\n",
        "dvc.yaml": """\
params:
- results/train/params.yaml
metrics:
- results/train/metrics.json
- results/evaluate/metrics.json
plots:
- results/train/plots/metrics:
    x: step
- results/evaluate/plots/images
artifacts:
  pools:
    path: models/model.pkl
    type: model
    desc: It finds swimming pools in what satellites see, which takes a description that
      goes on in a second line.
    labels: [cv, segmentation]
stages:
""" +
        stage("data_split", "sh src/data_split.sh", ["data/pool_data", "src/data_split.sh"], ["data/test_data", "data/train_data"], ["base", "data_split"]) +
        stage("train", "sh src/train.sh", ["data/train_data", "src/train.sh"], ["models/model.pkl", "models/model.pth", "results/train"], ["base", "train"]) +
        stage("evaluate", "sh src/evaluate.sh", ["data/test_data", "models/model.pkl", "src/evaluate.sh"], ["results/evaluate"], ["base", "evaluate"]) +
        stage("sagemaker", "cp models/model.pth sagemaker/code/model.pth && cd sagemaker && tar --sort=name --mtime=@0 --mode=u+rw --owner=0 --group=0\n"
              "      -cf model.tar code/ && cd .. && mv sagemaker/model.tar .  && rm sagemaker/code/model.pth", ["models/model.pth"], ["model.tar"])}
    PARTIAL = [("params.yaml", "epochs: 8", "epochs: 9")]
    TARGET = "evaluate"
    GRID = ["train.fine_tune_args.epochs=2,3", "+train.fine_tune_args.freeze=1"]
    GRID_FILE = "params.yaml"

    def test_a_list_of_regions_is_overridden(self):
        self.both()
        for root in (self.theirs, self.ours):
            git(root, "add", "-A")
            git(root, "commit", "-q", "-m", "results")
        dvc(self.theirs, "exp", "run", "-q", "--temp", "-n", "one", "-S", "data_split.test_regions=[REGION_2]")
        expq(self.ours, "run", "--temp", "-n", "one", "-S", "data_split.test_regions=[REGION_2]")
        locks = [git(root, "show", git(root, "for-each-ref", "--format=%(refname)", "refs/exps/*/*/one").strip() + ":dvc.lock")
                 for root in (self.theirs, self.ours)]
        self.assertEqual(canonical(locks[1]), canonical(locks[0]))


class ParamsAcrossFiles(Shape, workbench.Case):
    """An experiments project: params in YAML, JSON and TOML, some through vars, some of a folder of its own."""

    FILES = {
        "params.yaml": "# for all\nseed: 1\nmodel:\n  kind: cnn\n  layers: [64, 32]\n  dropout: 0.1\n",
        "conf/train.yaml": "lr: 1e-3\nepochs: 3\nopt: {name: adam, betas: [0.9, 0.999]}\n",
        "conf/data.json": '{"source": {"rows": 20, "shuffle": true}, "name": "ü"}\n',
        "conf/eval.toml": "# eval\n[metrics]\nthreshold = 0.5\nnames = ['acc', 'f1']\n",
        "sub/params.yaml": "width: 7\n",
        "in.csv": "".join(f"{i},{i * i}\n" for i in range(50)),
        "dvc.yaml": "vars:\n- conf/data.json:source\n- paths: {work: work, out: results}\nstages:\n" +
        stage("load", "mkdir -p ${paths.work} && head -${source.rows} in.csv > ${paths.work}/rows.csv", ["in.csv"], ["${paths.work}/rows.csv"],
              ["conf/data.json:\n      - source.rows\n      - source.shuffle"]) +
        stage("shape", "cut -c1-$(tr -dc 0-9 < params.yaml) ../${paths.work}/rows.csv > shaped", ["../${paths.work}/rows.csv"], ["shaped"],
              ["width"], more="    wdir: sub\n") +
        stage("train", "cat sub/shaped conf/train.yaml params.yaml > model", ["sub/shaped"], ["model"],
              ["seed", "model", "conf/train.yaml:"]) +
        stage("eval", "mkdir -p ${paths.out} && wc -c < model | sed 's/.*/{\"size\":&}/' > ${paths.out}/m.json && cp conf/eval.toml ${paths.out}/",
              ["model"], ["${paths.out}/eval.toml"], ["conf/eval.toml:\n      - metrics.threshold"],
              metrics=["${paths.out}/m.json:\n        cache: false"])}
    PARTIAL = [("conf/eval.toml", "threshold = 0.5", "threshold = 0.25"), ("sub/params.yaml", "width: 7", "width: 3")]
    TARGET = "eval"
    GRID = ["conf/train.yaml:epochs=4,5", "model.dropout=0.2"]
    GRID_FILE = "conf/train.yaml"

    def test_a_whole_file_of_params_counts(self):
        self.both()
        for root in (self.theirs, self.ours):
            write(root, "conf/train.yaml", read(root, "conf/train.yaml") + "more: true\n")
        self.assertEqual(self.repro(expq, self.ours), self.repro(dvc, self.theirs))
        self.assert_same_tree(self.ours, self.theirs)


class HundredStages(Shape, workbench.Case):
    """foreach over a map, a matrix, a list of scalars, and what brings all of them together."""

    SLOW = True
    FILES = {
        "params.yaml": "regions:\n" + "".join(f"  region-{i:02}: {{n: {i}, rate: {i / 8}}}\n" for i in range(50)) +
        "models: [cnn, rnn, mlp]\nfolds: [0, 1, 2, 3, 4, 5, 6, 7]\nseeds: [1, 2.5, true, x]\nscale: 2\n",
        "base": "base\n",
        "dvc.yaml": "stages:\n"
        "  region:\n    foreach: ${regions}\n    do:\n"
        "      cmd: mkdir -p r && echo ${item.n} ${item.rate} > r/${key}" + logged("region@${key}") + "\n"
        "      deps: [base]\n      params: ['regions.${key}']\n      outs: ['r/${key}']\n"
        "  fit:\n    matrix:\n      model: ${models}\n      fold: ${folds}\n"
        "    cmd: mkdir -p f && cat base r/region-0${item.fold} > f/${item.model}.${item.fold}" + logged("fit@${key}") + "\n"
        "    deps: [base, 'r/region-0${item.fold}']\n    params: [scale]\n    outs: ['f/${item.model}.${item.fold}']\n"
        "  seed:\n    foreach: ${seeds}\n    do:\n"
        "      cmd: echo '{\"v\":\"${item}\"}' > s-${item}.json" + logged("seed@${item}") + "\n"
        "      deps: [base]\n      metrics: ['s-${item}.json': {cache: false}]\n" +
        stage("more", "cat r/region-4* > more", [f"r/region-{i}" for i in range(40, 50)], ["more"]) +
        stage("best", "cat f/* | sort | uniq -c > best", [f"f/{m}.{i}" for m in ("cnn", "rnn", "mlp") for i in range(8)], ["best"])}
    for i in range(20):
        FILES["dvc.yaml"] += stage(f"leaf{i}", f"cp r/region-{i + 20} leaf{i}", [f"r/region-{i + 20}"], [f"leaf{i}"])
    PARTIAL = [("params.yaml", "region-03: {n: 3", "region-03: {n: 33"), ("params.yaml", "region-30: {n: 30", "region-30: {n: 31")]
    TARGET = "best"
    FEW = ("more", "fit@cnn-1")
    GRID = ["scale=3,4"]
    GRID_FILE = "params.yaml"

    def test_an_item_and_a_group_are_targets(self):
        self.both()
        for root in (self.theirs, self.ours):
            write(root, "base", "other\n")
        for target in ("region@region-03", "fit@cnn-2", "seed"):
            self.assertEqual(self.repro(expq, self.ours, target), self.repro(dvc, self.theirs, target))
        self.assert_same_tree(self.ours, self.theirs)


class Monorepo(Shape, workbench.Case):
    """Twenty folders with a dvc.yaml and params of their own, one after the other, and one that gathers."""

    NAMES = [f"services/team-{i % 3}/svc-{i:02}" for i in range(20)]
    FILES = {"shared/in.txt": "shared\n", "params.yaml": "top: 1\n",
             "shared/dvc.yaml": "stages:\n" + stage("common", "cat in.txt > common", ["in.txt"], ["common"])}
    for i, name in enumerate(NAMES):
        FILES[f"{name}/params.yaml"] = f"k: {i}\nname: svc\n"
        FILES[f"{name}/.dvcignore"] = "*.tmp\n"
        before = os.path.relpath(NAMES[i - 4] + "/out", name) if i >= 4 else "params.yaml"
        FILES[f"{name}/dvc.yaml"] = "stages:\n" + stage("build", f"cat ../../../shared/common {before} > built", ["../../../shared/common", before], ["built"]) + \
            stage("train", "mkdir -p out && cp built out/a && echo ${name}-${k} > out/b", ["built"], ["out"], ["k"])
    FILES["dvc.yaml"] = "stages:\n" + stage("gather", "cat services/*/*/built > all", [f"{n}/built" for n in NAMES], ["all"], ["top"])
    del i, name, before
    PARTIAL = [(f"{NAMES[2]}/params.yaml", "k: 2", "k: 222"), ("params.yaml", "top: 1", "top: 2")]
    TARGET = f"{NAMES[10]}/dvc.yaml:train"
    GRID = ["top=5,6"]
    GRID_FILE = "params.yaml"

    def test_from_a_folder(self):
        self.both()
        for root in (self.theirs, self.ours):
            self.change(root)
        for arguments in ([], ["build"], ["dvc.yaml:train"], ["../../../dvc.yaml:gather"]):
            ran = [self.repro(program, os.path.join(root, self.NAMES[6]), *(arguments or ["dvc.yaml"]))
                   for root, program in ((self.theirs, dvc), (self.ours, expq))]
            self.assertEqual(ran[1], ran[0])
        self.assert_same_tree(self.ours, self.theirs)
