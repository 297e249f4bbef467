#include "common/yaml/source.h"

#include <algorithm>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/status.h"
#include "common/yaml/breaks.h"
#include "common/yaml/complaint.h"
#include "common/yaml/normal_form.h"
#include "common/yaml/tabs.h"
#include "yaml-cpp/depthguard.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

namespace expq::yaml {
namespace {

constexpr absl::string_view kBom = "\xEF\xBB\xBF";
constexpr size_t kNowhere = absl::string_view::npos;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// The byte length of the UTF-8 character at `at` that YAML allows, or 0.
size_t AllowedCharacter(absl::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  const unsigned char first = byte(at);
  if (first < 0x80) return first >= 0x20 ? first != 0x7F : IsSpace(text[at]);
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(at + 1);
  if (first == 0xC2) return second >= 0xA0 || second == 0x85 ? length : 0;  // C1 controls, but NEL
  if (first == 0xE0 && second < 0xA0) return 0;                             // overlong
  if (first == 0xED && second >= 0xA0) return 0;                            // surrogates
  if (first == 0xF0 && second < 0x90) return 0;                             // overlong
  if (first == 0xF4 && second >= 0x90) return 0;                            // beyond U+10FFFF
  return length;
}

// `breaks`: whether some end a line to ruamel only.
absl::Status CheckCharacters(absl::string_view text, absl::string_view file, bool& breaks) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = AllowedCharacter(text, at);
    if (length == 0) {
      const bool control = static_cast<unsigned char>(text[at]) < 0x80;
      return ErrorAt(file, MarkAt(text, at), control ? "control character in the text" : "not valid UTF-8");
    }
    if (length > 1 && IsUnicodeBreak(text, at)) breaks = true;
    at += length;
  }
  return absl::OkStatus();
}

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

// Builds the tree from yaml-cpp's events. Marks give the beginnings; the ends are found in the text, since yaml-cpp has
// none. Aliases and empty values have no usable mark either: for them the place behind the last thing seen counts.
class TreeBuilder : public YAML::EventHandler {
 public:
  // `text` has no BOM.
  explicit TreeBuilder(absl::string_view text) : text_(text) {}

  Node TakeRoot() { return std::move(root_); }
  // Where quoted text begins that nothing closes; kNowhere when there is none. yaml-cpp takes it to the end of the
  // file.
  size_t unclosed() const { return unclosed_; }
  // The first thing that yaml-cpp lets pass and ruamel does not; at kNowhere when there is none.
  const Complaint& complaint() const { return complaint_; }
  // Where the innermost '[' or '{' stands that is not closed yet; kNowhere when there is none.
  size_t OpenBracket() const {
    for (auto frame = stack_.rbegin(); frame != stack_.rend(); ++frame) {
      if (frame->node.style == Node::Style::kFlow) return frame->node.begin;
    }
    return kNowhere;
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (ExpectsValue()) {
      CheckColon(stack_.back());
    } else if (!stack_.empty() && stack_.back().node.style == Node::Style::kFlow) {
      CheckComma(stack_.back().node);
    }
    Node node = Begin(mark, "", anchor);
    const size_t word = NullWord(node.begin);
    if (word > 0 && !(ExpectsValue() && IsKeyAt(node.begin + word))) {
      CheckIndent(node);
      node.style = Node::Style::kPlain;
      node.text = std::string(text_.substr(node.begin, word));
      node.end = node.begin + word;
    } else if (anchor == 0) {
      node.begin = node.properties = node.end = AfterIndicator();
    }
    Finish(std::move(node));
  }

  void OnAlias(const YAML::Mark&, YAML::anchor_t anchor) override {
    Node node;
    node.kind = Node::Kind::kAlias;
    node.style = Node::Style::kPlain;
    node.anchor = static_cast<int>(anchor);
    size_t at = AfterIndicator();
    if (at == kNowhere) at = cursor_;
    at = SkipBlanks(at);
    node.begin = node.properties = at;
    while (at < text_.size() && !IsSpace(text_[at]) && (at == node.begin || !IsFlowIndicator(text_[at]))) ++at;
    node.end = at;
    Finish(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = Begin(mark, tag, anchor);
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

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    Open(Node::Kind::kList, mark, tag, anchor, style == YAML::EmitterStyle::Flow);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Open(Node::Kind::kMap, mark, tag, anchor, style == YAML::EmitterStyle::Flow);
  }
  void OnSequenceEnd() override { Close(']'); }
  void OnMapEnd() override { Close('}'); }

 private:
  struct Frame {
    Node node;
    std::vector<Node> key;  // the key that waits for its value: none or one
    size_t before_key = 0;  // behind the last thing before a scalar key
  };

  static bool IsFlowIndicator(char c) { return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'; }

  bool ExpectsValue() const { return !stack_.empty() && !stack_.back().key.empty(); }

  // Blanks, line ends and comments. A '#' counts as a comment only after a blank.
  size_t SkipBlanks(size_t at) const {
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
  size_t AfterIndicator() const {
    const size_t at = SkipBlanks(cursor_);
    if (stack_.empty() || at >= text_.size()) return kNowhere;
    const Frame& frame = stack_.back();
    const char want = frame.node.kind == Node::Kind::kMap ? ':' : '-';
    if (frame.node.kind == Node::Kind::kMap ? frame.key.empty() : frame.node.style == Node::Style::kFlow) {
      return text_[at] == ',' || text_[at] == '?' ? at + 1 : kNowhere;
    }
    return text_[at] == want ? at + 1 : kNowhere;
  }

  void Complain(Complaint complaint) {
    if (complaint.at < complaint_.at) complaint_ = std::move(complaint);
  }

  // The key of an empty value. yaml-cpp lets the last one of a map be without a ':', and takes the one of {a:,} for it.
  void CheckColon(const Frame& frame) {
    const Node& key = frame.key.front();
    if (key.style != Node::Style::kPlain || key.kind != Node::Kind::kScalar) return;
    const size_t after = AfterIndicator();
    if (frame.node.style == Node::Style::kBlock) {
      const size_t first = SkipBlanks(frame.before_key);
      const bool explicit_key = first < key.properties && text_[first] == '?';
      if (after == kNowhere && !explicit_key) Complain({.at = key.begin, .what = "no ': ' follows this key"});
    } else if (after < text_.size() && after == key.end + 1 && IsFlowIndicator(text_[after])) {
      Complain({.at = key.end, .what = "no blank follows this ':'", .hint = "write it like {name: , other: 1}"});
    }
  }

  // An empty key. yaml-cpp takes {a: 1,, b: 2} for three entries.
  void CheckComma(const Node& collection) {
    size_t at = SkipBlanks(cursor_);
    if (!collection.entries.empty() && at < text_.size() && text_[at] == ',') at = SkipBlanks(at + 1);
    if (collection.kind != Node::Kind::kMap || at >= text_.size() || text_[at] != ',') return;
    Complain({.at = at, .what = "a key is missing before this ','"});
  }

  // yaml-cpp takes a value on a line of its own that is indented no deeper than its key.
  void CheckIndent(const Node& value) {
    if (!ExpectsValue() || stack_.back().node.style != Node::Style::kBlock) return;
    const size_t key = stack_.back().key.front().end;
    if (stack_.back().key.front().kind != Node::Kind::kScalar || key == kNowhere) return;
    if (text_.substr(key, value.properties - key).find('\n') == kNowhere) return;
    const char first = value.begin < text_.size() ? text_[value.begin] : '\0';
    const bool block = first == '|' || first == '>' || (first == '-' && value.kind == Node::Kind::kList);
    if (block && value.begin == value.properties) return;
    if (ColumnOf(value.properties) > ColumnOf(SkipBlanks(stack_.back().before_key))) return;
    Complain({.at = value.properties, .what = "this value is not indented", .hint = "indent it deeper than its key"});
  }

  // Behind anchors and tags. Stops right behind the last one when nothing follows that could be its node.
  size_t SkipProperties(size_t at, bool& tagged) const {
    while (at < text_.size() && (text_[at] == '&' || text_[at] == '!')) {
      tagged |= text_[at] == '!';
      while (at < text_.size() && !IsSpace(text_[at])) ++at;
      const size_t next = SkipBlanks(at);
      if (next >= text_.size() || IsEmptyAfterProperties(at, next)) return at;
      at = next;
    }
    return at;
  }

  // `a: &x` followed by the next key on a line that is not indented deeper has no value.
  bool IsEmptyAfterProperties(size_t at, size_t next) const {
    if (stack_.empty() || stack_.back().node.style != Node::Style::kBlock) return false;
    if (text_.substr(at, next - at).find('\n') == absl::string_view::npos) return false;
    return ColumnOf(next) <= ParentColumn() && text_[next] != '-';
  }

  Node Begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    Node node;
    node.properties = std::min(static_cast<size_t>(mark.pos), text_.size());
    node.begin = node.end = SkipProperties(node.properties, node.tagged);
    node.anchor = static_cast<int>(anchor);
    node.tagged &= tag != "?";  // the tag is that of the map's first key
    if (node.tagged) node.tag = tag;
    return node;
  }

  size_t NullWord(size_t at) const {
    for (absl::string_view word : {"~", "null", "Null", "NULL"}) {
      if (absl::StartsWith(text_.substr(at), word)) return word.size();
    }
    return 0;
  }

  // Whether a ':' follows that makes the thing before it a key.
  bool IsKeyAt(size_t end) const {
    while (end < text_.size() && (text_[end] == ' ' || text_[end] == '\t')) ++end;
    return end < text_.size() && text_[end] == ':' && (end + 1 == text_.size() || IsSpace(text_[end + 1]));
  }

  size_t EndOfSingle(size_t begin) {
    for (size_t at = begin + 1; at < text_.size(); ++at) {
      if (text_[at] != '\'') continue;
      if (at + 1 >= text_.size() || text_[at + 1] != '\'') return at + 1;
      ++at;
    }
    return EndOfUnclosed(begin);
  }

  size_t EndOfDouble(size_t begin) {
    for (size_t at = begin + 1; at < text_.size(); ++at) {
      if (text_[at] == '"') return at + 1;
      if (text_[at] == '\\') ++at;
    }
    return EndOfUnclosed(begin);
  }

  size_t EndOfUnclosed(size_t begin) {
    unclosed_ = std::min(unclosed_, begin);
    return text_.size();
  }

  // A plain scalar folds blanks and line ends only: its other characters stand in the text in their order.
  size_t EndOfPlain(size_t at, absl::string_view value) const {
    size_t end = at;
    for (char c : value) {
      if (IsSpace(c)) continue;
      while (at < text_.size() && IsSpace(text_[at])) ++at;
      if (at >= text_.size() || text_[at] != c) return end;
      end = ++at;
    }
    return end;
  }

  size_t LineEnd(size_t at) const {
    const size_t end = text_.find('\n', at);
    return end == absl::string_view::npos ? text_.size() : end;
  }

  int ColumnOf(size_t at) const {
    const size_t line = at == 0 ? absl::string_view::npos : text_.rfind('\n', at - 1);
    return static_cast<int>(line == absl::string_view::npos ? at : at - line - 1);
  }

  // Lines of a value in the open block collection are indented deeper than this.
  int ParentColumn() const {
    if (stack_.empty()) return -1;
    const Frame& frame = stack_.back();
    return ColumnOf(frame.key.empty() ? frame.node.begin : frame.key.front().properties);
  }

  size_t EndOfBlockScalar(size_t at) const {
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

  bool IsDocumentMark(size_t line) const {
    return absl::StartsWith(text_.substr(line), "---") || absl::StartsWith(text_.substr(line), "...");
  }

  void Open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool flow) {
    Node node = Begin(mark, tag, anchor);
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

  void Close(char bracket) {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    size_t end = cursor_;
    if (node.style == Node::Style::kFlow) {
      end = SkipBlanks(end);
      while (end < text_.size() && (text_[end] == ',' || text_[end] == ':')) end = SkipBlanks(end + 1);
      if (end < text_.size() && text_[end] == bracket) ++end;
    }
    node.end = end;
    Finish(std::move(node));
  }

  void Finish(Node node) {
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

  absl::string_view text_;
  size_t cursor_ = 0;
  size_t unclosed_ = kNowhere;
  Complaint complaint_ = {.at = kNowhere};
  std::vector<Frame> stack_;
  Node root_;
};

// Offsets of the tree moved by `by`.
void Shift(Node& node, size_t by) {
  for (size_t* offset : {&node.begin, &node.end, &node.properties}) {
    if (*offset != kNowhere) *offset += by;
  }
  for (Node& item : node.items) Shift(item, by);
  for (Node::Entry& entry : node.entries) {
    Shift(entry.key, by);
    Shift(entry.value, by);
  }
}

// Only to learn whether a second document follows.
class IgnoreEvents : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { at_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
  YAML::Mark at_;
};

// The first byte that is neither blank nor of a comment, or the end.
size_t FirstContent(absl::string_view text) {
  size_t at = text.find_first_not_of(" \t\r\n");
  while (at < text.size() && text[at] == '#') at = text.find_first_not_of(" \t\r\n", text.find('\n', at));
  return std::min(at, text.size());
}

// A line of "..." alone.
bool IsDocumentEnd(absl::string_view text, size_t at) {
  if (at > 0 && text[at - 1] != '\n') return false;
  return absl::StartsWith(text.substr(at), "...") && (at + 3 == text.size() || absl::ascii_isspace(text[at + 3]));
}

absl::Status Complain(const Complaint& complaint, absl::string_view text, absl::string_view file) {
  return status::WithHint(ErrorAt(file, MarkAt(text, complaint.at), complaint.what), complaint.hint);
}

// Where there is no tab at all this is one memchr.
absl::Status CheckTabs(const Node& root, absl::string_view text, absl::string_view file) {
  if (text.find('\t') == kNowhere) return absl::OkStatus();
  const size_t tab = MisplacedTab(root, text);
  return tab == kNowhere ? absl::OkStatus() : Complain(TabComplaint(text, tab), text, file);
}

absl::StatusOr<Node> ParseEvents(absl::string_view text, absl::string_view file) {
  TreeBuilder builder(text);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    const size_t content = FirstContent(text);
    const bool has_document = parser.HandleNextDocument(builder);
    if (content < text.size() && (!has_document || IsDocumentEnd(text, content))) {
      return ErrorAt(file, MarkAt(text, content), "no document begins here");
    }
    if (!has_document) {
      Node empty;
      empty.begin = empty.end = empty.properties = text.size();
      RETURN_IF_ERROR(CheckTabs(empty, text, file));
      return empty;
    }
    if (builder.unclosed() != kNowhere) {
      return ErrorAt(file, MarkAt(text, builder.unclosed()), "the quoted text that begins here is not closed");
    }
    if (builder.complaint().at != kNowhere) return Complain(builder.complaint(), text, file);
    IgnoreEvents second;
    if (parser.HandleNextDocument(second)) {
      const size_t at = std::min(static_cast<size_t>(second.at_.pos), text.size());
      return ErrorAt(file, MarkAt(text, at), "a second document begins here; one is expected");
    }
    Node root = builder.TakeRoot();
    RETURN_IF_ERROR(CheckTabs(root, text, file));
    return root;
  } catch (const YAML::DeepRecursion&) {
    return ErrorAt(file, Mark{}, "maps and lists are nested too deeply");
  } catch (const YAML::Exception& e) {
    const size_t at = e.mark.pos < 0 ? text.size() : std::min(static_cast<size_t>(e.mark.pos), text.size());
    return Complain(ComplaintAbout(text, at, e.msg, builder.OpenBracket()), text, file);
  } catch (const std::exception& e) {
    return ErrorAt(file, Mark{}, e.what());
  }
}

}  // namespace

Mark MarkAt(absl::string_view text, size_t offset) {
  const absl::string_view before = text.substr(0, offset);
  const size_t line = before.rfind('\n');
  absl::string_view in_line = line == absl::string_view::npos ? before : before.substr(line + 1);
  if (line == absl::string_view::npos) absl::ConsumePrefix(&in_line, kBom);
  Mark mark;
  mark.line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
  mark.column = 1 + static_cast<int>(std::count_if(in_line.begin(), in_line.end(), [](char c) {
                  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
                }));
  return mark;
}

absl::Status ErrorAt(absl::string_view file, Mark mark, absl::string_view what) {
  if (mark.line == 0) return absl::InvalidArgumentError(absl::StrCat(file, ": ", what));
  return absl::InvalidArgumentError(absl::StrCat(file, ":", mark.line, ":", mark.column, ": ", what));
}

absl::StatusOr<Node> ParseSource(absl::string_view text, absl::string_view file) {
  bool breaks = false;
  RETURN_IF_ERROR(CheckCharacters(text, file, breaks));
  if (HasLoneReturns(text)) return ParseSource(WithLineFeeds(text), file);
  const bool bom = absl::ConsumePrefix(&text, kBom);
  text = WithoutBlankEnd(text);
  absl::StatusOr<Node> root = ParseEvents(text, file);
  if (!root.ok() && HasInnerQuestionMarks(text)) {
    root = ParseEvents(WithMaskedQuestionMarks(text), file);
    if (root.ok()) UnmaskQuestionMarks(*root);
  }
  if (breaks) {
    const size_t at = root.ok() ? MisreadBreak(*root, text) : BreakInTheWay(text);
    if (at != kNowhere) return Complain(BreakComplaint(text, at), text, file);
  }
  if (root.ok() && bom) Shift(*root, kBom.size());
  return root;
}

}  // namespace expq::yaml
