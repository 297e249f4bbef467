#include "common/params/sweep.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;

absl::Status Refuse(absl::string_view what) { return absl::InvalidArgumentError(what); }

// Several arguments are a sweep over them, one is itself.
absl::StatusOr<Element> Together(absl::string_view name, std::vector<Argument>& arguments) {
  if (arguments.empty()) return Refuse(absl::StrCat(name, "() needs an argument"));
  for (const Argument& argument : arguments) {
    if (!argument.name.empty()) return Refuse(absl::StrCat(name, "() has no argument named '", argument.name, "'"));
  }
  if (arguments.size() == 1) return std::move(arguments[0].element);
  Element sweep;
  sweep.is_sweep = true;
  for (Argument& argument : arguments) {
    if (argument.element.is_sweep) return Refuse(absl::StrCat("a sweep inside of ", name, "(…, …)"));
    sweep.choices.push_back(std::move(argument.element.value));
  }
  return sweep;
}

absl::StatusOr<Element> Choice(std::vector<Argument>& arguments) {
  ASSIGN_OR_RETURN(Element element, Together("choice", arguments));
  if (element.is_sweep && arguments.size() == 1) return Refuse("a sweep inside of choice()");
  if (!element.is_sweep) element = Element{.is_sweep = true, .choices = {std::move(element.value)}};
  return element;
}

// A decimal number exactly: mantissa × 10^-scale. False when it does not fit.
bool ToDecimal(const Value& value, int64_t& mantissa, int& scale) {
  std::string text = value::PythonText(value);
  scale = 0;
  const size_t e = text.find('e');
  if (e != std::string::npos) {
    scale = -std::atoi(text.c_str() + e + 1);
    text.resize(e);
  }
  const size_t dot = text.find('.');
  if (dot != std::string::npos) {
    scale += static_cast<int>(text.size() - dot - 1);
    text.erase(dot, 1);
  }
  return absl::SimpleAtoi(text, &mantissa) && std::abs(scale) <= 18;
}

// Brings a mantissa from its scale to a larger one.
bool Rescale(int64_t& mantissa, int from, int to) {
  for (; from < to; ++from) {
    if (__builtin_mul_overflow(mantissa, int64_t{10}, &mantissa)) return false;
  }
  return true;
}

struct RangeBounds {
  Value start = 0;
  Value stop;
  Value step = 1;
};

absl::StatusOr<RangeBounds> BoundsOf(std::vector<Argument>& arguments) {
  RangeBounds bounds;
  bool given[3] = {false, false, false};
  Value* slots[3] = {&bounds.start, &bounds.stop, &bounds.step};
  const absl::string_view names[3] = {"start", "stop", "step"};
  if (arguments.size() == 1 && arguments[0].name.empty()) arguments[0].name = "stop";
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i].name;
    const size_t slot = name.empty() ? i : static_cast<size_t>(std::find(names, names + 3, name) - names);
    if (slot >= 3) return Refuse("range() takes start, stop and step");
    if (given[slot]) return Refuse(absl::StrCat("range() got ", names[slot], " twice"));
    if (arguments[i].element.is_sweep || !arguments[i].element.value.is_number()) {
      return Refuse(absl::StrCat("range() needs a number as ", names[slot]));
    }
    given[slot] = true;
    *slots[slot] = std::move(arguments[i].element.value);
  }
  if (!given[1]) return Refuse("range() needs a stop");
  return bounds;
}

// Exact in decimals, as Hydra does: range(0.1,0.5,0.1) has 0.3, not 0.30000000000000004. Half open.
absl::StatusOr<Element> Range(std::vector<Argument>& arguments) {
  ASSIGN_OR_RETURN(const RangeBounds bounds, BoundsOf(arguments));
  int64_t at = 0, stop = 0, step = 0;
  int scales[3];
  if (!ToDecimal(bounds.start, at, scales[0]) || !ToDecimal(bounds.stop, stop, scales[1]) ||
      !ToDecimal(bounds.step, step, scales[2])) {
    return Refuse("range() needs finite numbers of at most 18 digits");
  }
  const int scale = std::max({scales[0], scales[1], scales[2], 0});
  if (!Rescale(at, scales[0], scale) || !Rescale(stop, scales[1], scale) || !Rescale(step, scales[2], scale)) {
    return Refuse("range() needs finite numbers of at most 18 digits");
  }
  if (step == 0) return Refuse("range() with step 0 never ends");
  const bool floats = bounds.start.is_float() || bounds.stop.is_float() || bounds.step.is_float();
  Element sweep;
  sweep.is_sweep = true;
  while (step > 0 ? at < stop : at > stop) {
    if (sweep.choices.size() >= kMostGridPoints) {
      return Refuse(absl::StrCat("range() has more than ", kMostGridPoints, " values"));
    }
    // Through text, since at / 10^scale would round twice.
    sweep.choices.push_back(floats ? Value(std::strtod(absl::StrCat(at, "e", -scale).c_str(), nullptr)) : Value(at));
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  if (sweep.choices.empty()) return Refuse("range() has no values");
  return sweep;
}

absl::Status SortValues(std::vector<Value>& values, bool reverse) {
  const bool numbers = std::all_of(values.begin(), values.end(), [](const Value& v) { return v.is_number(); });
  const bool strings = std::all_of(values.begin(), values.end(), [](const Value& v) { return v.is_string(); });
  if (!numbers && !strings) return Refuse("sort() needs only numbers or only strings");
  const auto less = [&](const Value& a, const Value& b) {
    if (strings) return *a.string() < *b.string();
    double left = 0, right = 0;
    a.AsDouble(&left);
    b.AsDouble(&right);
    return left < right;
  };
  std::stable_sort(values.begin(), values.end(),
                   [&](const Value& a, const Value& b) { return reverse ? less(b, a) : less(a, b); });
  return absl::OkStatus();
}

absl::StatusOr<Element> Sort(std::vector<Argument>& arguments) {
  bool reverse = false;
  if (!arguments.empty() && arguments.back().name == "reverse") {
    const bool* flag = arguments.back().element.value.boolean();
    if (!flag) return Refuse("sort() needs true or false as reverse");
    reverse = *flag;
    arguments.pop_back();
  }
  ASSIGN_OR_RETURN(Element element, Together("sort", arguments));
  if (element.is_sweep) {
    RETURN_IF_ERROR(SortValues(element.choices, reverse));
  } else if (value::List* list = element.value.list()) {
    RETURN_IF_ERROR(SortValues(*list, reverse));
  }
  return element;
}

// Tags speak to optimizers; here they are dropped.
absl::StatusOr<Element> Tag(std::vector<Argument>& arguments) {
  if (arguments.empty() || !arguments.back().element.is_sweep)
    return Refuse("tag() needs a sweep as its last argument");
  return std::move(arguments.back().element);
}

absl::StatusOr<Value> CastInt(const Value& value) {
  if (value.is_int()) return value;
  if (const bool* b = value.boolean()) return Value(*b ? 1 : 0);
  if (const double* d = value.number()) {
    if (!(std::abs(*d) < 9e18)) return Refuse("int() cannot hold that number");
    return Value(static_cast<int64_t>(*d));
  }
  if (const std::string* s = value.string()) {
    const Value typed = TypedText(absl::StripAsciiWhitespace(*s));
    if (typed.is_int()) return typed;
  }
  return Refuse(absl::StrCat("'", value::PythonText(value), "' is not an int"));
}

absl::StatusOr<Value> CastFloat(const Value& value) {
  double number = 0;
  if (value.AsDouble(&number)) return Value(number);
  if (const std::string* s = value.string()) {
    if (TypedText(absl::StripAsciiWhitespace(*s)).AsDouble(&number)) return Value(number);
  }
  return Refuse(absl::StrCat("'", value::PythonText(value), "' is not a float"));
}

absl::StatusOr<Value> CastBool(const Value& value) {
  double number = 0;
  if (value.AsDouble(&number)) return Value(number != 0);
  if (const std::string* s = value.string()) {
    if (absl::EqualsIgnoreCase(*s, "true")) return Value(true);
    if (absl::EqualsIgnoreCase(*s, "false")) return Value(false);
  }
  return Refuse(absl::StrCat("'", value::PythonText(value), "' is not a bool"));
}

absl::StatusOr<Value> CastStr(const Value& value) {
  if (value.is_null()) return Refuse("str() of null");
  if (const bool* b = value.boolean()) return Value(*b ? "true" : "false");
  return Value(value::PythonText(value));
}

using Cast = absl::StatusOr<Value> (*)(const Value&);

// Over the items of lists and the values of dicts.
absl::StatusOr<Value> CastAll(const Value& value, Cast cast) {
  if (const value::List* list = value.list()) {
    value::List out;
    for (const Value& item : *list) {
      ASSIGN_OR_RETURN(Value casted, CastAll(item, cast));
      out.push_back(std::move(casted));
    }
    return Value(std::move(out));
  }
  if (const value::Map* map = value.map()) {
    value::Map out;
    for (const auto& [key, item] : *map) {
      ASSIGN_OR_RETURN(Value casted, CastAll(item, cast));
      out.Set(key, std::move(casted));
    }
    return Value(std::move(out));
  }
  return cast(value);
}

absl::StatusOr<Element> CastElement(absl::string_view name, std::vector<Argument>& arguments, Cast cast) {
  ASSIGN_OR_RETURN(Element element, Together(name, arguments));
  if (!element.is_sweep) {
    ASSIGN_OR_RETURN(element.value, CastAll(element.value, cast));
  }
  for (Value& choice : element.choices) {
    ASSIGN_OR_RETURN(choice, CastAll(choice, cast));
  }
  return element;
}

// Digits with single underscores between them, without leading zeros: Hydra's unsigned int.
bool ConsumeUnsigned(absl::string_view& text) {
  const auto digit = [&](size_t i) {
    return i < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[i]));
  };
  if (!digit(0)) return false;
  size_t size = 1;
  if (text[0] != '0') {
    while (digit(size) || (size < text.size() && text[size] == '_' && digit(size + 1))) ++size;
  }
  text.remove_prefix(size);
  return true;
}

// The same, leading zeros allowed: behind the point and in exponents.
bool ConsumeDigits(absl::string_view& text) {
  const auto digit = [&](size_t i) {
    return i < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[i]));
  };
  if (!digit(0)) return false;
  size_t size = 1;
  while (digit(size) || (size < text.size() && text[size] == '_' && digit(size + 1))) ++size;
  text.remove_prefix(size);
  return true;
}

void ConsumeSign(absl::string_view& text) {
  if (!absl::ConsumePrefix(&text, "+")) absl::ConsumePrefix(&text, "-");
}

bool IsInt(absl::string_view text) {
  ConsumeSign(text);
  return ConsumeUnsigned(text) && text.empty();
}

bool IsFloat(absl::string_view text) {
  ConsumeSign(text);
  if (absl::EqualsIgnoreCase(text, "inf") || absl::EqualsIgnoreCase(text, "nan")) return true;
  const bool whole = ConsumeUnsigned(text);
  const bool point = absl::ConsumePrefix(&text, ".");
  const bool fraction = point && ConsumeDigits(text);
  if (!whole && !fraction) return false;
  if (text.empty()) return point;
  if (!absl::ConsumePrefix(&text, "e") && !absl::ConsumePrefix(&text, "E")) return false;
  ConsumeSign(text);
  return ConsumeDigits(text) && text.empty();
}

}  // namespace

bool IsFunction(absl::string_view name) {
  for (absl::string_view known :
       {"choice", "range", "sort", "shuffle", "tag", "interval", "glob", "int", "float", "str", "bool"}) {
    if (name == known) return true;
  }
  return false;
}

absl::StatusOr<Element> CallFunction(absl::string_view name, std::vector<Argument> arguments) {
  if (name == "choice") return Choice(arguments);
  if (name == "range") return Range(arguments);
  if (name == "sort") return Sort(arguments);
  if (name == "tag") return Tag(arguments);
  if (name == "int") return CastElement(name, arguments, CastInt);
  if (name == "float") return CastElement(name, arguments, CastFloat);
  if (name == "str") return CastElement(name, arguments, CastStr);
  if (name == "bool") return CastElement(name, arguments, CastBool);
  return Refuse(absl::StrCat(name, "() is not supported"));
}

Value TypedText(absl::string_view text) {
  if (absl::EqualsIgnoreCase(text, "null")) return Value();
  if (absl::EqualsIgnoreCase(text, "true")) return true;
  if (absl::EqualsIgnoreCase(text, "false")) return false;
  std::string number = absl::StrReplaceAll(text, {{"_", ""}});
  if (IsInt(text)) {
    int64_t small = 0;
    if (number[0] == '+') number.erase(0, 1);
    return absl::SimpleAtoi(number, &small) ? Value(small) : Value(value::BigInt{number});
  }
  if (IsFloat(text)) return std::strtod(number.c_str(), nullptr);
  return text;
}

}  // namespace expq::params
