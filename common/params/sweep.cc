#include "common/params/sweep.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/params/override_lexer.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;
using Kind = Element::Kind;

absl::Status Refuse(absl::string_view what) { return absl::InvalidArgumentError(what); }

Element SimpleChoice(std::vector<Value> choices) {
  Element out;
  out.kind = Kind::kChoice;
  out.simple = true;
  out.choices = std::move(choices);
  return out;
}

// Takes the argument out of the named ones; null when it is not there.
absl::StatusOr<Element> TakeNamed(Arguments& arguments, absl::string_view name, bool* found) {
  Element out;
  *found = false;
  for (auto it = arguments.named.begin(); it != arguments.named.end();) {
    if (it->name != name) {
      ++it;
      continue;
    }
    *found = true;
    out = std::move(it->element);
    it = arguments.named.erase(it);
  }
  return out;
}

absl::Status NoMoreNames(absl::string_view function, const Arguments& arguments) {
  if (arguments.named.empty()) return absl::OkStatus();
  return Refuse(absl::StrCat(function, "() has no argument named '", arguments.named[0].name, "'"));
}

// Several plain values as a choice.
absl::StatusOr<Element> ChoiceOf(absl::string_view function, std::vector<Element>& elements) {
  std::vector<Value> values;
  for (Element& element : elements) {
    if (element.is_sweep()) return Refuse(absl::StrCat("a sweep inside of ", function, "(…, …)"));
    values.push_back(std::move(element.value));
  }
  return SimpleChoice(std::move(values));
}

absl::Status RefuseNulls(absl::string_view function, const std::vector<Element>& elements) {
  for (const Element& element : elements) {
    if (!element.is_sweep() && element.value.is_null()) return Refuse(absl::StrCat(function, "() does not take null"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Element> Choice(Arguments& arguments) {
  RETURN_IF_ERROR(NoMoreNames("choice", arguments));
  RETURN_IF_ERROR(RefuseNulls("choice", arguments.positional));
  if (arguments.positional.empty()) return Refuse("choice() needs an argument");
  Element& first = arguments.positional[0];
  const bool alone = arguments.positional.size() == 1;
  if (alone && first.kind == Kind::kChoice && first.simple) {
    first.simple = false;
    return std::move(first);
  }
  ASSIGN_OR_RETURN(Element out, ChoiceOf("choice", arguments.positional));
  out.simple = false;
  return out;
}

absl::StatusOr<Element> Range(Arguments& arguments) {
  const absl::string_view names[3] = {"start", "stop", "step"};
  if (arguments.positional.size() > 3) return Refuse("range() takes start, stop and step");
  Element out;
  out.kind = Kind::kRange;
  out.step = 1;
  Value* slots[3] = {&out.start, &out.stop, &out.step};
  for (size_t i = 0; i < 3; ++i) {
    bool named = false;
    ASSIGN_OR_RETURN(Element element, TakeNamed(arguments, names[i], &named));
    const bool positional = i < arguments.positional.size();
    if (named && positional) return Refuse(absl::StrCat("range() got ", names[i], " twice"));
    if (!named && !positional) continue;
    if (positional) element = std::move(arguments.positional[i]);
    if (element.value.boolean()) element.value = *element.value.boolean() ? 1 : 0;
    const bool no_stop = i == 1 && !element.is_sweep() && element.value.is_null();
    if (element.is_sweep() || (!element.value.is_number() && !no_stop)) {
      return Refuse(absl::StrCat("range() needs a number as ", names[i]));
    }
    *slots[i] = std::move(element.value);
  }
  RETURN_IF_ERROR(NoMoreNames("range", arguments));
  if (out.start.is_null()) return Refuse("range() needs a stop");
  if (out.stop.is_null()) {
    out.stop = std::move(out.start);
    out.start = 0;
  }
  return out;
}

bool Less(const Value& a, const Value& b) {
  if (a.is_string()) return *a.string() < *b.string();
  double left = 0, right = 0;
  a.AsDouble(&left);
  b.AsDouble(&right);
  return left < right;
}

absl::Status SortValues(std::vector<Value>& values, bool reverse) {
  const bool quoted = std::any_of(values.begin(), values.end(), IsQuoted);
  if (quoted && values.size() > 1) return Refuse("sort() cannot compare what stands quoted in a list");
  const auto is_number = [](const Value& v) { return v.is_number() || v.is_bool(); };
  const bool numbers = std::all_of(values.begin(), values.end(), is_number);
  const bool strings = std::all_of(values.begin(), values.end(), [](const Value& v) { return v.is_string(); });
  if (values.size() > 1 && !numbers && !strings) return Refuse("sort() needs only numbers or only strings");
  if (values.size() < 2) return absl::OkStatus();
  std::stable_sort(values.begin(), values.end(),
                   [&](const Value& a, const Value& b) { return reverse ? Less(b, a) : Less(a, b); });
  return absl::OkStatus();
}

// Exact sums of numbers; a float as soon as one of them is.
absl::StatusOr<Value> Sum(const Value& a, const Value& b, bool minus) {
  const int64_t* x = a.int64();
  const int64_t* y = b.int64();
  if (x && y) {
    int64_t sum = 0;
    const bool over = minus ? __builtin_sub_overflow(*x, *y, &sum) : __builtin_add_overflow(*x, *y, &sum);
    if (!over) return Value(sum);
    return Refuse("range() needs smaller numbers");
  }
  double left = 0, right = 0;
  a.AsDouble(&left);
  b.AsDouble(&right);
  return Value(minus ? left - right : left + right);
}

// A range is sorted by turning it round, from the step before its end to the step before its start.
absl::Status SortRange(Element& range, bool reverse) {
  const bool turn = reverse ? Less(range.start, range.stop) : Less(range.stop, range.start);
  if (!turn) return absl::OkStatus();
  const Value zero = 0;
  ASSIGN_OR_RETURN(const Value opposite, Sum(zero, range.step, /*minus=*/true));
  const Value step = Less(range.step, zero) ? opposite : range.step;
  ASSIGN_OR_RETURN(Value start, Sum(range.stop, step, reverse));
  ASSIGN_OR_RETURN(range.stop, Sum(range.start, step, reverse));
  range.start = std::move(start);
  range.step = opposite;
  return absl::OkStatus();
}

absl::StatusOr<Element> SortElement(Element element, bool reverse) {
  if (element.kind == Kind::kRange) {
    RETURN_IF_ERROR(SortRange(element, reverse));
  } else if (element.kind == Kind::kChoice) {
    RETURN_IF_ERROR(SortValues(element.choices, reverse));
  } else if (value::List* list = element.value.list()) {
    RETURN_IF_ERROR(SortValues(*list, reverse));
  }
  return element;
}

// `list=` and `sweep=` of sort and shuffle; true when one of them was there.
absl::StatusOr<bool> TakeSubject(absl::string_view function, Arguments& arguments, Element& subject) {
  bool has_list = false, has_sweep = false;
  ASSIGN_OR_RETURN(Element list, TakeNamed(arguments, "list", &has_list));
  ASSIGN_OR_RETURN(Element sweep, TakeNamed(arguments, "sweep", &has_sweep));
  RETURN_IF_ERROR(NoMoreNames(function, arguments));
  if (has_list && (list.is_sweep() || !list.value.is_list())) return Refuse("list= needs a list");
  if (has_sweep && !sweep.is_sweep()) return Refuse("sweep= needs a choice() or range()");
  if (has_list || has_sweep) subject = has_list ? std::move(list) : std::move(sweep);
  return has_list || has_sweep;
}

absl::StatusOr<Element> Sort(Arguments& arguments) {
  bool has_reverse = false;
  ASSIGN_OR_RETURN(const Element reverse, TakeNamed(arguments, "reverse", &has_reverse));
  if (has_reverse && !reverse.value.boolean()) return Refuse("sort() needs true or false as reverse");
  const bool down = has_reverse && *reverse.value.boolean();
  Element subject;
  ASSIGN_OR_RETURN(const bool named, TakeSubject("sort", arguments, subject));
  RETURN_IF_ERROR(RefuseNulls("sort", arguments.positional));
  if (named) return SortElement(std::move(subject), down);
  if (arguments.positional.empty()) return Refuse("sort() needs an argument");
  if (arguments.positional.size() == 1) return SortElement(std::move(arguments.positional[0]), down);
  ASSIGN_OR_RETURN(Element choice, ChoiceOf("sort", arguments.positional));
  return SortElement(std::move(choice), down);
}

void ShuffleValues(std::vector<Value>& values, random::Random& random) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.Below(i)]);
}

absl::StatusOr<Element> Shuffle(Arguments& arguments, random::Random& random) {
  Element subject;
  ASSIGN_OR_RETURN(const bool named, TakeSubject("shuffle", arguments, subject));
  RETURN_IF_ERROR(RefuseNulls("shuffle", arguments.positional));
  if (!named && arguments.positional.size() == 1) {
    subject = std::move(arguments.positional[0]);
    // Hydra makes a list of one out of anything else.
    if (!subject.is_sweep() && !subject.value.is_list()) subject.value = value::List{std::move(subject.value)};
  } else if (!named) {
    ASSIGN_OR_RETURN(subject, ChoiceOf("shuffle", arguments.positional));
  }
  subject.shuffled = subject.is_sweep();
  if (value::List* list = subject.value.list()) ShuffleValues(*list, random);
  return subject;
}

// Tags speak to optimizers; here they are dropped.
absl::StatusOr<Element> Tag(Arguments& arguments) {
  bool named = false;
  ASSIGN_OR_RETURN(Element sweep, TakeNamed(arguments, "sweep", &named));
  RETURN_IF_ERROR(NoMoreNames("tag", arguments));
  std::vector<Element>& tags = arguments.positional;
  if (tags.empty()) return Refuse("tag() needs a sweep as its last argument");
  if (!named) {
    sweep = std::move(tags.back());
    tags.pop_back();
  }
  if (!sweep.is_sweep()) return Refuse("tag() needs a sweep as its last argument");
  for (const Element& tag : tags) {
    if (tag.is_sweep() || !tag.value.is_string()) return Refuse("tag() needs strings before the sweep");
  }
  return sweep;
}

absl::StatusOr<Element> CastElement(absl::string_view type, Element element) {
  switch (element.kind) {
    case Kind::kValue: {
      ASSIGN_OR_RETURN(element.value, CastValue(type, element.value));
      break;
    }
    case Kind::kChoice:
      for (Value& choice : element.choices) {
        ASSIGN_OR_RETURN(choice, CastValue(type, choice));
      }
      element.shuffled = false;
      break;
    case Kind::kRange:
      if (type != "int" && type != "float") return Refuse("a range can only be cast to int or float");
      for (Value* bound : {&element.start, &element.stop, &element.step}) {
        ASSIGN_OR_RETURN(*bound, CastValue(type, *bound));
      }
      element.shuffled = false;
      break;
  }
  return element;
}

absl::StatusOr<Element> Cast(absl::string_view type, Arguments& arguments) {
  bool named = false;
  ASSIGN_OR_RETURN(Element value, TakeNamed(arguments, "value", &named));
  RETURN_IF_ERROR(NoMoreNames(type, arguments));
  named &= value.is_sweep() || !value.value.is_null();
  std::vector<Element>& positional = arguments.positional;
  if (named == !positional.empty()) return Refuse(absl::StrCat(type, "() needs one value"));
  if (positional.size() > 1) {
    ASSIGN_OR_RETURN(value, ChoiceOf(type, positional));
  } else if (!named) {
    value = std::move(positional[0]);
  }
  return CastElement(type, std::move(value));
}

}  // namespace

Value Quote(absl::string_view text) { return absl::StrCat(absl::string_view("\0", 1), text); }

bool IsQuoted(const Value& value) {
  return value.is_string() && absl::StartsWith(*value.string(), absl::string_view("\0", 1));
}

Value Unquote(const Value& value) {
  Value out = value;
  if (value::List* list = out.list()) {
    for (Value& item : *list) item = Unquote(item);
  } else if (value::Map* map = out.map()) {
    for (auto& [key, item] : *map) item = Unquote(item);
  } else if (IsQuoted(value)) {
    out = value.string()->substr(1);
  }
  return out;
}

bool IsFunction(absl::string_view name) {
  for (absl::string_view known :
       {"choice", "range", "sort", "shuffle", "tag", "interval", "glob", "int", "float", "str", "bool"}) {
    if (name == known) return true;
  }
  return false;
}

absl::StatusOr<Element> CallFunction(absl::string_view name, Arguments arguments, random::Random& random) {
  if (name == "choice") return Choice(arguments);
  if (name == "range") return Range(arguments);
  if (name == "sort") return Sort(arguments);
  if (name == "shuffle") return Shuffle(arguments, random);
  if (name == "tag") return Tag(arguments);
  if (name == "int" || name == "float" || name == "str" || name == "bool") return Cast(name, arguments);
  return Refuse(absl::StrCat(name, "() is not supported"));
}

Value TypedText(absl::string_view text) {
  const std::vector<Token> tokens = LexValue(text);
  return tokens.size() == 2 && tokens[0].kind != Token::Kind::kQuoted ? ValueOf(tokens[0]) : Value(text);
}

}  // namespace expq::params
