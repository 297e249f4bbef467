// The block style that DVC's ruamel writes. What decides a byte was found by comparing with ruamel 0.19.1; the pairs
// are in tests/golden/ruamel_emit.json. A key is never folded: ruamel cannot read its own folded keys.
#include <cmath>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/yaml/scalar_style.h"
#include "common/yaml/schema.h"
#include "common/yaml/yaml.h"

namespace expq::yaml {
namespace {

using value::Value;

// Plain text is folded before the word that passes this column, quoted text at the first blank behind it.
constexpr int kWidth = 80;

// Longer keys are written as "? key"; ruamel counts "!!str" in its 128.
constexpr size_t kLongestSimpleKey = 122;

bool IsEmptyCollection(const Value& value) {
  return (value.map() && value.map()->empty()) || (value.list() && value.list()->empty());
}

std::string NumberText(const Value& value) {
  const double* d = value.number();
  if (!d || std::isfinite(*d)) return value::PythonText(value);
  return std::isnan(*d) ? ".nan" : *d > 0 ? ".inf" : "-.inf";
}

class Emitter {
 public:
  explicit Emitter(Folding folding) : folding_(folding) {}

  void Root(const Value& root) {
    if (IsEmptyCollection(root)) {
      Write(root.map() ? "{}" : "[]");
    } else if (const value::Map* map = root.map()) {
      BlockMap(*map, 0);
    } else if (const value::List* list = root.list()) {
      BlockList(*list, 0);
    } else {
      Scalar(root.is_null() ? Value("null") : root, 0, root.is_null());
      const bool plain = out_[0] != '\'' && out_[0] != '"';
      if (plain) Write("\n...");
    }
    Write("\n");
  }

  std::string Take() { return std::move(out_); }

 private:
  void Write(absl::string_view text) {
    out_.append(text.data(), text.size());
    for (char c : text) {
      if (c == '\n') {
        column_ = 0;
      } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
        ++column_;
      }
    }
  }

  void NewLine(int indent) { Write(absl::StrCat("\n", std::string(static_cast<size_t>(indent), ' '))); }

  // The first entry stands where the writer is.
  void BlockMap(const value::Map& map, int indent) {
    bool first = true;
    for (const auto& [key, value] : map) {
      if (!first) NewLine(indent);
      first = false;
      if (IsSimpleKey(key)) {
        SimpleKey(key);
        Write(":");
        EntryValue(value, indent);
      } else {
        Write("? ");
        key.is_text() ? String(key, indent + 2, /*fold=*/true) : SimpleKey(key);
        NewLine(indent);
        Write(":");
        ItemValue(value, indent, /*padded=*/false);
      }
    }
  }

  static bool IsSimpleKey(absl::string_view key) {
    size_t characters = 0;
    for (char c : key) {
      if (c == '\n') return false;
      if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++characters;
    }
    return characters <= kLongestSimpleKey;
  }

  void SimpleKey(const value::Key& key) {
    if (!key.is_text()) return key.kind() == value::Key::Kind::kNull ? Write("null") : Scalar(key.value(), 0, false);
    if (key.empty()) return Write("''");
    String(key, 0, /*fold=*/false);
  }

  void EntryValue(const Value& value, int indent) {
    if (value.is_null()) return;
    if (IsEmptyCollection(value)) {
      Write(value.map() ? " {}" : " []");
    } else if (const value::Map* map = value.map()) {
      NewLine(indent + 2);
      BlockMap(*map, indent + 2);
    } else if (const value::List* list = value.list()) {
      NewLine(indent);
      BlockList(*list, indent);
    } else {
      Write(" ");
      Scalar(value, indent + 2, false);
    }
  }

  void BlockList(const value::List& list, int indent) {
    bool first = true;
    for (const Value& item : list) {
      if (!first) NewLine(indent);
      first = false;
      Write("-");
      ItemValue(item, indent, /*padded=*/true);
    }
  }

  // Behind "-" or an explicit key's ":": collections begin on the same line. A null item keeps ruamel's blank.
  void ItemValue(const Value& value, int indent, bool padded) {
    if (value.is_null()) return padded ? Write(" ") : void();
    Write(" ");
    if (IsEmptyCollection(value)) {
      Write(value.map() ? "{}" : "[]");
    } else if (const value::Map* map = value.map()) {
      BlockMap(*map, indent + 2);
    } else if (const value::List* list = value.list()) {
      BlockList(*list, indent + 2);
    } else {
      Scalar(value, indent + 2, false);
    }
  }

  void Scalar(const Value& value, int indent, bool as_it_is) {
    if (const auto* date = std::get_if<value::Date>(&value.variant())) return Plain(date->text, indent, /*fold=*/true);
    if (const bool* b = value.boolean()) return Plain(*b ? "true" : "false", indent, /*fold=*/true);
    if (as_it_is) return Write(*value.string());
    if (const std::string* s = value.string()) return String(*s, indent, /*fold=*/true);
    Plain(NumberText(value), indent, /*fold=*/true);
  }

  void String(absl::string_view text, int indent, bool fold) {
    switch (StyleOf(text, /*in_flow=*/false)) {
      case ScalarStyle::kPlain:
        return Plain(text, indent, fold);
      case ScalarStyle::kSingle:
        return Single(text, indent, fold);
      case ScalarStyle::kDouble:
        return Double(text, indent, fold);
    }
  }

  // A word that does not fit begins the next line, and the blanks before it stay behind; a word longer than a line has
  // one of its own. The document's only scalar (indent 0) is folded at blanks alone.
  void Plain(absl::string_view text, int indent, bool fold) {
    int blanks = 1;  // before the word
    for (size_t at = 0; at < text.size();) {
      const bool blank = text[at] == ' ';
      const size_t end = std::min(blank ? text.find_first_not_of(' ', at) : text.find(' ', at), text.size());
      const absl::string_view piece = text.substr(at, end - at);
      at = end;
      if (blank) {
        blanks = static_cast<int>(piece.size());
        if (fold && blanks == 1 && column_ >= kWidth) {
          NewLine(indent);
        } else {
          Write(piece);
        }
        continue;
      }
      const bool fits = column_ + static_cast<int>(Characters(piece).size()) <= kWidth;
      const bool may_break = blanks == 1 || folding_ == Folding::kAsRuamel;
      if (fold && !fits && may_break && indent > 0 && column_ > indent) NewLine(indent);
      Write(piece);
    }
  }

  // A single inner blank behind the width becomes a line end.
  void Single(absl::string_view text, int indent, bool fold) {
    Write("'");
    for (size_t at = 0; at < text.size();) {
      const bool blank = text[at] == ' ';
      const size_t end = std::min(blank ? text.find_first_not_of(' ', at) : text.find(' ', at), text.size());
      const bool inner = at > 0 && end < text.size();
      if (blank && end == at + 1 && inner && column_ > kWidth && fold) {
        NewLine(indent);
      } else {
        Write(text.substr(at, end - at));
      }
      at = end;
    }
    Write("'");
  }

  // Double-quoted text folds before a blank or behind an escape, with "\\" at the line's end, or without where the line
  // end itself reads as the one blank there.
  void Double(absl::string_view text, int indent, bool fold) {
    Write("\"");
    const std::vector<absl::string_view> characters = Characters(text);
    const size_t size = characters.size();
    size_t start = 0;  // of the characters that are not written yet; one ahead of `end` behind an escape
    const auto flush = [&](size_t end) {
      for (; start < end; ++start) Write(characters[start]);
    };
    for (size_t end = 0; end <= size; ++end) {
      const std::string escape = end < size ? EscapeOf(characters[end]) : "";
      if (end == size || !escape.empty()) flush(end);
      if (!escape.empty()) {
        Write(escape);
        start = end + 1;
      }
      const bool can_break = end > 0 && end + 1 < size && (start >= end || characters[end] == " ");
      // Behind an escape its last character is not counted.
      const auto width = column_ + static_cast<int64_t>(end) - static_cast<int64_t>(start);
      if (!fold || !can_break || width <= kWidth) continue;
      const bool blank_is_written = LineEndReadsAsBlank(characters, start, end);
      flush(end);
      Write(blank_is_written ? "" : "\\");
      NewLine(indent);
      if (characters[start] != " ") continue;
      if (blank_is_written) ++start;
      if (!blank_is_written) Write("\\");
    }
    Write("\"");
  }

  // Whether the blank at `end`, or behind the escape there, is written as a line end without "\\". ruamel looks at the
  // next blank, wherever it is: behind an escape it then adds one that was not there.
  bool LineEndReadsAsBlank(const std::vector<absl::string_view>& characters, size_t start, size_t end) const {
    if (start == end) return false;
    size_t blank = end;
    while (blank < characters.size() && characters[blank] != " ") {
      if (characters[blank] == "\n" || characters[blank] == "\"" || characters[blank] == "'") return false;
      ++blank;
    }
    if (blank + 1 >= characters.size() || characters[blank + 1] == " " || characters[blank + 1] == "\n") return false;
    if (characters[end] == " " && characters[end - 1] == " ") return false;
    return folding_ == Folding::kAsRuamel || blank == std::max(start, end);
  }

  const Folding folding_;
  std::string out_;
  int column_ = 0;
};

}  // namespace

std::string Emit(const Value& root, Folding folding) {
  Emitter emitter(folding);
  emitter.Root(root);
  return emitter.Take();
}

}  // namespace expq::yaml
