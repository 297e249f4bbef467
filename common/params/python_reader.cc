#include "common/params/python_reader.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/params/python_lexer.h"
#include "common/params/python_literal.h"
#include "common/status/status.h"
#include "common/yaml/source.h"

namespace expq::params {
namespace {

using value::Value;
using Kind = PythonToken::Kind;
using Tokens = absl::Span<const PythonToken>;

// Classes in classes; Python stops at a hundred indentations.
constexpr int kDeepest = 100;

bool Is(const PythonToken& token, absl::string_view text) { return token.kind != Kind::kString && token.text == text; }

// What a block of lines holds.
struct Body {
  value::Map values;
  SourceNode node;
};

// Where the lines belong.
enum class Place { kModule, kClass, kInit };

class PythonReader {
 public:
  PythonReader(absl::string_view text, absl::string_view file, std::vector<PythonLine> lines)
      : text_(text), file_(file), lines_(std::move(lines)) {}

  absl::StatusOr<PythonFile> Run() {
    Body body;
    body.node.kind = SourceNode::Kind::kMap;
    if (!lines_.empty() && lines_[0].indent > 0) return Error(lines_[0].begin, "unexpected indentation");
    RETURN_IF_ERROR(Block(Place::kModule, 0, body));
    if (body.node.insert_at == kNowhere) body.node.insert_at = text_.size();
    return PythonFile{Value(std::move(body.values)), std::move(body.node)};
  }

 private:
  absl::Status Error(size_t at, absl::string_view what) const {
    return yaml::ErrorAt(file_, yaml::MarkAt(text_, at), absl::StrCat("not Python: ", what));
  }

  bool Done() const { return at_ >= lines_.size(); }

  // The lines of one indentation, and what is indented below them.
  absl::Status Block(Place place, int indent, Body& body) {
    if (++depth_ > kDeepest) return Error(lines_[at_].begin, "nested too deeply");
    const size_t first = at_;
    while (!Done() && lines_[at_].indent >= indent) {
      if (lines_[at_].indent > indent) return Error(lines_[at_].begin, "this indentation fits no line above it");
      RETURN_IF_ERROR(Line(place, body));
    }
    if (body.node.insert_at == kNowhere && place == Place::kClass && first > 0) {
      body.node.insert_at = NextLine(text_, lines_[first - 1].end);
      body.node.insert_indent = IndentOf(lines_[first]);
    }
    --depth_;
    return absl::OkStatus();
  }

  std::string IndentOf(const PythonLine& line) const {
    const size_t start = LineStart(text_, line.begin);
    const absl::string_view indent = text_.substr(start, line.begin - start);
    return std::string(absl::StartsWith(indent, "\xEF\xBB\xBF") ? indent.substr(3) : indent);
  }

  absl::Status Line(Place place, Body& body) {
    const PythonLine& line = lines_[at_];
    const Tokens tokens(line.tokens);
    const bool opens = Is(tokens.back(), ":");
    if (Is(tokens[0], "class") && tokens.size() > 2) return Class(body);
    if (Is(tokens[0], "def") && tokens.size() > 2 && Is(tokens[1], "__init__")) return Init(body);
    ++at_;
    if (opens) return Skip(line);
    if (IsCompound(tokens[0])) return absl::OkStatus();
    return Statements(place, line, tokens, body);
  }

  static bool IsCompound(const PythonToken& token) {
    for (absl::string_view word :
         {"if", "elif", "else", "for", "while", "with", "try", "except", "finally", "def", "async", "class", "@"}) {
      if (Is(token, word)) return true;
    }
    return false;
  }

  // The indented lines below a header.
  absl::Status Skip(const PythonLine& header) {
    if (Done() || lines_[at_].indent <= header.indent) return Error(header.end, "expected an indented block");
    std::vector<int> indents = {header.indent, lines_[at_].indent};
    for (; !Done() && lines_[at_].indent > header.indent; ++at_) {
      const int indent = lines_[at_].indent;
      const bool opened = at_ > 0 && Is(lines_[at_ - 1].tokens.back(), ":");
      if (indent > indents.back()) {
        if (!opened) return Error(lines_[at_].begin, "unexpected indentation");
        indents.push_back(indent);
      }
      while (indent < indents.back()) indents.pop_back();
      if (indent != indents.back()) return Error(lines_[at_].begin, "this indentation fits no line above it");
    }
    return absl::OkStatus();
  }

  // The place of the ':' that ends a header, or tokens.size().
  static size_t HeaderEnd(Tokens tokens) {
    int depth = 0;
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].kind != Kind::kMark) continue;
      if (absl::StrContains("([{", tokens[i].text)) ++depth;
      if (absl::StrContains(")]}", tokens[i].text)) --depth;
      if (depth == 0 && tokens[i].text == ":") return i;
    }
    return tokens.size();
  }

  // The body of the header at at_: behind its colon, or the indented lines below.
  absl::Status BodyOf(Place place, Body& body) {
    const PythonLine& header = lines_[at_++];
    const Tokens tokens(header.tokens);
    const size_t colon = HeaderEnd(tokens);
    if (colon == tokens.size()) return Error(header.end, "expected ':'");
    if (colon + 1 < tokens.size()) return Statements(place, header, tokens.subspan(colon + 1), body);
    if (Done() || lines_[at_].indent <= header.indent) return Error(header.end, "expected an indented block");
    return Block(place, lines_[at_].indent, body);
  }

  absl::Status Class(Body& into) {
    const std::string name = lines_[at_].tokens[1].text;
    const Span key = {lines_[at_].tokens[1].begin, lines_[at_].tokens[1].end};
    Body body;
    body.node.kind = SourceNode::Kind::kMap;
    RETURN_IF_ERROR(BodyOf(Place::kClass, body));
    Set(into, {name, key, std::move(body.node), {}, ""}, Value(std::move(body.values)));
    return absl::OkStatus();
  }

  // What __init__ gives to self belongs to the class.
  absl::Status Init(Body& into) {
    Body body;
    RETURN_IF_ERROR(BodyOf(Place::kInit, body));
    for (SourceNode::Entry& entry : body.node.entries) {
      Value value = *body.values.Find(entry.name);
      Set(into, std::move(entry), std::move(value));
    }
    return absl::OkStatus();
  }

  // The later one counts, at the earlier one's place.
  static void Set(Body& body, SourceNode::Entry entry, Value value) {
    body.values.Set(entry.name, std::move(value));
    for (SourceNode::Entry& existing : body.node.entries) {
      if (existing.name != entry.name) continue;
      existing = std::move(entry);
      return;
    }
    body.node.entries.push_back(std::move(entry));
  }

  // Simple statements with semicolons between them.
  absl::Status Statements(Place place, const PythonLine& line, Tokens tokens, Body& body) {
    std::vector<Tokens> statements;
    size_t begin = 0;
    int depth = 0;
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].kind != Kind::kMark) continue;
      if (absl::StrContains("([{", tokens[i].text)) ++depth;
      if (absl::StrContains(")]}", tokens[i].text)) --depth;
      if (depth > 0 || tokens[i].text != ";") continue;
      if (i == begin) return Error(tokens[i].begin, "no statement before ';'");
      statements.push_back(tokens.subspan(begin, i - begin));
      begin = i + 1;
    }
    if (begin < tokens.size()) statements.push_back(tokens.subspan(begin));
    for (Tokens statement : statements) RETURN_IF_ERROR(Statement(place, line, statement, body));
    return absl::OkStatus();
  }

  absl::Status Statement(Place place, const PythonLine& line, Tokens tokens, Body& body) {
    size_t equals = 0;
    int depth = 0;
    for (; equals < tokens.size(); ++equals) {
      if (tokens[equals].kind != Kind::kMark) continue;
      if (absl::StrContains("([{", tokens[equals].text)) ++depth;
      if (absl::StrContains(")]}", tokens[equals].text)) --depth;
      if (depth == 0 && tokens[equals].text == "=") break;
    }
    if (equals == tokens.size()) return absl::OkStatus();
    if (equals == 0) return Error(tokens[0].begin, "a name is missing before '='");
    PythonLiteral literal;
    const LiteralResult result = ReadLiteral(tokens.subspan(equals + 1), literal);
    if (result == LiteralResult::kBroken && !HasEquals(tokens.subspan(equals + 1))) {
      return Error(tokens[equals].end, "no value that Python understands");
    }
    const PythonToken* name = TargetOf(place, tokens.subspan(0, equals));
    if (name == nullptr || result != LiteralResult::kLiteral) return absl::OkStatus();
    SourceNode::Entry entry = {name->text, {name->begin, name->end}, std::move(literal.node), {}, ""};
    Removal(line, tokens, entry);
    PlaceBelow(place, line, tokens, body);
    Set(body, std::move(entry), std::move(literal.value));
    return absl::OkStatus();
  }

  // `a = b = 1`: what a chain means is not looked into.
  static bool HasEquals(Tokens tokens) {
    return std::any_of(tokens.begin(), tokens.end(), [](const PythonToken& token) { return Is(token, "="); });
  }

  // The name that is assigned to, or null: `name`, `self.name`, either with an annotation, and for a plain name in
  // parentheses.
  static const PythonToken* TargetOf(Place place, Tokens tokens) {
    const size_t colon = HeaderEnd(tokens);
    tokens = tokens.subspan(0, colon);
    while (tokens.size() > 2 && Is(tokens[0], "(") && Is(tokens.back(), ")"))
      tokens = tokens.subspan(1, tokens.size() - 2);
    if (tokens.size() == 1 && tokens[0].kind == Kind::kName && place != Place::kInit) return &tokens[0];
    const bool of_self = tokens.size() == 3 && Is(tokens[0], "self") && Is(tokens[1], ".");
    return of_self && tokens[2].kind == Kind::kName ? &tokens[2] : nullptr;
  }

  // The statement's lines, when it has them for itself. `pass` keeps a block from becoming empty.
  void Removal(const PythonLine& line, Tokens tokens, SourceNode::Entry& entry) const {
    const bool alone = tokens.size() == line.tokens.size();
    if (alone && lines_.size() > 1 && !IsOnlyLine(line)) {
      entry.removal.push_back({LineStart(text_, line.begin), NextLine(text_, line.end)});
      if (LineStart(text_, line.begin) == 0) entry.removal[0].begin = text_.substr(0, 3) == "\xEF\xBB\xBF" ? 3 : 0;
    } else {
      entry.removal.push_back({tokens[0].begin, tokens.back().end});
      entry.substitute = "pass";
    }
  }

  // Whether the line is the only one of its block.
  bool IsOnlyLine(const PythonLine& line) const {
    const auto i = static_cast<size_t>(&line - lines_.data());
    const bool last = i + 1 == lines_.size() || lines_[i + 1].indent < line.indent;
    return last && i > 0 && lines_[i - 1].indent < line.indent;
  }

  // A block's new names go below its last assignment; those of a class never into __init__.
  void PlaceBelow(Place place, const PythonLine& line, Tokens tokens, Body& body) const {
    const bool one_line_class = Is(line.tokens[0], "class");
    if (place == Place::kInit || one_line_class || Is(tokens[0], "self")) return;
    body.node.insert_at = NextLine(text_, line.end);
    body.node.insert_indent = IndentOf(line);
  }

  const absl::string_view text_;
  const absl::string_view file_;
  const std::vector<PythonLine> lines_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

absl::StatusOr<PythonFile> ReadPython(absl::string_view text, absl::string_view file) {
  ASSIGN_OR_RETURN(std::vector<PythonLine> lines, LexPython(text, file));
  return PythonReader(text, file, std::move(lines)).Run();
}

}  // namespace expq::params
