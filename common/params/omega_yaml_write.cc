#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/params/omega_yaml.h"
#include "common/params/sweep.h"
#include "common/yaml/scalar_style.h"
#include "common/yaml/yaml.h"

namespace expq::params {
namespace {

using value::Value;

// PyYAML ends a line at the first blank behind this column.
constexpr int kWidth = 80;

bool IsEmptyCollection(const Value& value) {
  return (value.map() && value.map()->empty()) || (value.list() && value.list()->empty());
}

bool IsBool11(absl::string_view text) {
  for (absl::string_view word : {"y", "yes", "n", "no", "true", "false", "on", "off"}) {
    if (absl::EqualsIgnoreCase(text, word)) {
      const std::string lower = absl::AsciiStrToLower(text), upper = absl::AsciiStrToUpper(text);
      return text == lower || text == upper || text == absl::StrCat(upper.substr(0, 1), lower.substr(1));
    }
  }
  return false;
}

// Whether a reader would take the plain text for something else than a string.
bool MeansOther(absl::string_view text) {
  const Value value(text);
  return text == "=" || text == "<<" || IsBool11(text) || !OmegaPlain(text).is_string() ||
         std::holds_alternative<value::Date>(yaml::ResolvePlain(text).variant()) || CastValue("int", value).ok() ||
         CastValue("float", value).ok();
}

bool IsBreak(absl::string_view c) { return c == "\n" || c == "\xC2\x85" || c == "\u2028" || c == "\u2029"; }

// Whether PyYAML writes the character as it is, between double quotes or at all.
bool IsWritten(absl::string_view c, bool in_double) {
  const uint32_t code = yaml::CodeOf(c);
  if (in_double && (IsBreak(c) || code > 0xFFFF)) return false;
  if (c == "\n" || c == "\xC2\x85" || code > 0xFFFF) return code < 0x10FFFF;
  const bool ascii = code >= 0x20 && code <= 0x7E;
  return ascii || (code >= 0xA0 && code <= 0xFFFD && code != 0xFEFF);
}

std::string Escaped(absl::string_view c) {
  const std::string usual = yaml::EscapeOf(c);
  if (!usual.empty() || IsWritten(c, /*in_double=*/true)) return usual;
  const uint32_t code = yaml::CodeOf(c);
  if (code < 0x100) return absl::StrFormat("\\x%02X", code);
  return code < 0x10000 ? absl::StrFormat("\\u%04X", code) : absl::StrFormat("\\U%08X", code);
}

enum class Style { kPlain, kSingle, kDouble };

bool HasIndicators(absl::string_view text) {
  bool indicators = absl::StartsWith(text, "---") || absl::StartsWith(text, "...") ||
                    absl::StrContains("#,[]{}&*!|>'\"%@`", text[0]) ||
                    (absl::StrContains("?-", text[0]) && (text.size() == 1 || text[1] == ' '));
  for (size_t i = 0; i < text.size(); ++i) {
    indicators |= text[i] == ':' && (i + 1 == text.size() || text[i + 1] == ' ');
    indicators |= text[i] == '#' && i > 0 && text[i - 1] == ' ';
  }
  return indicators;
}

// What PyYAML's analysis of a text comes to outside of brackets.
Style StyleOf(absl::string_view text, const std::vector<absl::string_view>& characters) {
  if (text.empty()) return Style::kSingle;
  bool breaks = false;
  absl::string_view before;
  for (absl::string_view c : characters) {
    const bool blank_and_break = (IsBreak(c) && before == " ") || (IsBreak(before) && c == " ");
    if (blank_and_break || !IsWritten(c, /*in_double=*/false)) return Style::kDouble;
    breaks |= IsBreak(c);
    before = c;
  }
  const bool outer = text.front() == ' ' || text.back() == ' ';
  return breaks || outer || HasIndicators(text) || MeansOther(text) ? Style::kSingle : Style::kPlain;
}

// Others are written as `? key`. The length counts the tag that PyYAML does not write.
bool IsSimpleKey(const value::Key& key) {
  if (!key.is_text()) return true;
  const std::vector<absl::string_view> characters = yaml::Characters(key);
  return !key.empty() && characters.size() + 5 < 128 && std::none_of(characters.begin(), characters.end(), IsBreak);
}

class OmegaWriter {
 public:
  std::string Write(const Value& root) {
    if (IsEmptyCollection(root) || (!root.is_map() && !root.is_list())) {
      Scalar(root, 0);
    } else if (root.is_map()) {
      Map(*root.map(), 0);
    } else {
      List(*root.list(), 0);
    }
    return out_ + "\n";
  }

 private:
  void Put(absl::string_view text) {
    if (IsBreak(text)) {
      column_ = 0;
      return (void)absl::StrAppend(&out_, text);
    }
    for (char c : text) {
      if (c == '\n') {
        column_ = 0;
      } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
        ++column_;
      }
    }
    absl::StrAppend(&out_, text);
  }

  void NewLine(int indent) { Put(absl::StrCat("\n", std::string(static_cast<size_t>(indent), ' '))); }

  // The first entry stands where the writer is.
  void Map(const value::Map& map, int indent) {
    bool first = true;
    for (const auto& [key, value] : map) {
      if (!first) NewLine(indent);
      first = false;
      const bool simple = IsSimpleKey(key);
      if (!simple) Put("? ");
      if (key.is_text()) String(key, indent + 2, /*fold=*/!simple);
      if (!key.is_text()) Scalar(key.value(), indent);
      if (!simple) NewLine(indent);
      Put(":");
      if (!simple) {
        Put(" ");
        Item(value, indent + 2);
      } else if (value.map() && !value.map()->empty()) {
        NewLine(indent + 2);
        Map(*value.map(), indent + 2);
      } else if (value.list() && !value.list()->empty()) {
        NewLine(indent);
        List(*value.list(), indent);
      } else {
        Put(" ");
        Scalar(value, indent + 2);
      }
    }
  }

  void List(const value::List& list, int indent) {
    bool first = true;
    for (const Value& item : list) {
      if (!first) NewLine(indent);
      first = false;
      Put("- ");
      Item(item, indent + 2);
    }
  }

  // On the line of its dash or colon.
  void Item(const Value& value, int indent) {
    if (value.map() && !value.map()->empty()) {
      Map(*value.map(), indent);
    } else if (value.list() && !value.list()->empty()) {
      List(*value.list(), indent);
    } else {
      Scalar(value, indent);
    }
  }

  void Scalar(const Value& value, int indent) {
    if (const std::string* text = value.string()) return String(*text, indent, /*fold=*/true);
    if (value.map() || value.list()) return Put(value.map() ? "{}" : "[]");
    if (value.is_null()) return Put("null");
    if (const bool* b = value.boolean()) return Put(*b ? "true" : "false");
    const double* d = value.number();
    if (d == nullptr) return Put(value::PythonText(value));
    if (!std::isfinite(*d)) return Put(std::isnan(*d) ? ".nan" : *d > 0 ? ".inf" : "-.inf");
    std::string text = value::FloatRepr(*d);
    const size_t e = text.find('e');
    if (e != std::string::npos && !absl::StrContains(text, '.')) text.insert(e, ".0");
    Put(text);
  }

  void String(absl::string_view text, int indent, bool fold) {
    const std::vector<absl::string_view> characters = yaml::Characters(text);
    switch (StyleOf(text, characters)) {
      case Style::kPlain:
        return Words(characters, indent, fold, "");
      case Style::kSingle:
        return Words(characters, indent, fold, "'");
      case Style::kDouble:
        return Double(characters, indent, fold);
    }
  }

  // A single blank behind the width becomes a line end, and in quotes a line end two of them.
  void Words(const std::vector<absl::string_view>& text, int indent, bool fold, absl::string_view quote) {
    Put(quote);
    for (size_t at = 0; at < text.size();) {
      const auto kind = [&](size_t i) { return text[i] == " " ? 1 : IsBreak(text[i]) ? 2 : 0; };
      size_t end = at + 1;
      while (end < text.size() && kind(end) == kind(at)) ++end;
      const bool inner = quote.empty() || (at > 0 && end < text.size());
      if (kind(at) == 1 && end == at + 1 && column_ > kWidth && fold && inner) {
        NewLine(indent);
        at = end;
        continue;
      }
      if (text[at] == "\n") Put("\n");
      const bool breaks = kind(at) == 2;
      for (; at < end; ++at) Put(text[at] == "'" && !quote.empty() ? "''" : text[at]);
      if (breaks) Put(std::string(static_cast<size_t>(indent), ' '));
    }
    Put(quote);
  }

  // Behind the width a line ends before a blank or behind an escape, with a backslash; a blank that begins the next one
  // has a backslash too.
  void Double(const std::vector<absl::string_view>& text, int indent, bool fold) {
    Put("\"");
    const auto size = static_cast<int>(text.size());
    int start = 0;  // what is not written yet
    const auto flush = [&](int end) {
      for (; start < end; ++start) Put(text[static_cast<size_t>(start)]);
    };
    for (int end = 0; end < size; ++end) {
      const absl::string_view c = text[static_cast<size_t>(end)];
      const std::string escape = Escaped(c);
      if (!escape.empty()) {
        flush(end);
        Put(escape);
        start = end + 1;
      }
      const bool may = fold && end > 0 && end < size - 1 && (c == " " || start >= end);
      if (!may || column_ + (end - start) <= kWidth) continue;
      flush(end);
      Put("\\");
      NewLine(indent);
      if (text[static_cast<size_t>(start)] == " ") Put("\\");
    }
    flush(size);
    Put("\"");
  }

  std::string out_;
  int column_ = 0;
};

}  // namespace

std::string WriteOmegaYaml(const Value& root) { return OmegaWriter().Write(root); }

}  // namespace expq::params
