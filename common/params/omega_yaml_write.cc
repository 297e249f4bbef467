#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/params/omega_yaml.h"
#include "common/params/sweep.h"
#include "common/yaml/scalar_style.h"

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

// 2024-01-01 or with a time behind it.
bool IsTimestamp(absl::string_view text) {
  if (text.size() < 8 || text[4] != '-') return false;
  size_t digits = 0;
  for (char c : text) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      ++digits;
    } else if (!absl::StrContains("-:.+Tt Z\t", c)) {
      return false;
    }
  }
  return text.size() == 10 ? digits == 8 && text[7] == '-' : digits >= 11 && absl::StrContains(text, ':');
}

// Whether a reader would take the plain text for something else than a string.
bool MeansOther(absl::string_view text) {
  const Value value(text);
  return text == "=" || text == "<<" || IsBool11(text) || !OmegaPlain(text).is_string() || IsTimestamp(text) ||
         CastValue("int", value).ok() || CastValue("float", value).ok();
}

enum class Style { kPlain, kSingle, kDouble };

// What PyYAML's analysis of a text comes to outside of brackets.
Style StyleOf(absl::string_view text) {
  if (text.empty()) return Style::kSingle;
  const bool breaks = absl::StrContains(text, '\n');
  for (absl::string_view c : yaml::Characters(text)) {
    if (c != "\n" && c != "\"" && c != "\\" && !yaml::EscapeOf(c).empty()) return Style::kDouble;
  }
  if (absl::StrContains(text, " \n") || absl::StrContains(text, "\n ")) return Style::kDouble;
  const bool outer = absl::StrContains(" \n", text.front()) || absl::StrContains(" \n", text.back());
  bool indicators = absl::StartsWith(text, "---") || absl::StartsWith(text, "...") ||
                    absl::StrContains("#,[]{}&*!|>'\"%@`", text[0]) ||
                    (absl::StrContains("?-", text[0]) && (text.size() == 1 || text[1] == ' '));
  for (size_t i = 0; i < text.size(); ++i) {
    indicators |= text[i] == ':' && (i + 1 == text.size() || text[i + 1] == ' ' || text[i + 1] == '\n');
    indicators |= text[i] == '#' && i > 0 && (text[i - 1] == ' ' || text[i - 1] == '\n');
  }
  return breaks || outer || indicators || MeansOther(text) ? Style::kSingle : Style::kPlain;
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
      if (key.is_text()) String(key, indent, /*fold=*/false);
      if (!key.is_text()) Scalar(key.value(), indent);
      Put(":");
      if (value.map() && !value.map()->empty()) {
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
      if (item.map() && !item.map()->empty()) {
        Map(*item.map(), indent + 2);
      } else if (item.list() && !item.list()->empty()) {
        List(*item.list(), indent + 2);
      } else {
        Scalar(item, indent + 2);
      }
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
    switch (StyleOf(text)) {
      case Style::kPlain:
        return Words(text, indent, fold, "");
      case Style::kSingle:
        return Words(text, indent, fold, "'");
      case Style::kDouble:
        return Put(yaml::DoubleQuoted(text));
    }
  }

  // A single blank behind the width becomes a line end, and in quotes a line end two of them.
  void Words(absl::string_view text, int indent, bool fold, absl::string_view quote) {
    Put(quote);
    for (size_t at = 0; at < text.size();) {
      const char kind = text[at] == ' ' || text[at] == '\n' ? text[at] : '\0';
      size_t end = at;
      while (end < text.size() && (kind != '\0' ? text[end] == kind : text[end] != ' ' && text[end] != '\n')) ++end;
      const absl::string_view piece = text.substr(at, end - at);
      const bool inner = quote.empty() || (at > 0 && end < text.size());
      if (kind == ' ' && piece.size() == 1 && column_ > kWidth && fold && inner) {
        NewLine(indent);
      } else if (kind == '\n') {
        Put("\n");
        Put(piece);
        Put(std::string(static_cast<size_t>(indent), ' '));
      } else {
        for (char c : piece) Put(c == '\'' && !quote.empty() ? "''" : absl::string_view(&c, 1));
      }
      at = end;
    }
    Put(quote);
  }

  std::string out_;
  int column_ = 0;
};

}  // namespace

std::string WriteOmegaYaml(const Value& root) { return OmegaWriter().Write(root); }

}  // namespace expq::params
