// Values as Python writes them: repr of floats and containers, and json.dumps.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/value/value.h"

namespace expq::value {
namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";

// The code point that starts at `at` (moved behind it); bytes that are not UTF-8 count as U+FFFD each.
uint32_t NextCodePoint(absl::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[i])); };
  const uint32_t first = byte(at++);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  if (more == 0 || first > 0xF4 || at + static_cast<size_t>(more) > text.size()) return 0xFFFD;
  uint32_t code = first & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) {
    const uint32_t next = byte(at + static_cast<size_t>(i));
    if ((next & 0xC0) != 0x80) return 0xFFFD;
    code = code << 6 | (next & 0x3F);
  }
  constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (code < kLeast[more] || code > 0x10FFFF || surrogate) return 0xFFFD;
  at += static_cast<size_t>(more);
  return code;
}

// Appends the character that starts at `at`, and moves behind it.
void AppendCharacter(absl::string_view text, size_t& at, std::string& out) {
  const size_t begin = at;
  const bool wrong = NextCodePoint(text, at) == 0xFFFD && at == begin + 1;
  const absl::string_view written = wrong ? kReplacement : text.substr(begin, at - begin);
  out.append(written.data(), written.size());
}

void AppendUnicodeEscape(uint32_t code, std::string& out) {
  if (code < 0x10000) {
    absl::StrAppendFormat(&out, "\\u%04x", code);
    return;
  }
  code -= 0x10000;
  absl::StrAppendFormat(&out, "\\u%04x\\u%04x", 0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF));
}

// The second character of the two-character escapes JSON has; 0 for other characters.
char ShortEscape(char c) {
  constexpr absl::string_view kFrom = "\"\\\n\r\t\f\b";
  constexpr absl::string_view kTo = "\"\\nrtfb";
  const size_t at = kFrom.find(c);
  return at == absl::string_view::npos ? '\0' : kTo[at];
}

void AppendJsonString(absl::string_view text, bool ascii, std::string& out) {
  out += '"';
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (const char escape = ShortEscape(c)) {
      out += '\\';
      out += escape;
      ++at;
    } else if (byte < 0x20 || (byte >= 0x7F && ascii)) {
      AppendUnicodeEscape(NextCodePoint(text, at), out);
    } else if (byte < 0x80) {
      out += c;
      ++at;
    } else {
      AppendCharacter(text, at, out);
    }
  }
  out += '"';
}

void AppendJsonFloat(double d, bool nan_as_null, std::string& out) {
  if (std::isfinite(d)) {
    out += FloatRepr(d);
  } else if (nan_as_null) {
    out += "null";
  } else {
    out += std::isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity";
  }
}

// Python's order: numbers by their value, texts by code points, which is that of their bytes in UTF-8. Of a mixture
// Python has none.
bool IsBefore(const Key& a, const Key& b) {
  double left = 0, right = 0;
  if (!a.is_text() && !b.is_text() && a.value().AsDouble(&left) && b.value().AsDouble(&right)) return left < right;
  return a < b;
}

class JsonWriter {
 public:
  explicit JsonWriter(const JsonStyle& style) : style_(style) {}

  void Write(const Value& value) {
    if (const Map* map = value.map()) {
      WriteMap(*map);
    } else if (const List* list = value.list()) {
      WriteList(*list);
    } else {
      WriteScalar(value);
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  void WriteScalar(const Value& value) {
    if (const std::string* s = value.string()) {
      AppendJsonString(*s, style_.ascii, out_);
    } else if (const int64_t* i = value.int64()) {
      absl::StrAppend(&out_, *i);
    } else if (const double* d = value.number()) {
      AppendJsonFloat(*d, style_.nan_as_null, out_);
    } else if (const bool* b = value.boolean()) {
      out_ += *b ? "true" : "false";
    } else if (const auto* big = std::get_if<BigInt>(&value.variant())) {
      out_ += big->decimal;
    } else if (const auto* date = std::get_if<Date>(&value.variant())) {
      AppendJsonString(date->text, style_.ascii, out_);
    } else {
      out_ += "null";
    }
  }

  // JSON's own word for what is no text.
  static std::string KeyText(const Key& key) {
    if (key.is_text() || key.kind() == Key::Kind::kDate) return key;
    return ToJson(key.value());
  }

  void WriteMap(const Map& map) {
    std::vector<const Map::Entry*> entries;
    entries.reserve(map.size());
    for (const auto& entry : map) entries.push_back(&entry);
    if (style_.sort_keys) {
      std::sort(entries.begin(), entries.end(), [](auto* a, auto* b) { return IsBefore(a->first, b->first); });
    }
    Bracketed('{', '}', entries, [this](const Map::Entry* entry) {
      AppendJsonString(KeyText(entry->first), style_.ascii, out_);
      out_ += style_.compact ? ":" : ": ";
      Write(entry->second);
    });
  }

  void WriteList(const List& list) {
    Bracketed('[', ']', list, [this](const Value& item) { Write(item); });
  }

  template <typename Items, typename WriteItem>
  void Bracketed(char open, char close, const Items& items, WriteItem write) {
    out_ += open;
    ++depth_;
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_ += style_.compact || style_.indent >= 0 ? "," : ", ";
      first = false;
      NewLine();
      write(item);
    }
    --depth_;
    if (!items.empty()) NewLine();
    out_ += close;
  }

  void NewLine() {
    if (style_.indent < 0) return;
    out_ += '\n';
    out_.append(static_cast<size_t>(style_.indent * depth_), ' ');
  }

  const JsonStyle& style_;
  int depth_ = 0;
  std::string out_;
};

// Python's repr prints these as they are; it escapes controls, separators and format characters.
bool Printable(uint32_t code) {
  if (code < 0x20 || (code >= 0x7F && code <= 0xA0) || code == 0xAD) return false;
  if (code == 0x1680 || (code >= 0x2000 && code <= 0x200F) || (code >= 0x2028 && code <= 0x202F)) return false;
  if ((code >= 0x205F && code <= 0x206F) || code == 0x3000 || code == 0xFEFF) return false;
  return !(code >= 0xD800 && code <= 0xF8FF) && !(code >= 0xFFF0 && code <= 0xFFFB);
}

void AppendEscaped(uint32_t code, std::string& out) {
  if (code == '\n') {
    out += "\\n";
  } else if (code == '\r') {
    out += "\\r";
  } else if (code == '\t') {
    out += "\\t";
  } else if (code < 0x100) {
    absl::StrAppendFormat(&out, "\\x%02x", code);
  } else if (code < 0x10000) {
    absl::StrAppendFormat(&out, "\\u%04x", code);
  } else {
    absl::StrAppendFormat(&out, "\\U%08x", code);
  }
}

std::string StringRepr(absl::string_view text) {
  const bool has_single = text.find('\'') != absl::string_view::npos;
  const char quote = has_single && text.find('"') == absl::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const uint32_t code = NextCodePoint(text, at);
    if (code == static_cast<uint32_t>(quote) || code == '\\') out += '\\';
    if (Printable(code)) {
      out.append(text.data() + begin, at - begin);
    } else {
      AppendEscaped(code, out);
    }
  }
  out += quote;
  return out;
}

std::string Repr(const Value& value) {
  if (const std::string* s = value.string()) return StringRepr(*s);
  std::string out;
  const char* separator = "";
  if (const List* list = value.list()) {
    for (const Value& item : *list) {
      absl::StrAppend(&out, separator, Repr(item));
      separator = ", ";
    }
    return absl::StrCat("[", out, "]");
  }
  if (const Map* map = value.map()) {
    for (const auto& [key, item] : *map) {
      absl::StrAppend(&out, separator, key.is_text() ? StringRepr(key) : key.text(), ": ", Repr(item));
      separator = ", ";
    }
    return absl::StrCat("{", out, "}");
  }
  return PythonText(value);
}

}  // namespace

std::string FloatRepr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific).ptr;
  std::string digits(buffer, end);
  const size_t e = digits.find('e');
  const int exponent = std::atoi(digits.c_str() + e + 1);
  digits.resize(e);
  // Python's limits: 'r' formatting turns to an exponent below 1e-4 and from 1e16 on.
  if (exponent < -4 || exponent >= 16) {
    return absl::StrFormat("%se%c%02d", digits, exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  std::string sign;
  if (digits[0] == '-') {
    sign = "-";
    digits.erase(0, 1);
  }
  digits.erase(std::remove(digits.begin(), digits.end(), '.'), digits.end());
  if (exponent < 0) return sign + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0') + ".0";
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string AsUtf8(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) AppendCharacter(text, at, out);
  return out;
}

std::string PythonText(const Value& value) {
  if (value.is_list() || value.is_map()) return Repr(value);
  if (const std::string* s = value.string()) return *s;
  if (const bool* b = value.boolean()) return *b ? "True" : "False";
  if (const int64_t* i = value.int64()) return absl::StrCat(*i);
  if (const double* d = value.number()) return FloatRepr(*d);
  if (const auto* big = std::get_if<BigInt>(&value.variant())) return big->decimal;
  if (const auto* date = std::get_if<Date>(&value.variant())) return date->text;
  return "None";
}

std::string ToJson(const Value& value, const JsonStyle& style) {
  JsonWriter writer(style);
  writer.Write(value);
  return writer.Take();
}

}  // namespace expq::value
