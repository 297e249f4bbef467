#include "common/yaml/schema.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/yaml/yaml.h"

namespace expq::yaml {
namespace {

bool OneOf(absl::string_view text, std::initializer_list<absl::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// Walks over a text by character classes; each step is true when it moved.
class Cursor {
 public:
  explicit Cursor(absl::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool Char(absl::string_view any) {
    if (rest_.empty() || any.find(rest_.front()) == absl::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  size_t Run(absl::string_view any) {
    size_t count = 0;
    while (Char(any)) ++count;
    return count;
  }
  bool Digits(size_t least, size_t most) {
    size_t count = 0;
    while (count < most && Char(kDigits)) ++count;
    return count >= least;
  }
  static constexpr absl::string_view kDigits = "0123456789";

 private:
  absl::string_view rest_;
};

absl::string_view WithoutSign(absl::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text;
}

bool AllOf(absl::string_view text, absl::string_view any) {
  return !text.empty() && text.find_first_not_of(any) == absl::string_view::npos;
}

bool IsInt(absl::string_view text) {
  const absl::string_view body = WithoutSign(text);
  if (absl::StartsWith(body, "0b")) return AllOf(body.substr(2), "01_");
  if (absl::StartsWith(body, "0o")) return AllOf(body.substr(2), "01234567_");
  if (absl::StartsWith(body, "0x")) return AllOf(body.substr(2), "0123456789abcdefABCDEF_");
  return text[0] != '_' && AllOf(body, "0123456789_");
}

// An exponent up to the end; `signed_only` because ruamel reads .5e+3 as a float and .5e3 as a string.
bool IsExponent(Cursor& at, bool signed_only) {
  if (!at.Char("eE")) return false;
  if (!at.Char("+-") && signed_only) return false;
  return at.Run(Cursor::kDigits) > 0 && at.done();
}

bool IsFloat(absl::string_view text) {
  const absl::string_view body = WithoutSign(text);
  if (OneOf(body, {".inf", ".Inf", ".INF"})) return true;
  if (OneOf(text, {".nan", ".NaN", ".NAN"})) return true;
  Cursor at(body);
  if (at.Char(".")) return at.Run("0123456789_") > 0 && (at.done() || IsExponent(at, true));
  if (!at.Char(Cursor::kDigits)) return false;
  at.Run("0123456789_");
  if (at.Char(".")) {
    at.Run("0123456789_");
    if (at.done()) return true;
  }
  return IsExponent(at, false);
}

bool IsZone(Cursor& at) {
  at.Run(" \t");
  if (at.Char("Z")) return at.done();
  if (!at.Char("+-") || !at.Digits(1, 2)) return false;
  return at.done() || (at.Char(":") && at.Digits(2, 2) && at.done());
}

bool IsDate(absl::string_view text) {
  Cursor at(text);
  if (!at.Digits(4, 4) || !at.Char("-") || !at.Digits(1, 2) || !at.Char("-") || !at.Digits(1, 2)) return false;
  if (at.done()) return text.size() == 10;
  if (!at.Char("Tt") && at.Run(" \t") == 0) return false;
  if (!at.Digits(1, 2) || !at.Char(":") || !at.Digits(2, 2) || !at.Char(":") || !at.Digits(2, 2)) return false;
  if (at.Char(".")) at.Run(Cursor::kDigits);
  return at.done() || IsZone(at);
}

// Digits of a base as decimal text, for integers that no machine word holds.
std::string ToDecimal(absl::string_view digits, int base) {
  std::string decimal = "0";  // least digit first
  for (char c : digits) {
    int carry = absl::ascii_isdigit(static_cast<unsigned char>(c))
                    ? c - '0'
                    : (absl::ascii_tolower(static_cast<unsigned char>(c)) - 'a') + 10;
    for (char& d : decimal) {
      const int sum = (d - '0') * base + carry;
      d = static_cast<char>('0' + sum % 10);
      carry = sum / 10;
    }
    for (; carry > 0; carry /= 10) decimal += static_cast<char>('0' + carry % 10);
  }
  while (decimal.size() > 1 && decimal.back() == '0') decimal.pop_back();
  std::reverse(decimal.begin(), decimal.end());
  return decimal;
}

value::Value IntOf(absl::string_view plain) {
  const std::string text = absl::StrReplaceAll(plain, {{"_", ""}});
  absl::string_view digits = WithoutSign(text);
  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    if (digits[1] == 'b') base = 2;
    if (digits[1] == 'o') base = 8;
    if (digits[1] == 'x') base = 16;
    if (base != 10) digits.remove_prefix(2);
  }
  if (digits.empty()) return plain;
  const std::string decimal = absl::StrCat(text[0] == '-' ? "-" : "", ToDecimal(digits, base));
  int64_t number = 0;
  if (absl::SimpleAtoi(decimal, &number)) return number;
  return value::BigInt{decimal};
}

value::Value FloatOf(absl::string_view plain) {
  const std::string text = absl::StrReplaceAll(absl::AsciiStrToLower(plain), {{"_", ""}});
  if (absl::EndsWith(text, "inf")) {
    const double infinity = std::numeric_limits<double>::infinity();
    return text[0] == '-' ? -infinity : infinity;
  }
  if (text == ".nan") return std::numeric_limits<double>::quiet_NaN();
  if (text.find_first_of(Cursor::kDigits.data()) == std::string::npos) return plain;
  return std::strtod(text.c_str(), nullptr);
}

}  // namespace

Meaning MeaningOf(absl::string_view plain) {
  if (plain.empty() || OneOf(plain, {"~", "null", "Null", "NULL"})) return Meaning::kNull;
  if (OneOf(plain, {"true", "True", "TRUE", "false", "False", "FALSE"})) return Meaning::kBool;
  if (plain == "<<") return Meaning::kMerge;
  if (plain == "=") return Meaning::kDefault;
  if (absl::string_view("-+.0123456789").find(plain[0]) == absl::string_view::npos) return Meaning::kString;
  if (IsFloat(plain)) return Meaning::kFloat;
  if (IsInt(plain)) return Meaning::kInt;
  if (IsDate(plain)) return Meaning::kDate;
  return Meaning::kString;
}

bool MeansOtherIn11(absl::string_view plain) {
  const std::string lower = absl::AsciiStrToLower(plain);
  if (OneOf(lower, {"yes", "no", "on", "off"})) return true;
  // Sexagesimal: 1:30, -190:20:30.5.
  const absl::string_view body = WithoutSign(plain);
  return body.find(':') != absl::string_view::npos && AllOf(body, "0123456789_:.");
}

value::Value ResolvePlain(absl::string_view text) {
  switch (MeaningOf(text)) {
    case Meaning::kNull:
      return value::Null();
    case Meaning::kBool:
      return text[0] == 't' || text[0] == 'T';
    case Meaning::kInt:
      return IntOf(text);
    case Meaning::kFloat:
      return FloatOf(text);
    case Meaning::kDate:
      return value::Date{std::string(text)};
    case Meaning::kString:
    case Meaning::kMerge:
    case Meaning::kDefault:
      return text;
  }
  return text;
}

}  // namespace expq::yaml
