// The words of a Python file, by logical lines.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace expq::params {

struct PythonToken {
  enum class Kind { kName, kNumber, kString, kMark };
  Kind kind = Kind::kMark;
  size_t begin = 0;
  size_t end = 0;
  std::string text;   // of a string: what it means
  bool plain = true;  // of a string: neither bytes nor an f-string
  char quote = '\0';  // of a string
  bool triple = false;
};

// What stands on one line or, within brackets and behind backslashes, on several.
struct PythonLine {
  int indent = 0;    // in columns, a tab goes to the next multiple of 8
  size_t begin = 0;  // the first token's first byte
  size_t end = 0;    // behind the last token
  std::vector<PythonToken> tokens;
};

// InvalidArgument "FILE:LINE:COLUMN: …" for strings and brackets that are not closed and characters that Python does
// not have. Empty lines and comments are left out.
absl::StatusOr<std::vector<PythonLine>> LexPython(absl::string_view text, absl::string_view file);

// The text of a string literal's inside. False for an escape that Python refuses or that needs Unicode's names.
bool UnescapePython(absl::string_view inside, bool raw, std::string& out);

}  // namespace expq::params
