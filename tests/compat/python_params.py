"""Random Python modules as DVC reads them with Python's own ast, and what test_common_params makes of them.

usage: python_params.py --test build/debug/tests/bin/test_common_params [--seed N] [--count N]
"""
import argparse
import ast
import json
import os
import random
import subprocess
import sys
import tempfile

NAMES = ["a", "b", "lr", "Cfg", "units_2", "_x", "match", "type", "self", "naïve"]
NUMBERS = ["0", "1", "42", "-7", "+3", "00", "1_000", "0x1F", "0o17", "0b101", "-0xff", "1.5", ".5", "5.", "1e3", "1E-5",
           "-2.5e+10", "1_0.2_5", "123456789012345678901234567890", "0xffffffffffffffffffff", "1e999", "1j", "- 4", "--5"]
STRINGS = ["'a'", '"b"', "''", "'it\\'s'", '"a\\nb"', "r'\\d'", "u'x'", "'''t\nr'''", '"""q"q"""', "'a' 'b'", "'a' \"b\"",
           "'\\x41\\u00fc\\101'", "'\\q'", "'ü'", "b'x'", "f'{1}'", "rb'x'", "'l\\\nm'", "'#'", "'=;:'", "R'\\\\'"]
OTHERS = ["None", "True", "False", "...", "x", "f(1)", "1 + 2", "not 1", "[i for i in x]", "{**x}", "{1, 2}", "{1}", "x.y",
          "lambda: 3", "1 if x else 2", "set()", "(yield)", "-True", "x[0]", "*x,", "{1: 2 for i in x}", "1 < 2", "a or b"]


class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def pick(self, things):
        return self.rng.choice(things)

    def blank(self):
        return self.pick(["", "", " "])

    def value(self, depth=0):
        kind = self.rng.randrange(12 if depth < 3 else 7)
        if kind < 3:
            return self.pick(NUMBERS)
        if kind < 6:
            return self.pick(STRINGS)
        if kind == 6:
            return self.pick(OTHERS[:3]) if self.rng.random() < .8 else self.pick(OTHERS)
        items = [self.value(depth + 1) for _ in range(self.rng.randrange(4))]
        gap = self.pick([", ", ",", ",\n  ", ", # c\n"])
        tail = self.pick(["", "", ",", ",\n", "\n"]) if items else self.blank()
        if kind < 9:
            return "[" + self.blank() + gap.join(items) + tail + "]"
        if kind == 9:
            return "(" + gap.join(items) + ("," if len(items) == 1 and self.rng.random() < .7 else "") + ")"
        pairs = [self.pick(["'k%d'" % i, "%d" % (i + 2), "'k' 'l%d'" % i, ["None", "True", "2.5", "-1"][i]]) + self.pick([": ", ":", " : "]) + v
                 for i, v in enumerate(items)]
        return "{" + self.blank() + gap.join(pairs) + (tail if pairs else "") + "}"

    def statement(self):
        name, value, kind = self.pick(NAMES), self.value(), self.rng.randrange(16)
        equals = self.pick([" = ", "=", " =  ", " = \\\n   "])
        if kind < 8:
            return name + equals + value
        return self.pick([name + ": int" + equals + value, name + ": 'dict[str, int]'" + equals + value, "self." + name + equals + value,
                          name + " = x" + equals + value, name + " += 1", "x, y" + equals + value, name + ": int", "x.y" + equals + value,
                          "x[0]" + equals + value, "pass", "import os", "'doc = 1'", "(" + name + ")" + equals + value,
                          "print(a, b=1)", "assert x == 1", name + equals + "1, 'b'", name + equals + "1,", "del x",
                          "x == 1", "global g"])

    def simple(self):
        joined = self.pick(["; ", ";", " ;"]).join(self.statement() for _ in range(self.pick([1, 1, 1, 2, 3])))
        return joined + self.pick(["", "", ";", "  # c = 1", "  "])

    def body(self, indent, depth, out):
        inner = indent + self.pick(["  ", "    ", "\t"])
        for _ in range(self.rng.randrange(1, 5)):
            self.line(inner, depth + 1, out)

    def line(self, indent, depth, out):
        kind = self.rng.randrange(12 if depth < 4 else 6)
        if self.rng.random() < .15:
            out.append(self.pick(["", "   ", "# comment: x = 1", indent + "# [ ( {"]))
        if kind < 6:
            out.append(indent + self.simple())
        elif kind < 9:
            name = self.pick(["Cfg", "Inner", "a"])
            head = indent + self.pick(["class %s:", "class %s(Base):", "class %s(Base, m=M[1:2]):", "class %s:  # c"]) % name
            if self.rng.random() < .2:
                out.append(indent + "@dataclass")
            if self.rng.random() < .1:
                out.append(indent + "class %s: %s" % (name, self.simple()))
                return
            out.append(head)
            self.body(indent, depth, out)
        elif kind == 9:
            out.append(indent + self.pick(["def __init__(self):", "def __init__(self, x={'a': 1}) -> None:"]))
            self.body(indent, depth, out)
        else:
            head = self.pick(["if x:", "for i in x:", "while x[1:2]:", "with f() as g:", "def f(x: int = 3):", "async def __init__(self):",
                              "def other(self):", "if x: " + self.statement()])
            out.append(indent + head)
            if head.endswith(":"):
                self.body(indent, depth, out)

    def module(self):
        out = []
        for _ in range(self.rng.randrange(1, 7)):
            self.line("", 0, out)
        return ("\r\n" if self.rng.random() < .2 else "\n").join(out) + self.pick(["\n", "", "\n\n"])


def target_name(target, only_self):
    if isinstance(target, ast.Name) and not only_self:
        return target.id
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
        return target.attr
    return None


def fits(value):
    """False for what a lock cannot hold; expq skips it."""
    if isinstance(value, (list, tuple)):
        return all(fits(v) for v in value)
    if isinstance(value, dict):
        return all(fits(v) and not isinstance(k, (tuple, bytes, complex)) and k is not ... for k, v in value.items())
    return value is None or isinstance(value, (bool, int, float, str))


def read(tree, only_self=False):
    result = {}
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            name = target_name(targets[0], only_self) if len(targets) == 1 else None
            try:
                value = ast.literal_eval(node.value) if node.value else ...
            except (ValueError, TypeError):
                continue
            if name is not None and fits(value):
                result[name] = value
        elif isinstance(node, ast.ClassDef):
            result[node.name] = read(node)
        elif isinstance(node, ast.FunctionDef) and node.name == "__init__":
            result.update(read(node, only_self=True))
    return result


def plain(value):
    if isinstance(value, dict):
        return {k if k is None or isinstance(k, (bool, int, float)) else str(k): plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def vectors(seed, count):
    maker, out = Maker(seed), []
    while len(out) < count:
        text = maker.module()
        try:
            # As text files are read: line ends in strings are "\n".
            out.append({"in": text, "out": plain(read(ast.parse(text.replace("\r\n", "\n"))))})
        except (SyntaxError, RecursionError):
            continue
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--test", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=600)
    options = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(vectors(options.seed, options.count), file)
        file.flush()
        print(f"{options.count} modules, seed {options.seed}", flush=True)
        return subprocess.call([options.test, "--gtest_filter=ReadPython.AgreesWithPythonsOwnParser"],
                               env={**os.environ, "EXPQ_PYTHON_VECTORS": file.name})


if __name__ == "__main__":
    sys.exit(main())
