#include "common/pipeline/anchors.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/yaml/yaml.h"

namespace expq::pipeline {
namespace {

// The word behind '&' or '*' that follows the key at the mark, "" when there is none.
std::string AnchorAt(const std::vector<absl::string_view>& lines, const yaml::Mark& mark) {
  if (mark.line < 1 || static_cast<size_t>(mark.line) > lines.size()) return "";
  absl::string_view line = lines[static_cast<size_t>(mark.line) - 1];
  const size_t colon = line.find(": ", static_cast<size_t>(std::max(mark.column - 1, 0)));
  if (colon == absl::string_view::npos) return "";
  line.remove_prefix(colon + 2);
  while (absl::ConsumePrefix(&line, " ")) {
  }
  if (line.empty() || (line[0] != '&' && line[0] != '*')) return "";
  return std::string(line.substr(1, line.find_first_of(" ,]}\r", 1) - 1));
}

bool IsShareable(const value::Value& value) { return value.is_list() || value.is_map(); }

// The keys of a file that share, with their number once they are written.
class Sharing {
 public:
  explicit Sharing(const LockedParams& params) {
    std::map<std::string, int> uses;
    for (const auto& [key, anchor] : params.anchors) {
      const value::Value* value = params.values.Find(key);
      if (value != nullptr && IsShareable(*value)) ++uses[anchor];
    }
    for (const auto& [key, anchor] : params.anchors) {
      const value::Value* value = params.values.Find(key);
      if (value != nullptr && IsShareable(*value) && uses[anchor] > 1) {
        anchor_of_[LineOf(params.values.FindEntry(key)->first)] = anchor;
      }
    }
  }

  // Null for a line that is no key of ours.
  const std::string* AnchorOf(absl::string_view line) const {
    const auto found = anchor_of_.find(std::string(line.substr(0, line.find(':') + 1)));
    return found == anchor_of_.end() ? nullptr : &found->second;
  }

 private:
  // "key:" as it is written.
  static std::string LineOf(const value::Key& key) {
    value::Map map;
    map.Set(key, value::Null());
    const std::string line = yaml::Emit(map);
    return line.substr(0, line.rfind(':') + 1);
  }

  std::map<std::string, std::string> anchor_of_;
};

// One pass over the lines of an entry.
class Rewriter {
 public:
  Rewriter(const LockEntry& entry, size_t indent) : entry_(entry), indent_(indent) {}

  std::string Rewrite(const std::string& text) {
    for (const absl::string_view line : absl::StrSplit(text, '\n')) Take(line);
    out_.pop_back();  // the empty piece after the last line end
    return std::move(out_);
  }

 private:
  static size_t IndentOf(absl::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

  void Take(absl::string_view line) {
    const size_t indent = IndentOf(line);
    const absl::string_view rest = line.substr(indent);
    const bool is_item = absl::StartsWith(rest, "- ");
    if (indent <= indent_ && !is_item) in_params_ = rest == "params:";
    if (in_params_ && indent == indent_ + 2 && !is_item) EnterFile();
    const bool is_key = in_params_ && indent == indent_ + 4 && !is_item;
    if (indent < indent_ + 4 || is_key) dropping_ = false;
    if (dropping_) return;
    const std::string* anchor = is_key && !sharings_.empty() ? sharings_.back().AnchorOf(rest) : nullptr;
    if (anchor == nullptr) {
      absl::StrAppend(&out_, line, "\n");
    } else {
      WriteShared(line, *anchor);
    }
  }

  void EnterFile() {
    sharings_.clear();
    numbers_.clear();
    if (file_ < entry_.params.size()) sharings_.emplace_back(entry_.params[file_++]);
  }

  void WriteShared(absl::string_view line, const std::string& anchor) {
    const size_t colon = line.find(':', indent_ + 4) + 1;
    const auto found = numbers_.find(anchor);
    dropping_ = found != numbers_.end();
    if (dropping_) {
      absl::StrAppendFormat(&out_, "%s *id%03d\n", line.substr(0, colon), found->second);
    } else {
      absl::StrAppendFormat(&out_, "%s &id%03d%s\n", line.substr(0, colon), numbers_[anchor] = ++last_,
                            line.substr(colon));
    }
  }

  const LockEntry& entry_;
  const size_t indent_;
  size_t file_ = 0;
  bool in_params_ = false;
  bool dropping_ = false;
  std::vector<Sharing> sharings_;       // of the file that is being written; none before the first
  std::map<std::string, int> numbers_;  // of its anchors
  int last_ = 0;
  std::string out_;
};

}  // namespace

std::map<std::string, std::string> AnchorsIn(absl::string_view text, const std::vector<std::string>& keys) {
  std::map<std::string, std::string> anchors;
  if (!absl::StrContains(text, "*") || !absl::StrContains(text, "&")) return anchors;
  const auto document = yaml::Parse(text, "params");
  if (!document.ok()) return anchors;
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  for (const std::string& key : keys) {
    const std::string anchor = AnchorAt(lines, document->At(absl::StrSplit(key, '.')));
    if (!anchor.empty()) anchors[key] = anchor;
  }
  return anchors;
}

std::string WithAnchors(const std::string& text, const LockEntry& entry, size_t indent) {
  for (const LockedParams& params : entry.params) {
    if (!params.anchors.empty()) return Rewriter(entry, indent).Rewrite(text);
  }
  return text;
}

}  // namespace expq::pipeline
