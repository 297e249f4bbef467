// The block style that DVC's ruamel writes. What decides a byte was found by comparing with ruamel 0.17.21; the pairs
// are in tests/golden/ruamel_emit.json.
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

// A line is folded at the first single blank behind this column.
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
        Key(key);
        Write(":");
        EntryValue(value, indent);
      } else {
        Write("? ");
        String(key, indent + 2, /*fold=*/true);
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

  void Key(absl::string_view key) {
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
    if (const auto* date = std::get_if<value::Date>(&value.variant())) return Write(date->text);
    if (const bool* b = value.boolean()) return Write(*b ? "true" : "false");
    if (as_it_is) return Write(*value.string());
    if (const std::string* s = value.string()) return String(*s, indent, /*fold=*/true);
    Write(NumberText(value));
  }

  void String(absl::string_view text, int indent, bool fold) {
    switch (StyleOf(text, /*in_flow=*/false)) {
      case ScalarStyle::kPlain:
        return Folded(text, indent, fold);
      case ScalarStyle::kSingle:
        Write("'");
        Folded(text, indent, fold);
        return Write("'");
      case ScalarStyle::kDouble:
        return Double(text, indent, fold);
    }
  }

  // Plain and single-quoted text: a single inner blank behind the width becomes a line end.
  void Folded(absl::string_view text, int indent, bool fold) {
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
  }

  // Double-quoted text folds with "\" at the line's end, before a blank or behind an escape.
  void Double(absl::string_view text, int indent, bool fold) {
    Write("\"");
    const std::vector<absl::string_view> characters = Characters(text);
    std::string run;  // characters that are not written yet
    int run_width = 0;
    for (size_t i = 0; i <= characters.size(); ++i) {
      const absl::string_view c = i < characters.size() ? characters[i] : absl::string_view();
      const std::string escape = c.empty() ? "" : EscapeOf(c);
      if (c.empty() || !escape.empty()) {
        Write(run);
        Write(escape);
        run.clear();
        run_width = 0;
      }
      const bool can_break = i > 0 && i + 1 < characters.size() && (c == " " || run.empty());
      if (can_break && column_ + run_width > kWidth && fold) {
        Write(run);
        Write("\\");
        run.clear();
        run_width = 0;
        NewLine(indent);
        const size_t next = escape.empty() ? i : i + 1;
        if (characters[next] == " ") Write("\\");
      }
      if (escape.empty() && !c.empty()) {
        run.append(c.data(), c.size());
        ++run_width;
      }
    }
    Write("\"");
  }

  std::string out_;
  int column_ = 0;
};

}  // namespace

std::string Emit(const Value& root) {
  Emitter emitter;
  emitter.Root(root);
  return emitter.Take();
}

}  // namespace expq::yaml
