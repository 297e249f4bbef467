#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/yaml/source.h"

namespace expq::params {
namespace {

using value::Value;

// Python writes NaN and Infinity, which JSON does not have. Before parsing they become strings of a NUL and the word;
// no program writes such a string, so none is mistaken.
constexpr absl::string_view kSpecialMark("\\u0000", 6);

// Python itself stops near a thousand.
constexpr size_t kDeepest = 500;

// nlohmann's events straight into a Value: no tree in between.
class ValueBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  ValueBuilder(absl::string_view text, absl::string_view file) : text_(text), file_(file) {}

  absl::StatusOr<Value> Take() {
    if (!status_.ok()) return status_;
    return std::move(root_);
  }

  bool null() override { return Add(Value()); }
  bool boolean(bool b) override { return Add(b); }
  bool number_integer(number_integer_t i) override { return Add(Value(static_cast<int64_t>(i))); }
  bool number_unsigned(number_unsigned_t i) override {
    if (i <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return Add(Value(static_cast<int64_t>(i)));
    return Add(value::BigInt{absl::StrCat(i)});
  }
  bool number_float(number_float_t d, const std::string& written) override {
    if (written.find_first_of(".eE") == std::string::npos) return Add(value::BigInt{written});
    return Add(d);
  }
  bool string(std::string& s) override {
    if (s.empty() || s[0] != '\0') return Add(std::move(s));
    const double infinity = std::numeric_limits<double>::infinity();
    if (s.substr(1) == "NaN") return Add(std::nan(""));
    if (s.substr(1) == "Infinity") return Add(infinity);
    if (s.substr(1) == "-Infinity") return Add(-infinity);
    return Add(std::move(s));
  }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return Open(Value(value::Map())); }
  bool start_array(std::size_t) override { return Open(Value(value::List())); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(std::string& name) override {
    keys_.back() = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) override {
    const absl::string_view what = e.what();
    const size_t detail = what.find("syntax error");
    const size_t at = position == 0 ? 0 : std::min(position - 1, text_.size());
    status_ = yaml::ErrorAt(file_, yaml::MarkAt(text_, at),
                            absl::StrCat("not JSON: ", detail == absl::string_view::npos ? what : what.substr(detail)));
    return false;
  }

 private:
  bool Add(Value value) {
    Place(std::move(value));
    return true;
  }

  Value* Place(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (value::Map* map = open_.back()->map()) return &map->Set(keys_.back(), std::move(value));
    value::List* list = open_.back()->list();
    list->push_back(std::move(value));
    return &list->back();
  }

  bool Open(Value value) {
    if (open_.size() >= kDeepest) {
      status_ = absl::InvalidArgumentError(absl::StrCat(file_, ": nested deeper than ", kDeepest, " levels"));
      return false;
    }
    // Addresses stay: a container grows only while it is the innermost open one.
    open_.push_back(Place(std::move(value)));
    keys_.emplace_back();
    return true;
  }

  bool Close() {
    open_.pop_back();
    keys_.pop_back();
    return true;
  }

  absl::string_view text_;
  absl::string_view file_;
  Value root_;
  std::vector<Value*> open_;
  std::vector<std::string> keys_;
  absl::Status status_;
};

// The special number that begins at `at`, or "".
absl::string_view SpecialAt(absl::string_view text, size_t at) {
  for (absl::string_view word : {"NaN", "Infinity", "-Infinity"}) {
    if (absl::StartsWith(text.substr(at), word)) return word;
  }
  return "";
}

std::string WithSpecialsAsStrings(absl::string_view text) {
  std::string out;
  bool in_string = false;
  for (size_t at = 0; at < text.size();) {
    const absl::string_view special = in_string ? "" : SpecialAt(text, at);
    if (!special.empty()) {
      absl::StrAppend(&out, "\"", kSpecialMark, special, "\"");
      at += special.size();
      continue;
    }
    if (text[at] == '"') in_string = !in_string;
    if (in_string && text[at] == '\\' && at + 1 < text.size()) out += text[at++];
    out += text[at++];
  }
  return out;
}

}  // namespace

absl::StatusOr<Value> ParseJson(absl::string_view text, absl::string_view file) {
  std::string replaced;
  if (absl::StrContains(text, "NaN") || absl::StrContains(text, "Infinity")) {
    replaced = WithSpecialsAsStrings(text);
    text = replaced;
  }
  ValueBuilder builder(text, file);
  try {
    nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  } catch (const std::exception& e) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", e.what()));
  }
  return builder.Take();
}

}  // namespace expq::params
