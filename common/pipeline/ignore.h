// What .dvcignore (and, for finding pipeline files, .gitignore) leaves out: gitignore patterns.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace expq::pipeline {

// The patterns of several ignore files; the last one that matches decides. Understands comments, blank lines, "\#",
// "!", "dir/", leading and inner "/", "*", "?", "[a-z]" and "**". Whoever walks a tree does not go into what is
// ignored.
class IgnorePatterns {
 public:
  enum class Style {
    kGit,  // a path is matched alone
    kDvc,  // a pattern that matches a folder matches all that is below it: "!dir" brings back what "*" took
  };
  explicit IgnorePatterns(Style style) : style_(style) {}

  // The text of an ignore file in `dir` (relative, "" or "." = the top), for everything below it.
  void Add(absl::string_view dir, absl::string_view text);

  // `path` relative to the top.
  bool Ignores(absl::string_view path, bool is_directory) const;

  // To leave a folder whose file was added last: remember size() before Add, come back with Truncate.
  size_t size() const { return patterns_.size(); }
  void Truncate(size_t size) { patterns_.resize(size); }

 private:
  struct Pattern {
    std::string base;  // "sub/" or ""
    std::string glob;
    bool negated = false;
    bool directory_only = false;
    bool anchored = false;  // against the path below base, else against the last part alone
    bool plain = false;     // without wildcards
  };
  static bool MatchesAlone(const Pattern& pattern, absl::string_view path, bool is_directory);
  // `path` below the pattern's folder.
  static bool MatchesFolderAbove(const Pattern& pattern, absl::string_view path);
  void AddLine(const std::string& base, absl::string_view line);

  const Style style_;
  std::vector<Pattern> patterns_;
};

// gitignore's glob over a path: "*" and "?" stop at "/", "**/" is any number of folders, "/**" everything below.
// Linear in pattern × path.
bool GlobMatches(absl::string_view glob, absl::string_view path);

}  // namespace expq::pipeline
