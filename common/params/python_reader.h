// The static part of a Python params file, as DVC reads it: never executed.
//
// What counts: assignments of literals to one plain name at module level, in classes (nested ones too), and to self.x
// in their __init__. A class is a map. Anything else is skipped: other statements, names, calls, f-strings, arithmetic;
// and what a lock cannot hold: sets, bytes, complex numbers, `...`.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/params/source_tree.h"
#include "common/value/value.h"

namespace expq::params {

struct PythonFile {
  value::Value root;
  SourceNode tree;
};

// InvalidArgument "FILE:LINE:COLUMN: …" where Python's own parser would not take the words, the brackets, the
// indentation or an assignment. Other statements are not looked into.
absl::StatusOr<PythonFile> ReadPython(absl::string_view text, absl::string_view file);

}  // namespace expq::params
