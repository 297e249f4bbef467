#include "common/params/yaml_edit.h"

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/yaml/inline_text.h"
#include "common/yaml/source.h"

namespace expq::params {
namespace {

using value::Value;
using yaml::Node;

// Each round repairs what the last one changed through an anchor: aliases and merge keys get their own values.
constexpr int kRounds = 4;

constexpr size_t kNowhere = absl::string_view::npos;

struct Splice {
  size_t begin = 0;
  size_t end = 0;
  std::string text;
};

// Where a value stands: what introduces it (a key's end or a dash), and whether brackets are around it.
struct Place {
  size_t introduced = 0;
  bool in_flow = false;
};

// Walks the written tree beside the old and the wanted values, and collects the splices between them.
class Differ {
 public:
  explicit Differ(absl::string_view text) : text_(text), eol_(absl::StrContains(text, "\r\n") ? "\r\n" : "\n") {}

  void Root(const Node& root, const Value& old, const Value& wanted) {
    if (root.style == Node::Style::kEmpty && wanted.map()) {
      for (const auto& [name, value] : *wanted.map()) InsertLine(text_.size(), 0, name, value);
    } else {
      Compare(root, {root.properties, false}, old, wanted);
    }
  }

  // False when something has no place in the text.
  bool ok() const { return ok_; }

  std::string Spliced() {
    std::stable_sort(splices_.begin(), splices_.end(),
                     [](const Splice& a, const Splice& b) { return a.begin < b.begin; });
    std::string out;
    size_t at = 0;
    for (const Splice& splice : splices_) {
      if (splice.begin < at || splice.end < splice.begin || splice.end > text_.size()) ok_ = false;
      if (!ok_) return out;
      absl::StrAppend(&out, text_.substr(at, splice.begin - at), splice.text);
      at = splice.end;
    }
    absl::StrAppend(&out, text_.substr(at));
    return out;
  }

 private:
  void Compare(const Node& node, const Place& place, const Value& old, const Value& wanted) {
    if (value::Identical(old, wanted)) return;
    if (node.kind == Node::Kind::kMap && old.map() && wanted.map()) {
      CompareMaps(node, place, *old.map(), *wanted.map());
    } else if (node.kind == Node::Kind::kList && old.list() && wanted.list() &&
               CanKeepList(node, *old.list(), *wanted.list())) {
      CompareLists(node, place, *old.list(), *wanted.list());
    } else if (!Chomp(node, old, wanted)) {
      Replace(node, place, wanted);
    }
  }

  // A line behind a block scalar that ended the text gives it a line end, which its header can take away again.
  bool Chomp(const Node& node, const Value& old, const Value& wanted) {
    const bool block = node.kind == Node::Kind::kScalar && node.style == Node::Style::kBlock;
    if (!block || !old.string() || !wanted.string() || *old.string() != *wanted.string() + "\n") return false;
    const size_t keep = text_.substr(0, LineEnd(node.begin)).find('+', node.begin);
    const bool keeps = keep != kNowhere && keep < node.begin + 3;
    splices_.push_back({keeps ? keep : node.begin + 1, keeps ? keep + 1 : node.begin + 1, "-"});
    return true;
  }

  static bool IsFlow(const Node& node) { return node.style == Node::Style::kFlow || node.style == Node::Style::kPair; }

  void CompareMaps(const Node& node, const Place& place, const value::Map& old, const value::Map& wanted) {
    std::vector<std::string> names;
    size_t kept = 0;
    for (const Node::Entry& entry : node.entries) {
      names.push_back(yaml::KeyName(entry.key));
      if (yaml::IsMergeKey(entry.key) || wanted.Find(names.back())) ++kept;
    }
    if (kept == 0) return Replace(node, place, wanted);
    const bool in_flow = place.in_flow || IsFlow(node);
    std::vector<size_t> removed;
    for (size_t i = 0; i < node.entries.size(); ++i) {
      if (!yaml::IsMergeKey(node.entries[i].key) && !wanted.Find(names[i])) removed.push_back(i);
    }
    // The spans of neighbours in a flow map would meet at the comma between them.
    if (IsFlow(node) && removed.size() > 1) return Replace(node, place, wanted);
    for (size_t i = 0; i < node.entries.size(); ++i) {
      const Value* before = old.Find(names[i]);
      const Value* after = wanted.Find(names[i]);
      if (before && after) Compare(node.entries[i].value, {AfterColon(node.entries[i]), in_flow}, *before, *after);
    }
    RemoveEntries(node, removed);
    const absl::flat_hash_set<absl::string_view> written(names.begin(), names.end());
    for (const auto& [name, value] : wanted) {
      if (written.contains(name)) continue;
      // A merged key that keeps its value needs nothing; with another value it becomes the map's own.
      const Value* before = old.Find(name);
      if (!before || !value::Identical(*before, value)) Insert(node, name, value);
    }
  }

  // The items stay where they are, or exactly one of them goes.
  static bool CanKeepList(const Node& node, const value::List& old, const value::List& wanted) {
    if (wanted.size() == old.size()) return node.items.size() == old.size();
    return wanted.size() + 1 == old.size() && !wanted.empty() && MissingItem(old, wanted) < old.size();
  }

  // The index of the one old item that wanted lacks, or old.size() if there is more to it.
  static size_t MissingItem(const value::List& old, const value::List& wanted) {
    size_t missing = 0;
    while (missing < wanted.size() && value::Identical(old[missing], wanted[missing])) ++missing;
    for (size_t i = missing; i < wanted.size(); ++i) {
      if (!value::Identical(old[i + 1], wanted[i])) return old.size();
    }
    return missing;
  }

  void CompareLists(const Node& node, const Place& place, const value::List& old, const value::List& wanted) {
    const bool in_flow = place.in_flow || IsFlow(node);
    if (wanted.size() < old.size()) {
      const size_t missing = MissingItem(old, wanted);
      if (!IsFlow(node)) {
        const size_t dash = DashBefore(node.items[missing]);
        const bool own_line = dash != kNowhere && IsBlank(LineStart(dash), dash);
        return own_line ? RemoveLines(dash, node.items[missing].end) : Replace(node, place, Value(wanted));
      }
      std::vector<std::pair<size_t, size_t>> spans;
      for (const Node& item : node.items) spans.emplace_back(item.properties, item.end);
      return RemoveFromFlow(spans, missing);
    }
    for (size_t i = 0; i < old.size(); ++i) {
      Compare(node.items[i], {node.items[i].properties, in_flow}, old[i], wanted[i]);
    }
  }

  // --- one value -----------------------------------------------------------------------------------------------------

  void Replace(const Node& node, const Place& place, const Value& wanted) {
    const bool collection = node.kind == Node::Kind::kMap || node.kind == Node::Kind::kList;
    yaml::InlineStyle style{.in_flow = place.in_flow};
    if (node.style == Node::Style::kSingle || node.style == Node::Style::kDouble) style.quotes = node.style;
    const std::string text = yaml::InlineText(wanted, style);
    if (node.begin == kNowhere || node.end == kNowhere) {
      ok_ = false;
    } else if (node.style == Node::Style::kEmpty && !node.tagged) {
      splices_.push_back({node.begin, node.begin, " " + text});
    } else if (collection && node.style == Node::Style::kBlock && LineStart(node.begin) > place.introduced) {
      ReplaceBlock(node, place, text);
    } else {
      splices_.push_back({node.tagged ? node.properties : node.begin, node.end, text});
    }
  }

  // A block collection below its key: the value goes behind the key (and its anchor) before any comment, the lines of
  // the collection go.
  void ReplaceBlock(const Node& node, const Place& place, const std::string& text) {
    size_t behind = place.introduced;
    if (node.properties != node.begin && node.properties < LineEnd(place.introduced)) {
      behind = std::min(text_.find_first_of(" \t\r\n", node.properties), text_.size());
    }
    const size_t header_end = LineEnd(behind);
    splices_.push_back({behind, behind, " " + text});
    splices_.push_back({header_end, LineEnd(node.end), ""});
  }

  // --- keys ----------------------------------------------------------------------------------------------------------

  void Insert(const Node& node, const value::Key& name, const Value& value) {
    if (node.style == Node::Style::kPair) {
      ok_ = false;
      return;
    }
    const Node::Entry& last = node.entries.back();
    const size_t end = last.value.end == kNowhere ? last.key.end : last.value.end;
    if (node.style == Node::Style::kFlow) {
      const std::string entry =
          absl::StrCat(yaml::InlineKey(name, true), ": ", yaml::InlineText(value, {.in_flow = true}));
      splices_.push_back({end, end, ", " + entry});
      return;
    }
    const size_t first = node.entries.front().key.properties;
    if (first == kNowhere || end == kNowhere) {  // an empty key
      ok_ = false;
      return;
    }
    InsertLine(std::min(RawLineEnd(end) + 1, text_.size()), ColumnOf(first), name, value);
  }

  // A line of its own at `at`, which is a line's start or the text's end.
  void InsertLine(size_t at, size_t indent, const value::Key& name, const Value& value) {
    const std::string line =
        absl::StrCat(std::string(indent, ' '), yaml::InlineKey(name, false), ": ", yaml::InlineText(value, {}));
    const bool after_line_end = at == 0 || text_[at - 1] == '\n';
    splices_.push_back({at, at, after_line_end ? absl::StrCat(line, eol_) : absl::StrCat(eol_, line)});
  }

  void RemoveEntries(const Node& node, const std::vector<size_t>& removed) {
    std::vector<std::pair<size_t, size_t>> spans;
    for (const Node::Entry& entry : node.entries) {
      spans.emplace_back(entry.key.properties, entry.value.end == kNowhere ? entry.key.end : entry.value.end);
    }
    if (IsFlow(node)) {
      if (!removed.empty()) RemoveFromFlow(spans, removed.front());
      return;
    }
    for (size_t i : removed) {
      const bool own_line = IsBlank(LineStart(spans[i].first), spans[i].first);
      if (own_line) {
        RemoveLines(spans[i].first, spans[i].second);
      } else if (i + 1 < spans.size()) {
        splices_.push_back({spans[i].first, spans[i + 1].first, ""});  // the first key of a list's item
      } else {
        ok_ = false;
      }
    }
  }

  void RemoveFromFlow(const std::vector<std::pair<size_t, size_t>>& spans, size_t i) {
    if (i + 1 < spans.size()) {
      splices_.push_back({spans[i].first, spans[i + 1].first, ""});
    } else if (i > 0) {
      splices_.push_back({spans[i - 1].second, spans[i].second, ""});
    } else {
      ok_ = false;
    }
  }

  void RemoveLines(size_t begin, size_t end) {
    if (begin == kNowhere || end == kNowhere || !IsBlank(LineStart(begin), begin)) {
      ok_ = false;
      return;
    }
    splices_.push_back({LineStart(begin), std::min(RawLineEnd(end) + 1, text_.size()), ""});
  }

  // --- the text ------------------------------------------------------------------------------------------------------

  bool IsBlank(size_t begin, size_t end) const {
    return text_.substr(begin, end - begin).find_first_not_of(" \t") == absl::string_view::npos;
  }

  size_t LineStart(size_t at) const {
    const size_t before = at == 0 ? absl::string_view::npos : text_.rfind('\n', at - 1);
    return before == absl::string_view::npos ? 0 : before + 1;
  }

  // The file's byte order mark takes no column.
  size_t ColumnOf(size_t at) const {
    const size_t start = LineStart(at);
    const size_t mark = start == 0 && absl::StartsWith(text_, "\xEF\xBB\xBF") ? 3 : 0;
    return at - start - std::min(mark, at);
  }

  size_t RawLineEnd(size_t at) const { return std::min(text_.find('\n', at), text_.size()); }

  // Before "\r\n" too.
  size_t LineEnd(size_t at) const {
    const size_t end = RawLineEnd(at);
    return end > at && text_[end - 1] == '\r' ? end - 1 : end;
  }

  size_t AfterColon(const Node::Entry& entry) const {
    const size_t colon = text_.find_first_not_of(" \t", entry.key.end);
    return colon != absl::string_view::npos && text_[colon] == ':' ? colon + 1 : entry.key.end;
  }

  size_t DashBefore(const Node& item) const {
    if (item.properties == kNowhere) return kNowhere;
    const size_t last = text_.substr(0, item.properties).find_last_not_of(" \t");
    return last != absl::string_view::npos && text_[last] == '-' ? last : kNowhere;
  }

  absl::string_view text_;
  const char* eol_;
  std::vector<Splice> splices_;
  bool ok_ = true;
};

bool HasAlias(const Node& node) {
  if (node.kind == Node::Kind::kAlias) return true;
  for (const Node& item : node.items) {
    if (HasAlias(item)) return true;
  }
  for (const Node::Entry& entry : node.entries) {
    if (HasAlias(entry.value)) return true;
  }
  return false;
}

absl::Status CannotEdit(absl::string_view file, bool aliases) {
  return status::WithHint(absl::FailedPreconditionError(absl::StrCat(
                              file, ": cannot be changed in place: ",
                              aliases ? "the value is shared through an anchor"
                                      : "the text around the value is written in a way that is not understood")),
                          "change the file by hand, or write the value on one line as 'key: value'");
}

}  // namespace

absl::StatusOr<std::string> EditYaml(absl::string_view file, absl::string_view text, const Value& wanted) {
  std::string current(text);
  bool aliases = false;
  for (int round = 0; round < kRounds; ++round) {
    absl::StatusOr<Node> root = yaml::ParseSource(current, file);
    absl::StatusOr<yaml::Document> document =
        root.ok() ? yaml::ToDocument(*root, current, file) : absl::StatusOr<yaml::Document>(root.status());
    // Only the first text is the user's; a later one that does not parse is our edit gone wrong.
    if (!document.ok() && round == 0) return document.status();
    if (!document.ok()) return CannotEdit(file, aliases);
    if (document->root.is_null()) document->root = value::Map();
    if (value::Identical(document->root, wanted)) return current;
    aliases |= HasAlias(*root);
    Differ differ(current);
    differ.Root(*root, document->root, wanted);
    current = differ.Spliced();
    if (!differ.ok()) break;
  }
  return CannotEdit(file, aliases);
}

}  // namespace expq::params
