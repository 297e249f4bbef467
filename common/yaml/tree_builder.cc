#include "common/yaml/tree_builder.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace expq::yaml {
namespace {

constexpr size_t kNowhere = absl::string_view::npos;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsFlowIndicator(char c) { return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'; }

// yaml-cpp reads "\N" and "\_" as one byte, which is half of a character.
std::string WithWholeEscapes(absl::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const size_t size = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first >= 0x80 && first < 0xC0) out.push_back('\xC2');
    absl::StrAppend(&out, text.substr(at, size));
    at += size;
  }
  return out;
}

}  // namespace

size_t TreeBuilder::OpenBracket() const {
  for (auto frame = stack_.rbegin(); frame != stack_.rend(); ++frame) {
    if (frame->node.style == Node::Style::kFlow) return frame->node.begin;
  }
  return kNowhere;
}

void TreeBuilder::Null(size_t at, int anchor) {
  if (ExpectsValue()) {
    CheckColon(stack_.back());
  } else if (!stack_.empty() && stack_.back().node.style == Node::Style::kFlow) {
    CheckComma(stack_.back().node);
  }
  Node node = Begin({.at = at, .anchor = anchor}, true);
  const size_t word = NullWord(node.begin);
  if (word > 0) {
    CheckIndent(node);
    node.style = Node::Style::kPlain;
    node.text = std::string(text_.substr(node.begin, word));
    node.end = node.begin + word;
  } else if (anchor == 0) {
    node.begin = node.properties = node.end = AfterIndicator();
  }
  Finish(std::move(node));
}

void TreeBuilder::Alias(int anchor) {
  Node node;
  node.kind = Node::Kind::kAlias;
  node.style = Node::Style::kPlain;
  node.anchor = anchor;
  size_t at = AfterIndicator();
  if (at == kNowhere) at = cursor_;
  at = SkipBlanks(at);
  node.begin = node.properties = at;
  while (at < text_.size() && !IsSpace(text_[at]) && (at == node.begin || !IsFlowIndicator(text_[at]))) ++at;
  node.end = at;
  Finish(std::move(node));
}

void TreeBuilder::Scalar(const Beginning& beginning, const std::string& value) {
  Node node = Begin(beginning, value.empty());
  node.text = value;
  CheckIndent(node);
  const char first = node.begin < text_.size() ? text_[node.begin] : '\0';
  if (value.empty() && node.tagged && first != '\'' && first != '"' && first != '|' && first != '>') {
    node.end = node.begin;
    return Finish(std::move(node));
  }
  if (first == '\'') {
    node.style = Node::Style::kSingle;
    node.end = EndOfSingle(node.begin);
  } else if (first == '"') {
    node.style = Node::Style::kDouble;
    node.text = WithWholeEscapes(value);
    node.end = EndOfDouble(node.begin);
  } else if (first == '|' || first == '>') {
    node.style = Node::Style::kBlock;
    node.end = EndOfBlockScalar(node.begin);
  } else {
    node.style = Node::Style::kPlain;
    node.end = EndOfPlain(node.begin, value);
  }
  Finish(std::move(node));
}

bool TreeBuilder::ExpectsValue() const { return !stack_.empty() && !stack_.back().key.empty(); }

// Blanks, line ends and comments. A '#' counts as a comment only after a blank.
size_t TreeBuilder::SkipBlanks(size_t at) const {
  while (at < text_.size()) {
    if (IsSpace(text_[at])) {
      ++at;
    } else if (text_[at] == '#' && (at == 0 || IsSpace(text_[at - 1]))) {
      at = std::min(text_.find('\n', at), text_.size());
    } else {
      break;
    }
  }
  return at;
}

// The place behind the ':' or '-' that introduces the next value or item; kNowhere when there is none.
size_t TreeBuilder::AfterIndicator() const {
  const size_t at = SkipBlanks(cursor_);
  if (stack_.empty() || at >= text_.size()) return kNowhere;
  const Frame& frame = stack_.back();
  const char want = frame.node.kind == Node::Kind::kMap ? ':' : '-';
  if (frame.node.kind == Node::Kind::kMap ? frame.key.empty() : frame.node.style == Node::Style::kFlow) {
    return text_[at] == ',' || text_[at] == '?' ? at + 1 : kNowhere;
  }
  return text_[at] == want ? at + 1 : kNowhere;
}

void TreeBuilder::Complain(Complaint complaint) {
  if (complaint.at < complaint_.at) complaint_ = std::move(complaint);
}

// The key of an empty value. yaml-cpp lets the last one of a map be without a ':', and takes the one of {a:,} for it.
void TreeBuilder::CheckColon(const Frame& frame) {
  const Node& key = frame.key.front();
  if (key.style == Node::Style::kEmpty || key.kind != Node::Kind::kScalar) return;
  const size_t after = AfterIndicator();
  if (frame.node.style == Node::Style::kBlock) {
    const size_t first = SkipBlanks(frame.before_key);
    const bool explicit_key = first < key.properties && text_[first] == '?';
    if (after == kNowhere && !explicit_key) Complain({.at = key.begin, .what = "no ': ' follows this key"});
  } else if (key.style == Node::Style::kPlain && after < text_.size() && after == key.end + 1 &&
             IsFlowIndicator(text_[after])) {
    Complain({.at = key.end, .what = "no blank follows this ':'", .hint = "write it like {name: , other: 1}"});
  }
}

// An empty key. yaml-cpp takes {a: 1,, b: 2} for three entries.
void TreeBuilder::CheckComma(const Node& collection) {
  size_t at = SkipBlanks(cursor_);
  if (!collection.entries.empty() && at < text_.size() && text_[at] == ',') at = SkipBlanks(at + 1);
  if (collection.kind != Node::Kind::kMap || at >= text_.size() || text_[at] != ',') return;
  Complain({.at = at, .what = "a key is missing before this ','"});
}

// yaml-cpp takes a value on a line of its own that is indented no deeper than its key.
void TreeBuilder::CheckIndent(const Node& value) {
  if (!ExpectsValue() || stack_.back().node.style != Node::Style::kBlock) return;
  const size_t key = stack_.back().key.front().end;
  if (stack_.back().key.front().kind != Node::Kind::kScalar || key == kNowhere) return;
  const bool own_line = HasLineEnd(key, value.properties);
  if (!own_line && !HasLineEnd(value.properties, value.begin)) return;
  const char first = value.begin < text_.size() ? text_[value.begin] : '\0';
  const bool block = first == '|' || first == '>' || (first == '-' && value.kind == Node::Kind::kList);
  const size_t at = own_line ? value.properties : value.begin;
  if ((block && at == value.begin) || ColumnOf(at) > ColumnOf(SkipBlanks(stack_.back().before_key))) return;
  Complain({.at = at, .what = "this value is not indented", .hint = "indent it deeper than its key"});
}

bool TreeBuilder::HasLineEnd(size_t begin, size_t end) const {
  return begin < end && text_.substr(begin, end - begin).find('\n') != kNowhere;
}

// Behind anchors and tags. Stops right behind the last one when nothing follows that could be its node.
size_t TreeBuilder::SkipProperties(size_t at, bool may_be_empty, bool& tagged) const {
  while (at < text_.size() && (text_[at] == '&' || text_[at] == '!')) {
    tagged |= text_[at] == '!';
    while (at < text_.size() && !IsSpace(text_[at])) ++at;
    const size_t next = SkipBlanks(at);
    if (next >= text_.size() || (may_be_empty && IsEmptyAfterProperties(at, next))) return at;
    at = next;
  }
  return at;
}

// `a: &x` followed by the next key on a line that is not indented deeper has no value.
bool TreeBuilder::IsEmptyAfterProperties(size_t at, size_t next) const {
  if (stack_.empty() || stack_.back().node.style != Node::Style::kBlock) return false;
  if (text_.substr(at, next - at).find('\n') == absl::string_view::npos) return false;
  return ColumnOf(next) <= ParentColumn() && text_[next] != '-';
}

Node TreeBuilder::Begin(const Beginning& beginning, bool may_be_empty) const {
  Node node;
  node.properties = std::min(beginning.at, text_.size());
  node.begin = node.end = SkipProperties(node.properties, may_be_empty, node.tagged);
  node.anchor = beginning.anchor;
  node.tagged &= beginning.tag != "?";  // the tag is that of the map's first key
  if (node.tagged) node.tag = std::string(beginning.tag);
  return node;
}

// The length of a null that is written out at `at`; 0 when nothing is, and what stands there is the next key: behind an
// empty value or item that may be "null" itself, or "nullable".
size_t TreeBuilder::NullWord(size_t at) const {
  const bool is_flow = !stack_.empty() && stack_.back().node.style == Node::Style::kFlow;
  const bool is_key = !stack_.empty() && stack_.back().node.kind == Node::Kind::kMap && !ExpectsValue();
  for (absl::string_view word : {"~", "null", "Null", "NULL"}) {
    if (!absl::StartsWith(text_.substr(at), word)) continue;
    const size_t end = at + word.size();
    size_t next = end;
    while (next < text_.size() && (text_[next] == ' ' || text_[next] == '\t')) ++next;
    if (IsKeyAt(end) || (is_flow && text_.substr(next, 1) == ":")) return is_key ? word.size() : 0;
    if (next == text_.size() || IsSpace(text_[next]) || (text_[next] == '#' && next > end)) return word.size();
    if (is_flow && IsFlowIndicator(text_[next])) return word.size();
  }
  return 0;
}

// Whether a ':' follows that makes the thing before it a key.
bool TreeBuilder::IsKeyAt(size_t end) const {
  while (end < text_.size() && (text_[end] == ' ' || text_[end] == '\t')) ++end;
  return end < text_.size() && text_[end] == ':' && (end + 1 == text_.size() || IsSpace(text_[end + 1]));
}

size_t TreeBuilder::EndOfSingle(size_t begin) {
  for (size_t at = begin + 1; at < text_.size(); ++at) {
    if (text_[at] != '\'') continue;
    if (at + 1 >= text_.size() || text_[at + 1] != '\'') return at + 1;
    ++at;
  }
  return EndOfUnclosed(begin);
}

size_t TreeBuilder::EndOfDouble(size_t begin) {
  for (size_t at = begin + 1; at < text_.size(); ++at) {
    if (text_[at] == '"') return at + 1;
    if (text_[at] == '\\') ++at;
  }
  return EndOfUnclosed(begin);
}

size_t TreeBuilder::EndOfUnclosed(size_t begin) {
  unclosed_ = std::min(unclosed_, begin);
  return text_.size();
}

// A plain scalar folds blanks and line ends only: its other characters stand in the text in their order.
size_t TreeBuilder::EndOfPlain(size_t at, absl::string_view value) const {
  size_t end = at;
  for (char c : value) {
    if (IsSpace(c)) continue;
    while (at < text_.size() && IsSpace(text_[at])) ++at;
    if (at >= text_.size() || text_[at] != c) return end;
    end = ++at;
  }
  return end;
}

size_t TreeBuilder::LineEnd(size_t at) const {
  const size_t end = text_.find('\n', at);
  return end == absl::string_view::npos ? text_.size() : end;
}

int TreeBuilder::ColumnOf(size_t at) const {
  const size_t line = at == 0 ? absl::string_view::npos : text_.rfind('\n', at - 1);
  return static_cast<int>(line == absl::string_view::npos ? at : at - line - 1);
}

// Lines of a value in the open block collection are indented deeper than this.
int TreeBuilder::ParentColumn() const {
  if (stack_.empty()) return -1;
  const Frame& frame = stack_.back();
  return ColumnOf(frame.key.empty() ? frame.node.begin : frame.key.front().properties);
}

size_t TreeBuilder::EndOfBlockScalar(size_t at) const {
  const int parent = ParentColumn();
  size_t end = LineEnd(at);
  for (size_t line = end; line < text_.size(); line = LineEnd(line + 1)) {
    const size_t first = text_.find_first_not_of(" \r", line + 1);
    if (first == absl::string_view::npos) break;
    if (text_[first] == '\n') continue;
    if (ColumnOf(first) <= parent || IsDocumentMark(line + 1)) break;
    end = LineEnd(first);
  }
  if (end > at && text_[end - 1] == '\r') --end;
  return end;
}

bool TreeBuilder::IsDocumentMark(size_t line) const {
  return absl::StartsWith(text_.substr(line), "---") || absl::StartsWith(text_.substr(line), "...");
}

void TreeBuilder::Open(Node::Kind kind, const Beginning& beginning, bool flow) {
  Node node = Begin(beginning, false);
  node.kind = kind;
  node.style = flow ? Node::Style::kFlow : Node::Style::kBlock;
  if (flow) {
    const char bracket = kind == Node::Kind::kMap ? '{' : '[';
    const bool braced = node.begin < text_.size() && text_[node.begin] == bracket;
    if (!braced) node.style = Node::Style::kPair;
    cursor_ = node.begin + (braced ? 1 : 0);
  } else {
    cursor_ = node.begin;
  }
  CheckIndent(node);
  stack_.push_back({std::move(node), {}, 0});
}

void TreeBuilder::Close() {
  Node node = std::move(stack_.back().node);
  stack_.pop_back();
  const char bracket = node.kind == Node::Kind::kMap ? '}' : ']';
  size_t end = cursor_;
  if (node.style == Node::Style::kFlow) {
    end = SkipBlanks(end);
    while (end < text_.size() && (text_[end] == ',' || text_[end] == ':')) end = SkipBlanks(end + 1);
    if (end < text_.size() && text_[end] == bracket) ++end;
  }
  node.end = end;
  Finish(std::move(node));
}

void TreeBuilder::Finish(Node node) {
  const size_t before = cursor_;
  if (node.end != kNowhere) cursor_ = node.end;
  if (stack_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& frame = stack_.back();
  if (frame.node.kind == Node::Kind::kList) {
    frame.node.items.push_back(std::move(node));
  } else if (frame.key.empty()) {
    frame.key.push_back(std::move(node));
    frame.before_key = before;
  } else {
    frame.node.entries.push_back({std::move(frame.key.front()), std::move(node)});
    frame.key.clear();
  }
}

}  // namespace expq::yaml
