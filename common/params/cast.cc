// int(), float(), str() and bool() as Python has them.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/params/sweep.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;

absl::Status IsNot(const Value& value, absl::string_view type) {
  return absl::InvalidArgumentError(absl::StrCat("'", value::PythonText(value), "' is not ", type));
}

// What int() and float() overlook at both ends, beyond ASCII too.
absl::string_view Stripped(absl::string_view text) {
  constexpr absl::string_view kBlanks[] = {
      " ",      "\t",     "\n",     "\v",     "\f",     "\r",     "\x1C",   "\x1D",   "\x1E",   "\x1F",
      "\u0085", "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
      "\u2007", "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"};
  const auto strips = [&](absl::string_view blank) {
    return absl::ConsumePrefix(&text, blank) || absl::ConsumeSuffix(&text, blank);
  };
  while (std::any_of(std::begin(kBlanks), std::end(kBlanks), strips)) {
  }
  return text;
}

Value IntOfDecimal(absl::string_view digits, bool negative) {
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  const std::string text = absl::StrCat(negative && digits != "0" ? "-" : "", digits);
  int64_t small = 0;
  return absl::SimpleAtoi(text, &small) ? Value(small) : Value(value::BigInt{text});
}

// False for a '_' that does not stand between two digits.
bool HasGoodUnderscores(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') continue;
    const bool between = i > 0 && i + 1 < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[i - 1])) &&
                         absl::ascii_isdigit(static_cast<unsigned char>(text[i + 1]));
    if (!between) return false;
  }
  return true;
}

absl::StatusOr<Value> CastInt(const Value& value) {
  if (value.is_int()) return value;
  if (const bool* b = value.boolean()) return Value(*b ? 1 : 0);
  if (const double* d = value.number()) {
    if (!std::isfinite(*d)) return absl::InvalidArgumentError("int() cannot hold that number");
    const std::string whole = absl::StrFormat("%.0f", std::trunc(std::abs(*d)));
    return IntOfDecimal(whole, *d < 0);
  }
  if (const std::string* s = value.string()) {
    const absl::string_view text = Stripped(*s);
    const bool sign = absl::StartsWith(text, "-") || absl::StartsWith(text, "+");
    const std::string digits = absl::StrReplaceAll(text.substr(sign ? 1 : 0), {{"_", ""}});
    const bool number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
    if (number && HasGoodUnderscores(text)) return IntOfDecimal(digits, text[0] == '-');
  }
  return IsNot(value, "an int");
}

absl::StatusOr<Value> CastFloat(const Value& value) {
  double number = 0;
  if (value.AsDouble(&number)) {
    if (std::isinf(number) && value.is_int()) return absl::InvalidArgumentError("float() cannot hold that number");
    return Value(number);
  }
  if (const std::string* s = value.string()) {
    const absl::string_view text = Stripped(*s);
    const std::string plain = absl::StrReplaceAll(text, {{"_", ""}});
    const bool hex = plain.find_first_of("xX(") != std::string::npos;
    char* end = nullptr;
    number = std::strtod(plain.c_str(), &end);
    if (!plain.empty() && *end == '\0' && !hex && HasGoodUnderscores(text)) return Value(number);
  }
  return IsNot(value, "a float");
}

absl::StatusOr<Value> CastBool(const Value& value) {
  double number = 0;
  if (value.is_null()) return Value(false);
  if (value.AsDouble(&number)) return Value(number != 0);
  if (const std::string* s = value.string()) {
    if (absl::EqualsIgnoreCase(*s, "true")) return Value(true);
    if (absl::EqualsIgnoreCase(*s, "false")) return Value(false);
  }
  return IsNot(value, "a bool");
}

absl::StatusOr<Value> CastStr(const Value& value) {
  if (value.is_null()) return IsNot(value, "to be cast");
  if (const bool* b = value.boolean()) return Value(*b ? "true" : "false");
  return Value(value::PythonText(value));
}

absl::StatusOr<Value> CastScalar(absl::string_view type, const Value& value) {
  if (type == "int") return CastInt(value);
  if (type == "float") return CastFloat(value);
  return type == "bool" ? CastBool(value) : CastStr(value);
}

}  // namespace

absl::StatusOr<Value> CastValue(absl::string_view type, const Value& value) {
  if (const value::List* list = value.list()) {
    value::List out;
    for (const Value& item : *list) {
      ASSIGN_OR_RETURN(Value casted, CastValue(type, item));
      out.push_back(std::move(casted));
    }
    return Value(std::move(out));
  }
  if (const value::Map* map = value.map()) {
    value::Map out;
    for (const auto& [key, item] : *map) {
      ASSIGN_OR_RETURN(Value casted, CastValue(type, item));
      out.Set(key, std::move(casted));
    }
    return Value(std::move(out));
  }
  return CastScalar(type, Unquote(value));
}

}  // namespace expq::params
