#include "common/yaml/tabs.h"

#include <algorithm>

namespace expq::yaml {
namespace {

constexpr size_t kNone = absl::string_view::npos;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsBracketOrComma(char c) { return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'; }

size_t LineStart(absl::string_view text, size_t at) {
  const size_t before = at == 0 ? kNone : text.rfind('\n', at - 1);
  return before == kNone ? 0 : before + 1;
}

size_t LineEnd(absl::string_view text, size_t at) { return std::min(text.find('\n', at), text.size()); }

size_t TabWithin(absl::string_view text, size_t begin, size_t end) {
  const size_t tab = text.substr(begin, end - begin).find('\t');
  return tab == kNone ? kNone : begin + tab;
}

// Goes through a text along its tree: scalars by their kind, what is between them by the brackets around it.
class TabSearch {
 public:
  explicit TabSearch(absl::string_view text) : text_(text) {}

  size_t Find(const Node& root) {
    Visit(root, {.in_brackets = false, .column = 0});
    Between(text_.size(), false);
    return found_;
  }

 private:
  struct Place {
    bool in_brackets = false;
    size_t column = 0;  // of the block collection around, 0 at the top
  };

  bool done() const { return found_ != kNone; }

  void Visit(const Node& node, Place place) {
    if (done() || node.begin == kNone || node.end == kNone) return;
    Between(node.begin, place.in_brackets);
    if (node.kind == Node::Kind::kMap || node.kind == Node::Kind::kList) {
      Place inner = {.in_brackets = node.style != Node::Style::kBlock};
      if (!inner.in_brackets) inner.column = node.begin - LineStart(text_, node.begin);
      for (const Node& item : node.items) Visit(item, inner);
      for (const auto& [key, value] : node.entries) {
        Visit(key, inner);
        Visit(value, inner);
      }
      return Between(node.end, inner.in_brackets);
    }
    if (done()) return;
    if (node.style == Node::Style::kPlain) found_ = TabWithin(text_, node.begin, node.end);
    if (node.style == Node::Style::kBlock) found_ = TabBeforeBlockText(node, place.column);
    at_ = std::max(at_, node.end);
  }

  // Blanks, comments, indicators, anchors and tags up to `end`.
  void Between(size_t end, bool in_brackets) {
    while (!done() && at_ < end) {
      const char c = text_[at_];
      if (c == '#' && BeginsComment()) {
        at_ = LineEnd(text_, at_);
      } else if (c == '&' || c == '!') {
        SkipProperty();
        if (c == '!' && at_ < end && text_[at_] == '\t') found_ = at_;  // not even in brackets
      } else {
        if (c == '\t' && !in_brackets) found_ = at_;
        ++at_;
      }
    }
  }

  bool BeginsComment() const {
    if (at_ == 0) return true;
    const char before = text_[at_ - 1];
    return IsBlank(before) || IsBracketOrComma(before) || before == '"' || before == '\'';
  }

  void SkipProperty() {
    const bool verbatim = text_.substr(at_, 2) == "!<";
    while (at_ < text_.size() && !IsBlank(text_[at_]) && (verbatim || !IsBracketOrComma(text_[at_]))) ++at_;
  }

  // Spaces alone indent the lines of a block scalar; behind them a tab is text.
  size_t TabBeforeBlockText(const Node& node, size_t column) const {
    const size_t header = LineEnd(text_, node.begin);
    const absl::string_view indicators =
        text_.substr(node.begin, std::min(text_.find('#', node.begin), header) - node.begin);
    if (const size_t tab = indicators.find('\t'); tab != kNone) return node.begin + tab;
    const size_t digit = indicators.find_first_of("123456789");
    const size_t indent = digit == kNone ? IndentOf(header, node.end) : column + (indicators[digit] - '0');
    for (size_t line = header; line < node.end; line = LineEnd(text_, line + 1)) {
      const size_t first = text_.find_first_not_of(' ', line + 1);
      if (first < node.end && text_[first] == '\t' && first - line - 1 < indent) return first;
    }
    return kNone;
  }

  // That of the first line with anything in it, or of an emptier one before it that goes further.
  size_t IndentOf(size_t header, size_t end) const {
    size_t indent = 0;
    for (size_t line = header; line < end; line = LineEnd(text_, line + 1)) {
      const size_t first = std::min(text_.find_first_not_of(' ', line + 1), end);
      indent = std::max(indent, first - line - 1);
      if (first < end && !IsBlank(text_[first])) break;
      if (first < end && text_[first] == '\t') break;
    }
    return indent;
  }

  absl::string_view text_;
  size_t at_ = 0;  // all before it has been seen
  size_t found_ = kNone;
};

}  // namespace

size_t MisplacedTab(const Node& root, absl::string_view text) { return TabSearch(text).Find(root); }

size_t TabNear(absl::string_view text, size_t at) {
  if (at < text.size() && text[at] == '\t') return at;
  const size_t start = LineStart(text, at);
  const size_t first = text.find_first_not_of(' ', start);
  return first < at && text[first] == '\t' ? first : kNone;
}

Complaint TabComplaint(absl::string_view text, size_t tab) {
  const size_t next = text.find_first_not_of(" \t\r", tab);
  if (next == kNone || text[next] == '\n') return {.at = tab, .what = "a tab ends this line", .hint = "remove it"};
  if (text.find_first_not_of(' ', LineStart(text, tab)) == tab) {
    return {.at = tab, .what = "a tab begins this line", .hint = "indent with spaces"};
  }
  return {.at = tab, .what = "a tab stands here outside of quotes", .hint = "use spaces"};
}

}  // namespace expq::yaml
