#include "common/params/toml_reader.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/params/format.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using Kind = SourceNode::Kind;
using Path = std::vector<std::string>;

SourceNode::Entry* FindEntry(SourceNode& map, absl::string_view name) {
  for (SourceNode::Entry& entry : map.entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::string HeaderOf(const Path& path) {
  Path keys;
  for (const std::string& name : path) keys.push_back(TomlKey(name));
  return absl::StrJoin(keys, ".");
}

// Reads a text that toml++ took, so it need not find mistakes; it only must end.
class TomlReader {
 public:
  TomlReader(absl::string_view text, absl::string_view file) : text_(text), file_(file) {}

  absl::StatusOr<SourceNode> Run() {
    root_.kind = Kind::kMap;
    if (absl::StartsWith(text_, "\xEF\xBB\xBF")) at_ = 3;
    while (SkipToWord()) {
      if (text_[at_] == '[') {
        RETURN_IF_ERROR(Header());
      } else {
        RETURN_IF_ERROR(KeyLine());
      }
    }
    PlaceRoot();
    return std::move(root_);
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void SkipBlanks() {
    while (Peek() == ' ' || Peek() == '\t') ++at_;
  }

  // Over blanks, line ends and comments.
  bool SkipToWord() {
    while (at_ < text_.size()) {
      if (absl::StrContains(" \t\r\n", text_[at_])) {
        ++at_;
      } else if (text_[at_] == '#') {
        at_ = LineEnd(text_, at_);
      } else {
        return true;
      }
    }
    return false;
  }

  absl::Status Lost() const { return absl::InvalidArgumentError(absl::StrCat(file_, ": not TOML at byte ", at_)); }

  // --- keys and tables -----------------------------------------------------------------------------------------------

  absl::StatusOr<Path> Key() {
    Path path;
    while (true) {
      SkipBlanks();
      const size_t begin = at_;
      if (Peek() == '"' || Peek() == '\'') {
        SkipString();
        ASSIGN_OR_RETURN(std::string name, Decoded(text_.substr(begin, at_ - begin)));
        path.push_back(std::move(name));
      } else {
        at_ = std::min(text_.find_first_of(" \t\r\n.=]", at_), text_.size());
        if (at_ == begin) return Lost();
        path.emplace_back(text_.substr(begin, at_ - begin));
      }
      const size_t end = at_;
      SkipBlanks();
      if (Peek() != '.') {
        at_ = end;
        return path;
      }
      ++at_;
    }
  }

  // What a quoted key means, by toml++ itself.
  absl::StatusOr<std::string> Decoded(absl::string_view quoted) const {
    ASSIGN_OR_RETURN(const value::Value parsed, ParseToml(absl::StrCat(quoted, " = 1"), file_));
    return parsed.map()->begin()->first;
  }

  absl::Status Header() {
    const Span line = {LineStart(text_, at_), NextLine(text_, at_)};
    const bool array = text_.substr(at_, 2) == "[[";
    at_ += array ? 2 : 1;
    ASSIGN_OR_RETURN(const Path path, Key());
    at_ = LineEnd(text_, at_);
    if (first_header_ == kNowhere) first_header_ = line.begin;
    sections_.clear();
    SourceNode* table = &root_;
    for (size_t i = 0; i < path.size(); ++i) {
      SourceNode::Entry& entry = Child(*table, path[i], Path(path.begin(), path.begin() + static_cast<int>(i) + 1));
      table = &entry.value;
      if (i + 1 == path.size() && array) AddItem(*table);
      sections_.push_back(&entry.removal);
      if (table->kind != Kind::kList) continue;
      table = &table->items.back();
      sections_.push_back(&table->removal);
    }
    table->insert_at = line.end;
    table->insert_head.clear();
    section_ = {path, line};
    Grow(line);
    return absl::OkStatus();
  }

  static void AddItem(SourceNode& list) {
    list.kind = Kind::kList;
    list.entries.clear();
    SourceNode item;
    item.kind = Kind::kMap;
    list.items.push_back(std::move(item));
  }

  // A table that has no header of its own gets one at the end of the text when a key is added to it.
  SourceNode::Entry& Child(SourceNode& table, const std::string& name, const Path& path) {
    if (SourceNode::Entry* found = FindEntry(table, name)) return *found;
    SourceNode::Entry entry;
    entry.name = name;
    entry.value.kind = Kind::kMap;
    entry.value.insert_at = text_.size();
    entry.value.insert_head = absl::StrCat("[", HeaderOf(path), "]");
    table.entries.push_back(std::move(entry));
    return table.entries.back();
  }

  // The lines, and the empty ones below them, belong to every table that the section stands in.
  void Grow(Span lines) {
    while (lines.end < text_.size() && LineEnd(text_, lines.end) == lines.end) lines.end = NextLine(text_, lines.end);
    for (std::vector<Span>* removal : sections_) AddLines(*removal, lines);
  }

  static void AddLines(std::vector<Span>& removal, const Span& lines) {
    if (!removal.empty() && removal.back().end == lines.begin) {
      removal.back().end = lines.end;
    } else {
      removal.push_back(lines);
    }
  }

  absl::Status KeyLine() {
    const size_t begin = at_;
    ASSIGN_OR_RETURN(const Path path, Key());
    const Span key = {begin, at_};
    SkipBlanks();
    if (Peek() != '=') return Lost();
    ++at_;
    SkipBlanks();
    ASSIGN_OR_RETURN(SourceNode value, Node());
    const Span lines = {LineStart(text_, begin), NextLine(text_, value.span.end)};
    SourceNode* table = Section();
    std::string prefix(text_.substr(lines.begin, begin - lines.begin));
    Inserted(*table, lines, prefix);
    for (size_t i = 0; i + 1 < path.size(); ++i) {
      SourceNode::Entry* found = FindEntry(*table, path[i]);
      SourceNode::Entry& entry = found ? *found : Child(*table, path[i], path);
      AddLines(entry.removal, lines);
      absl::StrAppend(&prefix, TomlKey(path[i]), ".");
      table = &entry.value;
      Inserted(*table, lines, prefix);
    }
    table->entries.push_back({path.back(), key, std::move(value), {lines}, ""});
    Grow(lines);
    return absl::OkStatus();
  }

  // The table's new keys go below its last one, written like it.
  static void Inserted(SourceNode& table, const Span& lines, const std::string& prefix) {
    table.insert_at = lines.end;
    table.insert_head.clear();
    table.insert_indent = prefix;
  }

  SourceNode* Section() {
    SourceNode* table = &root_;
    for (const std::string& name : section_.first) {
      table = &FindEntry(*table, name)->value;
      if (table->kind == Kind::kList) table = &table->items.back();
    }
    return table;
  }

  // The root's keys stand before the first header and the comments above it.
  void PlaceRoot() {
    if (root_.insert_at != kNowhere) return;
    root_.insert_at = text_.size();
    if (first_header_ == kNowhere) return;
    size_t at = first_header_;
    while (at > 0) {
      const size_t above = LineStart(text_, at - 1);
      if (text_.substr(above, 1) != "#") break;
      at = above;
    }
    root_.insert_at = at;
  }

  // --- values --------------------------------------------------------------------------------------------------------

  absl::StatusOr<SourceNode> Node() {
    SourceNode node;
    node.open = Peek();
    node.span.begin = at_;
    if (node.open == '{') {
      RETURN_IF_ERROR(InlineTable(node));
    } else if (node.open == '[') {
      RETURN_IF_ERROR(Array(node));
    } else if (node.open == '"' || node.open == '\'') {
      SkipString();
    } else {
      node.open = '\0';
      SkipScalar();
      if (at_ == node.span.begin) return Lost();
    }
    node.span.end = at_;
    return node;
  }

  // A date and its time may have a blank between them.
  void SkipScalar() {
    const size_t begin = at_;
    at_ = std::min(text_.find_first_of(",]}# \t\r\n", at_), text_.size());
    const bool date = at_ - begin == 10 && text_[begin + 4] == '-' && text_[begin + 7] == '-';
    const bool time = Peek() == ' ' && at_ + 1 < text_.size() && text_[at_ + 1] >= '0' && text_[at_ + 1] <= '9';
    if (date && time) at_ = std::min(text_.find_first_of(",]}# \t\r\n", at_ + 1), text_.size());
  }

  void SkipString() {
    const char quote = text_[at_];
    const std::string triple(3, quote);
    const bool multiline = text_.substr(at_, 3) == triple;
    at_ += multiline ? 3 : 1;
    while (at_ < text_.size()) {
      if (text_[at_] == '\\' && quote == '"') {
        at_ += 2;
      } else if (text_.substr(at_, multiline ? 3 : 1) ==
                 (multiline ? absl::string_view(triple) : absl::string_view(triple).substr(0, 1))) {
        at_ += multiline ? 3 : 1;
        // One or two quotes may stand before the closing three.
        while (multiline && Peek() == quote) ++at_;
        break;
      } else {
        ++at_;
      }
    }
    at_ = std::min(at_, text_.size());
  }

  absl::Status InlineTable(SourceNode& node) {
    node.kind = Kind::kMap;
    ++at_;
    while (SkipToWord() && Peek() != '}') {
      const size_t begin = at_;
      ASSIGN_OR_RETURN(const Path path, Key());
      const Span key = {begin, at_};
      SkipBlanks();
      ++at_;  // the equals sign
      SkipBlanks();
      ASSIGN_OR_RETURN(SourceNode value, Node());
      if (path.size() > 1) value = SourceNode();  // `{a.b = 1}`: what is inside has no place of its own
      node.entries.push_back({path[0], key, std::move(value), {}, ""});
      SkipToWord();
      if (Peek() == ',') ++at_;
    }
    ++at_;
    return absl::OkStatus();
  }

  absl::Status Array(SourceNode& node) {
    node.kind = Kind::kList;
    ++at_;
    while (SkipToWord() && Peek() != ']') {
      ASSIGN_OR_RETURN(SourceNode item, Node());
      node.items.push_back(std::move(item));
      SkipToWord();
      if (Peek() == ',') ++at_;
    }
    ++at_;
    return absl::OkStatus();
  }

  absl::string_view text_;
  absl::string_view file_;
  size_t at_ = 0;
  SourceNode root_;
  size_t first_header_ = kNowhere;
  std::pair<Path, Span> section_;
  std::vector<std::vector<Span>*> sections_;  // what goes with the tables around the current section
};

}  // namespace

absl::StatusOr<SourceNode> ReadToml(absl::string_view text, absl::string_view file) {
  return TomlReader(text, file).Run();
}

}  // namespace expq::params
