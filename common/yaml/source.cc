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
#include "common/yaml/tree_builder.h"
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

// yaml-cpp's events as the builder takes them.
class Events : public YAML::EventHandler {
 public:
  explicit Events(TreeBuilder& builder) : builder_(builder) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.Null(static_cast<size_t>(mark.pos), static_cast<int>(anchor));
  }
  void OnAlias(const YAML::Mark&, YAML::anchor_t anchor) override { builder_.Alias(static_cast<int>(anchor)); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    builder_.Scalar(At(mark, tag, anchor), value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    builder_.Open(Node::Kind::kList, At(mark, tag, anchor), style == YAML::EmitterStyle::Flow);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    builder_.Open(Node::Kind::kMap, At(mark, tag, anchor), style == YAML::EmitterStyle::Flow);
  }
  void OnSequenceEnd() override { builder_.Close(); }
  void OnMapEnd() override { builder_.Close(); }

 private:
  static TreeBuilder::Beginning At(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    return {.at = static_cast<size_t>(mark.pos), .tag = tag, .anchor = static_cast<int>(anchor)};
  }

  TreeBuilder& builder_;
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
  Events events(builder);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    const size_t content = FirstContent(text);
    const bool has_document = parser.HandleNextDocument(events);
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
