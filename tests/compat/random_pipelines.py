"""Random repositories for differential_fuzz.py: dvc.yaml, params and vars, right and wrong, in YAML of every style.

Everything comes from one random.Random: the same seed is the same repository.
"""
import json

SCALARS = ["1", "0", "-7", "3.5", "1e3", "1e-5", "1.0", ".5", "1_000", "0x1F", "0o14", "014", "123456789012345678901234567890",
           "true", "false", "True", "yes", "no", "on", "null", "~", "", "text", "'quoted'", '"dq"', "'a b'", "1.2.3", "a-b",
           ".inf", ".nan", "ünï", "'1'", "'true'", "''", "'it''s'", '"tab\\t"', "-x", "a:b", "1:30", "'${a}'", "'$a'",
           "'a,b'", "'x y z'", "'a/b'", "'-'", "a@b", "inf", "1e400", "+1", "-.5", "1.", "0b101"]
NAMES = ["a", "b", "c", "d", "lst", "map", "deep", "x-y", "under_score", "n1"]
ODD_KEYS = ["1", "0", "1.0", "1.5", "true", "false", "null", "~", "2020-01-01", "0x10", "-1"]
WORDS = ["data", "in.txt", "out", "model.bin", "m.json", "p.csv", "sub/f", "d/e/f", "x", "y", "z"]
BROKEN = ["${", "${}", "${a", "${{a}}", "${a.}", "${a..b}", "${.a}", "${'a'}", "${a b}", "${a+1}", "${a[b]}", "${a[}",
          "${a[]}", "${a[0].}", "${a:b}", "$a", "$(a)", "${a}}", "}${a}", "${a\\}", "\\${a}", "\\\\${a}", "${ a }",
          "${a\t}", "${a[ 0 ]}", "${a.0}", "${a[-1]}", "${ä}", "${a-b}", "${a@b}", "${a[b.c]}", "${a[b][c]}", "$${a}"]


class Raw(str):
    """Stands in the YAML text as it is."""


class Repository:
    def __init__(self, rng):
        self.rng = rng
        self.paths = []  # dotted names of values that templates can reach
        self.scalars = []  # those of them that may stand in a text
        self.names = 0
        self.odd_keys = True  # some that are no texts
        # Most repositories are right all over, some wrong here and there: one wrong place hides all others.
        self.dirt = rng.choice([0, 0, 0, 0.3, 1])

    def chance(self, probability):
        return self.rng.random() < probability

    def wrong(self, probability):
        return self.dirt and self.chance(probability * self.dirt)

    def name(self):
        self.names += 1
        return self.pick(NAMES) + ("" if self.wrong(0.3) else str(self.names))

    def pick(self, items):
        return self.rng.choice(items)

    # Values.

    def value(self, depth=0):
        kind = self.rng.random()
        if depth < 3 and kind < 0.2:
            return {self.key(): self.value(depth + 1) for _ in range(self.rng.randint(0, 3))}
        if depth < 3 and kind < 0.4:
            return [self.value(depth + 1) for _ in range(self.rng.randint(0, 3))]
        return Raw(self.pick(SCALARS))

    def key(self):
        return Raw(self.pick(ODD_KEYS)) if self.odd_keys and self.wrong(0.1) else self.pick(NAMES)

    def remember(self, value, path):
        if path:
            self.paths.append(path)
            if not isinstance(value, (dict, list)):
                self.scalars.append(path)
        if isinstance(value, dict):
            for key, item in value.items():
                self.remember(item, f"{path}.{key}" if path else key)
        elif isinstance(value, list):
            for i, item in enumerate(value):
                self.remember(item, f"{path}[{i}]")

    def values(self):
        made = {self.name(): self.value() for _ in range(self.rng.randint(0, 5))}
        self.remember(made, "")
        return made

    # Text with templates.

    def template(self, local=()):
        if self.wrong(0.1):
            return "${" + self.pick(NAMES + self.paths + list(local)) + "}"
        if self.wrong(0.1):
            return self.pick(BROKEN)
        if local and (self.chance(0.7) or not self.scalars):
            return "${" + self.pick(local) + "}"
        if not self.scalars:
            return self.pick(["", "\\${a}", "$a", "$(a)", "${a"])
        return self.pick(["${", "${", "${", "${ "]) + self.pick(self.scalars) + "}"

    def text(self, local=(), words=WORDS):
        if self.chance(0.5):
            return self.pick(words)
        if self.wrong(0.1):
            return self.template(local)
        return self.pick(words) + self.pick(["", "-", "/", "_", "."]) + self.template(local)

    def path(self, local, used):
        for _ in range(5):
            path = self.text(local)
            if path not in used or self.wrong(0.1):
                break
        if not self.wrong(0.1):
            # Apart from all others, whatever the templates in them become.
            path = self.pick(["", "o/", "./"]) + f"{len(used)}{path}" + ("-${item}" if "item" in local else "-${key}" if "key" in local else "")
        used.add(path)
        return path

    # Stages.

    def command(self, local):
        roll = self.rng.random()
        one = lambda: f"run {self.text(local)} {self.template(local) if self.chance(0.5) else ''}".strip()
        if roll < 0.7:
            return one()
        if roll < 0.85:
            return [one() for _ in range(self.rng.randint(0 if self.wrong(0.3) else 1, 3))]
        if not self.wrong(0.3):
            return "\n".join(one() for _ in range(self.rng.randint(1, 3))) + self.pick(["", "\n"])
        return self.pick([Raw("1"), Raw("true"), Raw(""), {}, [[]], [{"a": "b"}], "", " ", [Raw("1")], Raw("null")])

    def flags(self, plot):
        made = {}
        for _ in range(self.rng.randint(0, 3)):
            key = self.pick(["cache", "persist", "push", "remote", "desc", "type", "labels", "meta", "checkpoint"] +
                            (["x", "y", "template", "title", "header", "x_label", "y_label"] if plot else []) +
                            (["nonsense", "hash"] if self.wrong(0.1) else []))
            made[key] = self.flag(key)
        return made

    def flag(self, key):
        if self.wrong(0.08):
            return self.pick([Raw("1"), Raw(""), "text", [], {}, Raw("yes")])
        if key in ("cache", "persist", "push", "checkpoint", "header"):
            return self.template() if self.wrong(0.1) else Raw(self.pick(["true", "false"]))
        if key == "labels":
            return ["l", self.text()]
        if key == "meta":
            return {"k": self.value()}
        if key == "remote":
            return "r"
        return self.text()

    def outputs(self, key, local, used):
        made = []
        for _ in range(self.rng.randint(0, 3)):
            path = self.path(local, used)
            made.append({path: self.flags(key == "plots")} if self.chance(0.4) else path)
        if key == "plots" and made and self.chance(0.1):
            made[0] = {self.path(local, used): [self.flags(True), self.flags(True)]}
        return made

    def params(self, local):
        made = []
        for _ in range(self.rng.randint(0, 3)):
            roll = self.rng.random()
            if roll < 0.6:
                made.append(self.pick(self.paths) if self.paths and self.chance(0.5) else self.text(local, NAMES))
            elif roll < 0.9:
                keys = [self.text(local, NAMES) for _ in range(self.rng.randint(0, 2))]
                made.append({self.pick(["params.yaml", "other.yaml", "p.json", "p.toml", self.text(local)]):
                             keys or self.pick([[], Raw("")])})
            elif self.wrong(0.3):
                made.append(self.pick([Raw("1"), {}, [], {"f.yaml": "a"}, {"f.yaml": {"a": "b"}}, {"f": ["a"], "g": ["b"]},
                                       {"f.yaml": [Raw("1")]}]))
        return made

    def body(self, local, used):
        made = {"cmd": self.command(local)}
        for key, chance in (("vars", 0.1), ("deps", 0.5), ("outs", 0.6), ("metrics", 0.2), ("plots", 0.2), ("params", 0.4), ("wdir", 0.15),
                            ("frozen", 0.1), ("always_changed", 0.1), ("desc", 0.1), ("meta", 0.1)):
            if not self.chance(chance):
                continue
            if key == "deps":
                made[key] = [self.path(local, set()) for _ in range(self.rng.randint(0, 3))]
            elif key in ("outs", "metrics", "plots"):
                made[key] = self.outputs(key, local, used)
            elif key == "params":
                made[key] = self.params(local)
            elif key == "wdir":
                made[key] = self.pick(["sub", ".", "sub/..", "sub/", "./sub"]) if not self.wrong(0.5) else self.pick(["..", self.text(local)])
            elif key == "vars":
                made[key] = self.vars()
            elif key == "meta":
                made[key] = self.value()
            elif key == "desc":
                made[key] = self.text(local)
            else:
                made[key] = self.template(local) if self.wrong(0.2) else Raw(self.pick(["true", "false"] + ["1", "yes"] * self.wrong(0.2)))
        items = list(made.items())
        if self.chance(0.3):
            self.rng.shuffle(items)
        return dict(items)

    def looped(self, used):
        if self.chance(0.5):
            over = "${" + self.pick(self.paths) + "}" if self.wrong(0.3) and self.paths else self.pick(
                [[self.value(1) for _ in range(self.rng.randint(0, 4))],
                 {self.pick(NAMES): self.value(1) for _ in range(self.rng.randint(0, 3))},
                 [Raw(self.pick(SCALARS)) for _ in range(self.rng.randint(1, 4))]])
            composite = [p for p in self.paths if p not in self.scalars]
            if composite and self.chance(0.4):
                over = "${" + self.pick(composite) + "}"
            if self.wrong(0.1):
                over = self.pick([Raw(""), Raw("1"), "text", ["${a}", "x-${b}"]])
            local = ["item", "key"] if isinstance(over, dict) else ["item"]
            if not isinstance(over, str) and any(isinstance(i, (dict, list)) for i in (over.values() if isinstance(over, dict) else over)):
                local = ["key"] if isinstance(over, dict) else []
            if self.wrong(0.3):
                local = ["item", "key", "item.a", "item[0]", "item.b"]
            return {"foreach": over, "do": self.body(local, used)}
        axes = {self.pick(["m", "n", "a", "key", "item"]): self.template() if self.wrong(0.2) else
                [self.value(2) if self.wrong(0.3) else Raw(self.pick(SCALARS)) for _ in range(self.rng.randint(0, 3))]
                for _ in range(self.rng.randint(0 if self.wrong(0.2) else 1, 3))}
        local = [f"item.{axis}" for axis in axes] + ["key"] + ["item"] * bool(self.wrong(0.3))
        return {"matrix": axes, **self.body(local, used)}

    def vars(self):
        made = []
        for _ in range(self.rng.randint(0, 3)):
            roll = self.rng.random()
            if roll < 0.4:
                made.append(self.values())
            elif roll < 0.8:
                made.append(self.pick(["other.yaml", "p.json", "p.toml", "params.yaml"]))
            elif not self.wrong(0.2):
                made.append(self.pick(["other.yaml:o0", "p.json:j", "p.toml:t", "other.yaml:o1,o2"]))
            else:
                made.append(self.pick(["missing.yaml", "${a}", Raw("1"), {"a": "${b}"}, "other.yaml:", "sub", {}, [], Raw("")]))
        return made

    def top(self):
        made = {}
        if self.chance(0.25):
            made["vars"] = self.vars()
        used = set()
        stages = {}
        for i in range(self.rng.randint(1, 4)):
            name = self.pick(["train", "eval", "prep", "s1", "s-2", "s_3"]) + (str(i) if self.chance(0.7) else "")
            if self.wrong(0.04):
                name = self.pick(["a@b", "a b", "ü", "x/y", "${a}", "a.b", "a:b"])
            seen = len(self.paths), len(self.scalars)
            stages[name] = self.looped(used) if self.chance(0.35) else self.body((), used)
            if not self.wrong(0.3):  # a stage's own vars are nobody else's
                del self.paths[seen[0]:], self.scalars[seen[1]:]
        made["stages"] = stages
        for key in ("params", "metrics"):
            if self.chance(0.08):
                made[key] = [self.text() for _ in range(self.rng.randint(0, 2))]
        if self.chance(0.1):
            made["plots"] = [self.pick([self.text(), {"p.csv": {"x": "a", "y": "b"}}, {"id": {"y": {"p.csv": ["a", "b"]}}},
                                        {"p.csv": Raw("")}, {"id": {"x": {"p.csv": "a"}, "y": {"p.csv": "b"}}}])]
        if self.chance(0.05):
            made["artifacts"] = {"art": {"path": self.text(), "type": "model"}}
        return made

    # Something wrong.

    def spoil(self, tree):
        """Changes one place of the tree."""
        node, holders = tree, []
        while isinstance(node, (dict, list)) and node and (not holders or self.chance(0.8)):
            key = self.pick(list(node)) if isinstance(node, dict) else self.rng.randrange(len(node))
            holders.append((node, key))
            node = node[key]
        if not holders:
            return
        holder, key = self.pick(holders)
        roll = self.rng.random()
        if roll < 0.3:
            del holder[key]
        elif roll < 0.7:
            holder[key] = self.pick([self.value(), Raw(self.pick(SCALARS)), [], {}, [[]], {"a": []}, self.template()])
        elif isinstance(holder, dict):
            holder[self.pick(["cmd", "deps", "outs", "do", "foreach", "matrix", "vars", "params", "wdir", "live", "x", "stages"])] = self.value(1)
        else:
            holder.insert(key, self.value(1))

    def spoil_text(self, text):
        if not text:
            return text
        at = self.rng.randrange(len(text))
        return self.pick([lambda: text[:at] + text[at + 1:],
                          lambda: text[:at] + self.pick("\t :-{}[]'\"#&*!|>%@`,?\n${}\\") + text[at:],
                          lambda: text[:at],
                          lambda: text[:at] + text[at:at + 20] + text[at:]])()

    def files(self):
        made = {}
        if self.chance(0.85):
            made["params.yaml"] = Yaml(self.rng).document(self.values())
        made["other.yaml"] = Yaml(self.rng).document({f"o{i}" if not self.wrong(0.3) else self.pick(NAMES): self.value() for i in range(3)})
        made["p.json"] = json.dumps({"j": {"k": [1, 2.5, None, True]}, "w" + self.name(): "from json"})
        made["p.toml"] = f"t = 1\n[q{self.name()}]\nu = 'v'\nf = 1e-3\n"
        made["sub/keep"] = ""
        for name in ["dvc.yaml"] + (["sub/dvc.yaml"] if self.chance(0.1) else []):
            if name != "dvc.yaml" and not self.wrong(0.3):
                self.paths, self.scalars = [], []
            tree = self.top()
            if self.wrong(0.3):
                self.spoil(tree)
            text = Yaml(self.rng).document(tree)
            made[name] = self.spoil_text(text) if self.wrong(0.1) else text
        if self.chance(0.08):
            made["in.txt.dvc"] = self.data_file()
        return made

    def data_file(self):
        tree = {"outs": [{"md5": "d8e8fca2dc0f896fd7cb4cb0031ba249", "size": Raw("5"), "hash": "md5", "path": "in.txt"}]}
        if self.chance(0.4):
            self.spoil(tree)
        return Yaml(self.rng).document(tree)


class Yaml:
    """Writes a tree as YAML, each part in a style of its own."""

    def __init__(self, rng):
        self.rng = rng

    def document(self, tree):
        head = self.rng.choice(["", "", "", "# comment\n", "---\n", "%YAML 1.2\n---\n"])
        if isinstance(tree, (dict, list)) and tree and self.rng.random() < 0.95:
            return head + self.block(tree, 0) + self.rng.choice(["", "", "...\n", "# end"])
        return head + self.flow(tree) + "\n"

    def block(self, tree, indent):
        lines, space = [], " " * indent
        for key, item in tree.items() if isinstance(tree, dict) else enumerate(tree):
            lead = f"{space}{self.key(key)}:" if isinstance(tree, dict) else f"{space}-"
            if isinstance(item, (dict, list)) and item and self.rng.random() < 0.8:
                deeper = indent + self.rng.choice([2, 2, 2, 4])
                if isinstance(item, list) and isinstance(tree, dict) and self.rng.random() < 0.5:
                    deeper = indent
                lines.append(f"{lead}\n{self.block(item, deeper)}")
            elif isinstance(item, str) and not isinstance(item, Raw) and "\n" in item and self.rng.random() < 0.7:
                style = self.rng.choice(["|", "|-", ">", ">-", "|+"])
                inner = " " * (indent + 2)
                lines.append(f"{lead} {style}\n" + "".join(f"{inner}{line}\n" for line in item.splitlines()))
            else:
                comment = self.rng.choice(["", "", "", "", "  # why"])
                text = item if isinstance(item, Raw) else self.flow(item)
                lines.append(f"{lead} {text}{comment}\n")
        return "".join(lines)

    def flow(self, tree):
        if isinstance(tree, dict):
            return "{" + ", ".join(f"{self.key(k)}: {self.flow(v)}" for k, v in tree.items()) + "}"
        if isinstance(tree, list):
            return "[" + ", ".join(self.flow(v) for v in tree) + "]"
        return tree or "~" if isinstance(tree, Raw) else self.scalar(tree)

    def key(self, key):
        if isinstance(key, Raw):
            return key
        key = str(key)
        plain = key and not any(c in key for c in "{}[],:#'\"\\ \t\n&*!|>%@`?") and key[0] not in "-$0123456789"
        return key if plain and self.rng.random() < 0.9 else json.dumps(key, ensure_ascii=False)

    def scalar(self, text):
        roll = self.rng.random()
        plain = text and text == text.strip() and not any(c in text for c in "{}[],:#'\"\\\t\n&*!|>%@`?") and text[0] not in "-$"
        if plain and roll < 0.7:
            return text
        if roll < 0.85 and "\n" not in text:
            return "'" + text.replace("'", "''") + "'"
        return json.dumps(text, ensure_ascii=False)


def pipeline(rng):
    return {"files": Repository(rng).files()}


VALUES = ["1", "2.5", "1e-5", "true", "null", "text", "'quoted'", '"dq"', "[1,2]", "[]", "{a:1}", "{a:1,b:{c:2}}", "", "a b", "-7",
          "1_000", "0x10", "010", "inf", "nan", ".5", "'a,b'", "a\\,b", "$x", "[a,[b]]", "yes", "1:30", "int(1.5)", "str(1)",
          "float(2)", "bool(yes)", "ü", "'ü'", "a=b", "'a=b'", "[1", "{a}", "a]", "1.0", "False", "NULL", "{}", "[{a:1},2]"]


def overrides(rng):
    """A file of params and what -S asks of it."""
    repository = Repository(rng)
    repository.odd_keys = False  # expq finds them by their text, Hydra does not
    values = {repository.name(): repository.value() for _ in range(rng.randint(1, 4))}
    file = rng.choice(["params.yaml", "params.yaml", "p.json", "p.toml"])
    values = plain(values, file != "params.yaml", rng)
    repository.remember(values, "")
    made = []
    for _ in range(rng.randint(1, 3)):
        key = rng.choice(repository.paths).replace("[", ".").replace("]", "") if rng.random() < 0.75 else rng.choice(NAMES)
        if rng.random() < 0.2:
            key += "." + rng.choice(NAMES + ["0", "-1", "9"])
        sign = rng.choice(["", "", "", "", "+", "++", "~"])
        value = rng.choice(VALUES)
        made.append(f"{sign}{key}" if sign == "~" and rng.random() < 0.7 else f"{sign}{key}={value}")
    text = Yaml(rng).document(values) if file == "params.yaml" else \
        json.dumps(values, indent=rng.choice([None, 2, 4]), ensure_ascii=rng.random() < 0.5) if file == "p.json" else toml(values)
    return {"file": file, "text": text, "overrides": made}


TEXTS = ["t: |\n  some\n   text\n\n  here\nu: x\n", "q: \"a b\n   c\"\ns: 'x\n  y'\n", "p: x\n  y z\nf: >-\n a\n b\n",
         "b: &b {k: 1}\nr: &r\n  k: 2\n  l: !!str 3\nm:\n  <<: [*b, *r]\n  n: *r\n", "? x\n: y\n? [z?, 'w?']\n: v\n"]
BLANKS = ["\t", "\t", "\t", " \t", "\t ", "\n\t", "\t\n", "\t#", "\r", "\r\n", "\r\r\n", "\n", " ", "?", "\u2028", "\x85"]


def document(rng):
    """A file of YAML with something wrong with its blanks."""
    text = Yaml(rng).document(Repository(rng).values())
    if rng.random() < 0.5 and "\n..." not in text and not text.startswith(("[", "{")):
        text = text.removesuffix("# end") + rng.choice(TEXTS)
    if rng.random() < 0.1:
        text = text.replace("\n", rng.choice(["\r\n", "\r"]))
    for _ in range(rng.choice([0, 1, 1, 1, 2])):
        places = [i for i, c in enumerate(text) if c in " \n:,[]{}#'\"|>-"]
        at = rng.choice(places) + rng.choice([0, 1]) if places and rng.random() < 0.5 else rng.randrange(len(text) + 1)
        at = max(at, len("%YAML 1.2\n---\n") if text.startswith("%") else 0)
        text = text[:at] + rng.choice(BLANKS) + text[at + rng.choice([0, 0, 1]):]
    return {"yaml": text}


def plain(tree, typed, rng):
    """Without templates: DVC fills in every ${} of a file that it writes, we leave them alone."""
    if isinstance(tree, dict):
        return {k: plain(v, typed, rng) for k, v in tree.items()}
    if isinstance(tree, list):
        return [plain(v, typed, rng) for v in tree]
    if typed:
        return rng.choice([1, -7, 2.5, 1e-5, True, False, "text", "ü", "a b", "'", ""])
    return Raw("plain") if "$" in tree else tree


def toml(values):
    def inline(value):
        if isinstance(value, dict):
            return "{" + ", ".join(f"{json.dumps(k)} = {inline(v)}" for k, v in value.items()) + "}"
        return "[" + ", ".join(map(inline, value)) + "]" if isinstance(value, list) else json.dumps(value, ensure_ascii=False)
    tables = {k: v for k, v in values.items() if isinstance(v, dict)}
    return "".join(f"{json.dumps(k)} = {inline(v)}\n" for k, v in values.items() if k not in tables) + \
        "".join(f"\n[{json.dumps(k)}]\n" + "".join(f"{json.dumps(n)} = {inline(v)}\n" for n, v in table.items()) for k, table in tables.items())
