"""Where expq does something else than DVC on purpose; each with its reason (docs, research/dvc-feature-map.md §10)."""
import re

# DVC refuses with …, expq goes on because …
BETTER = [
    (r"TypeError: list indices must be integers", "an item of a list can be deleted; DVC trips"),
    (r"StageNotFound: Stage '.*@.*' not found", "a name or an item with an @ in it is one like others; DVC cannot find its own stage"),
    (r"ValueError: Expected dict for '.*', got: 'list'", "a plot with several sets of properties: DVC's schema has it, its code trips"),
    (r"^AssertionError: $", "an empty key: DVC trips over its own name of the stage"),
    (r"ValueError: invalid literal for int", "0x_ is a text; DVC's YAML trips"),
    (r"Could not delete from config. '.*' does not exist", "a key that is null is there and can be deleted"),
    (r"^ValueError: (year|month|day|hour|minute|second)\b.*", "a date that no calendar has is kept as it is written; DVC trips"),
    (r"has no attribute 'decode'|Only list of str/dict is supported. Got: '(int|float|bool)'|'(int|float|bool)' not supported", "a number is a name as it is elsewhere; DVC trips"),
]

# expq refuses with …, DVC goes on …
STRICTER = [
    (r"is outside of the repository", "a snapshot has nothing of what is outside"),
    (r"the list of commands is empty", "DVC takes the stage for a data source"),
    (r"the command is empty|a param's name is empty", "nothing is asked for; DVC says so when it runs, or never"),
    (r"\d: path is an empty path|expected a path, got", "nothing or a number as a path of the top level: DVC finds out when it shows it"),
    (r"expected a param's name, got", "a number as the name of a param: DVC trips when it looks for it"),
    (r"expected a command, got", "DVC records what is no command and trips when it runs"),
    (r"expected a list, got a string", "a string as an axis of a matrix: DVC takes its letters"),
    (r"could not delete .* and not None", "~key=null compares null as Hydra 1.3.2 does; 1.3.8 compares nothing"),
    (r"a map or list as key is not supported", "JSON has none either, and dvc.lock could not hold it"),
    (r"are one key here", "1 and '1' in one map: a param is found by its text"),
    (r"an invisible line end", "U+2028 and its like end a line to DVC and to no editor"),
    (r"no text can begin with '\?'", "a ? before a key within brackets: yaml-cpp has none there"),
    (r"',' or '[]}]' is missing before this", "a key of several lines within brackets: more likely a lost comma"),
    (r"this value is not indented", "an empty key below another key: more likely a lost indentation"),
    (r"no blank follows this ':'", "{a:} is a key 'a:' to DVC, which nobody means"),
    (r"cannot be changed in place", "only the bytes of the value change; DVC writes the file anew"),
]


def is_command(cmd):
    return isinstance(cmd, str) or isinstance(cmd, list) and all(isinstance(item, str) for item in cmd)


def deliberate(case, kind, theirs, ours):
    """The reason, or ""."""
    if kind == "cmd" and not all(is_command(stage["cmd"]) for stage in theirs["stages"]):
        return "a number, boolean or map as the whole command: DVC trips when it runs it, we run its text"
    table, error = {"DVC refuses": (BETTER, theirs.get("error")), "expq refuses": (STRICTER, ours.get("error"))}.get(kind, ([], ""))
    return next((reason for pattern, reason in table if re.search(pattern, error)), "")
