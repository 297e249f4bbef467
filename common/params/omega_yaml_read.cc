#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <regex>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/params/omega_yaml.h"
#include "common/status/status.h"
#include "common/yaml/source.h"

namespace expq::params {
namespace {

using value::Value;
using yaml::Node;

// No number is longer, and a regular expression's recursion stays small.
constexpr size_t kLongestNumber = 200;

bool Matches(absl::string_view text, const std::regex& pattern) {
  return text.size() <= kLongestNumber && std::regex_match(text.begin(), text.end(), pattern);
}

bool IsInt(absl::string_view text) {
  static const std::regex* const kInt = new std::regex(
      "[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+");
  return Matches(text, *kInt);
}

// OmegaConf's pattern and PyYAML's own.
bool IsFloat(absl::string_view text) {
  static const std::regex* const kFloat = new std::regex(
      "[-+]?[0-9]+(?:_[0-9]+)*\\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)|"
      "\\.[0-9]+(?:_[0-9]+)*(?:[eE][-+][0-9]+)?|[-+]?[0-9]+(?:_[0-9]+)*(?::[0-5]?[0-9])+\\.[0-9_]*|"
      "[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)|[-+]?(?:[0-9][0-9_]*)\\.[0-9_]*(?:[eE][-+][0-9]+)?|"
      "\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?");
  return Matches(text, *kFloat);
}

// 1:30:00 counts in sixties.
double Sixties(absl::string_view text) {
  double out = 0;
  for (absl::string_view part : absl::StrSplit(text, ':')) {
    double number = 0;
    (void)absl::SimpleAtod(part, &number);
    out = out * 60 + number;
  }
  return out;
}

Value IntOf(absl::string_view written) {
  std::string text = absl::StrReplaceAll(written, {{"_", ""}});
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.erase(0, 1);
  if (absl::StrContains(text, ':')) return static_cast<int64_t>(negative ? -Sixties(text) : Sixties(text));
  const bool binary = absl::StartsWith(text, "0b"), hex = absl::StartsWith(text, "0x");
  const int base = binary ? 2 : hex ? 16 : text[0] == '0' ? 8 : 10;
  if (base == 10) {
    int64_t number = 0;
    if (negative) text.insert(0, "-");
    return absl::SimpleAtoi(text, &number) ? Value(number) : Value(value::BigInt{text});
  }
  const uint64_t number = std::strtoull(text.c_str() + (binary || hex ? 2 : 0), nullptr, base);
  return negative ? -static_cast<int64_t>(number) : static_cast<int64_t>(number);
}

Value FloatOf(absl::string_view written) {
  std::string text = absl::AsciiStrToLower(absl::StrReplaceAll(written, {{"_", ""}}));
  const double sign = text[0] == '-' ? -1 : 1;
  if (text[0] == '-' || text[0] == '+') text.erase(0, 1);
  if (text == ".inf") return sign * std::numeric_limits<double>::infinity();
  if (text == ".nan") return std::nan("");
  if (absl::StrContains(text, ':')) return sign * Sixties(text);
  return sign * std::strtod(text.c_str(), nullptr);
}

class OmegaReader {
 public:
  OmegaReader(absl::string_view text, absl::string_view file) : text_(text), file_(file) {}

  absl::StatusOr<Value> Read(const Node& node) {
    Value out;
    switch (node.kind) {
      case Node::Kind::kScalar: {
        ASSIGN_OR_RETURN(out, Scalar(node));
        break;
      }
      case Node::Kind::kAlias: {
        const auto anchor = anchors_.find(node.anchor);
        if (anchor == anchors_.end()) return Error(node, "an alias inside of what it means");
        return anchor->second;
      }
      case Node::Kind::kList: {
        value::List list;
        for (const Node& item : node.items) {
          ASSIGN_OR_RETURN(Value value, Read(item));
          list.push_back(std::move(value));
        }
        out = std::move(list);
        break;
      }
      case Node::Kind::kMap: {
        ASSIGN_OR_RETURN(out, Map(node));
        break;
      }
    }
    if (node.anchor != 0) anchors_[node.anchor] = out;
    return out;
  }

 private:
  absl::Status Error(const Node& node, absl::string_view what) const {
    return yaml::ErrorAt(file_, yaml::MarkAt(text_, node.begin), what);
  }

  absl::StatusOr<Value> Scalar(const Node& node) const {
    const bool plain = node.style == Node::Style::kPlain || node.style == Node::Style::kEmpty;
    if (!node.tagged) {
      if (plain && node.text == "=") return Error(node, "'=' as a value must be quoted");
      return plain ? OmegaPlain(node.text) : Value(node.text);
    }
    const absl::string_view tag = absl::StripPrefix(node.tag, "tag:yaml.org,2002:");
    if (tag == "str" || node.tag == "!") return Value(node.text);
    const Value value = OmegaPlain(node.text);
    if (tag == "float" && value.is_int()) return FloatOf(node.text);
    const bool fits = (tag == "int" && value.is_int()) || (tag == "float" && value.is_float()) ||
                      (tag == "bool" && value.is_bool()) || (tag == "null" && value.is_null());
    if (fits) return value;
    return Error(node, absl::StrCat("tag '", node.tag, "' is not supported"));
  }

  // What is merged comes first, and the map's own entries win.
  absl::StatusOr<Value> Map(const Node& node) {
    value::Map merged, own;
    for (const Node::Entry& entry : node.entries) {
      if (yaml::IsMergeKey(entry.key)) {
        RETURN_IF_ERROR(Merge(entry.value, merged));
        continue;
      }
      if (entry.key.kind != Node::Kind::kScalar) return Error(entry.key, "this key is not supported");
      ASSIGN_OR_RETURN(const Value key, Scalar(entry.key));
      if (key.is_null()) return Error(entry.key, "a key cannot be null");
      const value::Key name = value::Key::Of(key);
      if (own.Find(name) != nullptr) return Error(entry.key, absl::StrCat("duplicate key '", name, "'"));
      ASSIGN_OR_RETURN(Value value, Read(entry.value));
      own.Set(name, std::move(value));
    }
    for (auto& [name, value] : own) merged.Set(name, std::move(value));
    return Value(std::move(merged));
  }

  absl::Status Merge(const Node& node, value::Map& into) {
    ASSIGN_OR_RETURN(const Value read, Read(node));
    std::vector<const value::Map*> maps;
    if (read.map()) maps.push_back(read.map());
    for (size_t i = read.list() ? read.list()->size() : 0; i > 0; --i) maps.push_back((*read.list())[i - 1].map());
    if (maps.empty()) return Error(node, "only maps can be merged");
    for (const value::Map* map : maps) {
      if (map == nullptr) return Error(node, "only maps can be merged");
      for (const auto& [name, value] : *map) into.Set(name, value);
    }
    return absl::OkStatus();
  }

  absl::string_view text_;
  absl::string_view file_;
  std::map<int, Value> anchors_;
};

}  // namespace

Value OmegaPlain(absl::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return Value();
  for (absl::string_view word : {"yes", "no", "true", "false", "on", "off"}) {
    if (!absl::EqualsIgnoreCase(text, word)) continue;
    const std::string lower = absl::AsciiStrToLower(text), upper = absl::AsciiStrToUpper(text);
    const std::string capital = absl::StrCat(upper.substr(0, 1), lower.substr(1));
    if (text != lower && text != upper && text != capital) return text;
    return word == "yes" || word == "true" || word == "on";
  }
  if (IsFloat(text)) return FloatOf(text);
  if (IsInt(text)) return IntOf(text);
  return text;
}

absl::StatusOr<Value> ReadOmegaYaml(absl::string_view text, absl::string_view file) {
  ASSIGN_OR_RETURN(const Node root, yaml::ParseSource(text, file));
  ASSIGN_OR_RETURN(Value value, OmegaReader(text, file).Read(root));
  if (value.is_null()) return Value(value::Map());
  return value;
}

}  // namespace expq::params
