"""The golden seeds of the language (research/dvc-feature-map.md §10): small repositories for differential_fuzz.py, which
compares what DVC and expq make of each in every run."""
import json

VALUES = """l: [a, b]
m: {x: 1, y: {z: 2}}
n: 1
f: 1e-05
t: true
none: null
s: text
e: []
em: {}
nest: [[1, 2], [3]]
big: 123456789012345678901
mix: [{a: 1}, 2]
st: 'a ${n}'
'a.b': dotted
'a b': blank
ü: uml
_x: under
9x: nine
a-b: dash
list: [{k: v}, {k: w}]
esc: '\\${n}'
item: it
key: ke
"""

# §4.1: what a plain scalar means.
SCALARS = [
    "yes", "no", "on", "off", "true", "True", "TRUE", "tRUE", "null", "Null", "NULL", "~", "", "0o14", "014", "089", "0x1F", "0X1F", "0b101",
    "0B1", "1_000", "1__0", "_1", "1_", "1:30", "190:20:30", "1e3", "1e-5", "1.e3", "+.5", "12e03", ".5", "5.", "0.1_2", ".inf", "-.INF",
    ".nan", ".NaN", "inf", "NaN", "=", "<<", "!!str 1", "!!int '1'", "!!float 1", "!foo 1", "!!python/tuple [1]", "!!set {a}",
    "!!timestamp 2001-01-01", "2024-01-01x", "'2024-01-01'", "-", "- a", "?", "a: b", "[1,2", "{a: 1", "'x", "\"\\q\"",
    "\"\\x41\\u00e9\\U0001F600\"", "|\n  a\n  b", "|-\n  a", ">\n  a\n  b", ">-\n  a\n\n  b", "|+\n  a\n", "|2\n   a", "a\n  b\n   c",
    "'a\n\n  b'", "\"a\\\n  b\"", "*x", "&x 1", "0o8", "0x", "0b", "1e", "1e+", "e5", "1.2.3", "1,000", "+1", "-1", "+0", "-0", "-0.0", "00",
    "0", "0.0", "1E5", "1e400", "-1e400", "1e-400", "123456789012345678901234567890", "0o777777777777777777777777", "%a", "@a", "`a", "a#b",
    "a #b", "#", "a:", "a:b", ":a", "&", "*", "|", ">", "- - a", "---", "...", "\u00a0", "\ufeff", "\u0007", "é", "😀", ".", "..", "+", "-.",
    "+.inf", "-.nan", "0.", "._1", "1._", "0_", "0x_1", "0x1_", "TRUE ", "Yes", "Y", "n", "NULL", "nUll", "None", "0o", "1e5_0", "1_e5",
    "1e_5", "12e-", "1.5e+3", "1.5E-3", "0777", "+0x10", "-0o10", "0b12", "1.", "+.", "2001-12-14t21:59:43.10-05:00", "2001-1-1"]
DOCUMENTS = [
    "a: 1\na: 2\n", "a: 1\n---\nb: 2\n", "---\na: 1\n", "a: 1\n...\n", "a: 1\n...\nb: 2\n", "%YAML 1.1\n---\nx: yes\n", "%FOO x\n---\nx: 1\n",
    "%TAG ! tag:x,2000:\n---\nx: 1\n", "x: &a {b: 1}\ny: {<<: *a, c: 2}\n", "x: &a {b: 1}\ny: {<<: [*a, {b: 3, d: 4}]}\n", "y: {<<: 1}\n",
    "y: {<<: {a: 1}, <<: {b: 1}}\n", "x: 1\n y: 2\n", "x:\n\t- 1\n", "{x: 1}\n", "{x: 1, x: 2}\n", "\ufeffx: 1\n", "x: 1\r\ny: 2\r\n",
    "x: [1,,2]\n", "x: [1, 2,]\n", "x: {a, b: 1}\n", "x: {a: 1,}\n", "x: [a: 1]\n", "? x\n: 1\n", "x: 'it''s'\n", "x: \"a\n\n  b\"\n",
    "# only\n", "\n\n", "x: # c\n  1\n", "x: a # c\n", "x: a# c\n", "x:1\n", "x : 1\n", "'x': 1\n", "x: *nope\n", "x: [\n1,\n2\n]\n",
    "x: {\n  a: 1\n}\n", "x:\n- 1\n-  2\n", "x:\n  - 1\n - 2\n", "x: !!map {a: 1}\n", "x: !!seq [1]\n", "=: 1\n", "x: {=: 1}\n"]

# §2.3: names of what foreach and matrix make.
FOREACH = [
    "[1, 1.0, true, null, 1e-05, text]", "[a, a, b]", "[1, '1']", "['a/b', 'c d', 'e.f', 'ä']", "[]", "{}", "{a: 1, b: {c: d}}",
    "{'a/b': 1, 'c d': 2}", "${l}", "${m}", "${e}", "${em}", "${n}", "${s}", "${none}", "${nope}", "${nest}", "${mix}", "${list}",
    "['${n}', '${t}', '${f}', '${none}', '${big}']", "['x${n}', 'y${t}']", "[[1, 2], [3]]", "[{a: 1}, b]", "text", "1", "null", "true",
    "'${l} x'", "[${l}]", "{a: '${l}'}", "['', x]", "[-1, +1, 0x10, 0o7, .5, 1_000]", "['\\${n}']", "[.nan, .inf]"]
DO = [
    ("{a: 1, b: 2}", "cmd: x ${key} ${item}"), ("[a]", "cmd: x ${key}"), ("[{a: {b: c}}]", "cmd: x ${item.a.b} ${item[a][b]}"),
    ("[[1, 2]]", "cmd: x ${item[0]} ${item[-1]}"), ("[[1]]", "cmd: x ${item}"), ("[{a: b}]", "cmd: x ${item}"),
    ("[a]", "cmd: x\nvars: [{item: 1}]"), ("[a]", "cmd: x\nvars: [{key: 1}]"), ("{a: 1}", "cmd: x\nvars: [{key: 1}]"),
    ("[a]", "cmd: x\nvars: [{q: 1}]\ndesc: '${q}'"), ("[a]", "cmd: x\nwdir: '${item}'"), ("[a]", "cmd: x\nouts: ['${item}': {cache: false}]"),
    ("[a]", "cmd: x\nparams: ['${item}', '${item}.yaml': ['${item}']]"), ("[true]", "cmd: x\nfrozen: '${item}'"),
    ("[a]", "foreach: [b]\ndo: {cmd: x}"), ("[a]", "matrix: {b: [c]}\ncmd: x"), ("[a]", "deps: [x]"), ("[a]", "cmd: x\nnope: 1"), ("[a]", ""),
    ("[a]", "cmd: ${item\n"), ("[a, b]", "cmd: x\nouts: [same]"), ("[item]", "cmd: x ${${item}}"), ("[{a: 1}]", "cmd: ['x ${item}']")]
MATRIX = [
    "{a: [1, 2], b: [x, y]}", "{a: ['x'], b: ['a-b']}", "{a: [x, x-a], b: [a-b, b]}", "{a: []}", "{}", "{a: [1], b: []}", "{a: ${l}}",
    "{a: ${n}}", "{a: ${m}}", "{a: 1}", "{a: {b: 1}}", "{a: [{b: 1}, {c: 2}]}", "{a: [[1], [2]]}", "{a: [{b: 1}], c: [d]}",
    "{a: [true, null, 1.0, 1e-5]}", "{a: ['${t}', '${none}', '${f}']}", "${m}", "[a]", "null", "{a b: [1]}", "{a: [1, 1]}",
    "{a: ${list}, b: ${mix}}", "{a: ['${l}']}", "{item: [1]}", "{key: [1]}", "{a: [1, '1', true]}", "{a: ['a/b']}", "{a: null}", "{a: [null]}"]

# §2.4: what stands between the braces.
TEMPLATES = [
    "${n}", "${ n }", "${n}}", "${{n}}", "${n", "${}", "${ }", "$n", "$(n)", "$${n}", "\\${n}", "\\\\${n}", "${n.x}", "${m.x}", "${m[x]}",
    "${m['x']}", "${m.y.z}", "${m[y][z]}", "${m.y[z]}", "${m[y].z}", "${l[0]}", "${l.0}", "${l[-1]}", "${l[2]}", "${l[-3]}", "${l[x]}",
    "${l[ 0 ]}", "${l[0}", "${l]}", "${nest[0][1]}", "${nest.0.1}", "${list[0].k}", "${n+1}", "${n or 1}", "${n:-1}", "${n,1}", "${'n'}",
    "${\"n\"}", "${env:HOME}", "${a.b}", "${a b}", "${ü}", "${_x}", "${9x}", "${a-b}", "${N}", "${s}${n}", "x${s}y${n}z", "${none}", "${t}",
    "${f}", "${big}", "${e}", "${em}", "${l}", "${m}", "${st}", "${esc}", "\\${n} ${n}", "${n}\\${n}", "\\${n}\\${nope}", "${nope}",
    "${m.nope}", "${m.x.y}", "${n\n}", "${\nn}", "${m .x}", "${m. x}", "${m[ x ]}", "${m.y.}", "${.m}", "${m..x}", "${m[]}", "${item}",
    "${key}", "${l[1:]}", "${l[1.0]}", "${l[+1]}", "${l[01]}", "${l[1_0]}", "$ {n}", "#{n}", "${n|x}", "${*}", "${l[*]}", "${m.*}", "${m?}"]

FILES = {"p.yaml": "a: 1\nb: 2\nm: {x: 1}\n", "q.json": '{"a": 1, "c": 3}', "r.toml": "d = 1\n", "s.py": "e = 1\nclass C:\n  f = 2\n",
         "params.yaml": "z: 1\n"}
VARS = [
    ["{a: 1}", "{a: 1}"], ["{a: {b: 1}}", "{a: {c: 2}}"], ["{a: {b: 1}}", "{a: 1}"], ["{a: 1}", "{a: {b: 1}}"], ["{a: [1]}", "{a: [2]}"],
    ["p.yaml"], ["p.yaml", "p.yaml"], ["p.yaml", "./p.yaml"], ["p.yaml:a"], ["p.yaml:a", "p.yaml:a"], ["p.yaml:a", "p.yaml:b"],
    ["p.yaml:a,b"], ["p.yaml:a,a"], ["p.yaml:b", "p.yaml"], ["p.yaml", "p.yaml:b"], ["p.yaml:zz"], ["nope.yaml"], ["p.yaml:m.x", "p.yaml:a"],
    ["p.yaml:m", "p.yaml:a"], ["p.yaml", "q.json"], ["{a: 1}", "p.yaml"], ["params.yaml", "{a: 1}"], ["params.yaml:z", "{a: 1}"],
    ["{z: 2, a: 1}"], ["r.toml", "s.py", "{a: 1}"], ["s.py:C", "{a: 1}"], ["sub", "{a: 1}"], ["p.yaml:", "{q: 1}"], ["'p.yaml: a'"],
    ["'p.yaml:a, b'"], ["''", "{a: 1}"], ["null", "{a: 1}"], ["1"], ["[p.yaml]"], ["{a: '${b}'}"], ["{'${b}': 1, a: 1}"],
    ["'${b}.yaml'", "{a: 1}"], ["{a: '\\${b}'}"], ["{}", "{a: 1}"], ["{item: 1, a: 2}"], ["/nope.yaml", "{a: 1}"], ["../nope.yaml", "{a: 1}"]]

# §2.7: what does not fit together.
DATA = "outs:\n- md5: d8e8fca2dc0f896fd7cb4cb0031ba249\n  path: f\n"
GRAPHS = [
    ({}, "a: {cmd: x, deps: [p], outs: [o]}", "b: {cmd: x, deps: [o], outs: [p]}"), ({}, "a: {cmd: x, deps: [o], outs: [o]}"),
    ({}, "a: {cmd: x, deps: [./o], outs: [o]}"), ({}, "a: {cmd: x, deps: [o/x], outs: [o]}"), ({}, "a: {cmd: x, deps: [o], outs: [o/x]}"),
    ({}, "a: {cmd: x, outs: [o]}", "b: {cmd: y, outs: [o]}"), ({}, "a: {cmd: x, outs: [o]}", "b: {cmd: y, metrics: [./o]}"),
    ({}, "a: {cmd: x, outs: [o]}", "b: {cmd: y, outs: [o/p]}"), ({}, "a: {cmd: x, outs: [o]}", "b: {cmd: y, outs: [op]}"),
    ({"sub/dvc.yaml": "stages:\n  b: {cmd: y}\n"}, "a: {cmd: x, outs: [sub]}"), ({"sub/f.dvc": DATA}, "a: {cmd: x, outs: [sub]}"),
    ({"f.dvc": DATA}, "a: {cmd: x, outs: [f]}"), ({"f.dvc": DATA}, "a: {cmd: x, outs: [f/g]}"),
    ({"sub/dvc.yaml": "stages:\n  b: {cmd: y, outs: [o]}\n"}, "a: {cmd: x, outs: [sub/o]}"),
    ({"sub/dvc.yaml": "stages:\n  b: {cmd: y, deps: [../p], outs: [o]}\n"}, "a: {cmd: x, deps: [sub/o], outs: [p]}"),
    ({}, "a: {cmd: x, deps: ['3'], outs: ['1']}", "b: {cmd: x, deps: ['1'], outs: ['2']}", "c: {cmd: x, deps: ['2'], outs: ['3']}"),
    ({}, "a: {cmd: x, params: [p.yaml: [a]], outs: [o]}", "b: {cmd: x, deps: [o], outs: [p.yaml]}"),
    ({}, "a: {cmd: x, params: [p.yaml: [a]], outs: [p.yaml]}"),
    ({}, "a: {cmd: x, deps: [p], outs: [o], frozen: true}", "b: {cmd: x, deps: [o], outs: [p]}"),
    ({}, "a: {foreach: [1], do: {cmd: x, outs: ['${item}']}}", "b: {cmd: x, deps: [a]}"),
    ({}, "a: {cmd: x, deps: [d], outs: [d2/x]}", "b: {cmd: x, deps: [d2], outs: [d/y]}"),
    ({"sub/k": ""}, "a: {cmd: x, wdir: sub, outs: [o]}", "b: {cmd: y, outs: [sub/o]}")]


def indented(text, width):
    return "".join(" " * width + line + "\n" for line in text.splitlines())


def listed(items, width):
    return "".join(f"{' ' * width}- {item}\n" for item in items)


def stages(body, values=VALUES, **files):
    return {"params.yaml": values, "dvc.yaml": "stages:\n" + body, **files}


def repositories():
    for text in SCALARS:
        yield stages("  a:\n    foreach: ['${x}']\n    do: {cmd: 'x ${x} ${item}'}\n", f"x: {text}\nok: 1\n")
    for text in DOCUMENTS:
        yield {"params.yaml": text, "dvc.yaml": "vars: [{q: 1}]\nstages:\n  a: {cmd: 'x ${q}'}\n"}
    for text, do in [(text, "cmd: 'x ${item}'") for text in FOREACH] + DO:
        yield stages(f"  g:\n    foreach: {text}\n    do:\n" + indented(do, 6))
    for text in MATRIX:
        yield stages(f"  g:\n    matrix: {text}\n    cmd: 'x ${{key}}'\n")
    for text in TEMPLATES:
        yield stages("  a:\n    cmd: " + json.dumps("x " + text, ensure_ascii=False) + "\n")
        if "\n" not in text:
            path = text.replace("'", "''")
            yield stages(f"  a: {{cmd: x, outs: ['{path}']}}\n")
            yield stages(f"  a: {{cmd: x, deps: ['q{path}'], params: ['p{path}']}}\n")
    for items in VARS:
        yield {**FILES, "sub/t": "", "dvc.yaml": "vars:\n" + listed(items, 0) + "stages:\n  a: {cmd: 'x ${a}'}\n"}
        yield {**FILES, "sub/t": "", "dvc.yaml": "stages:\n  a:\n    cmd: 'x ${a}'\n    vars:\n" + listed(items, 4)}
    for files, *bodies in GRAPHS:
        yield {"dvc.yaml": "stages:\n" + "".join(f"  {body}\n" for body in bodies), **files}
