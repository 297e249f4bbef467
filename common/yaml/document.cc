// From the written tree to values: tags, the core schema, aliases, merge keys.
#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/status/status.h"
#include "common/yaml/schema.h"
#include "common/yaml/source.h"
#include "common/yaml/yaml.h"

namespace expq::yaml {
namespace {

using value::Value;

// A document may be small and its aliases expand to billions of values; a params file has thousands.
constexpr size_t kMostValues = 2'000'000;
constexpr absl::string_view kCoreTag = "tag:yaml.org,2002:";

// Marks from offsets, without counting lines from the start every time, nor characters from the start of the line: a
// flow list may have a million items on one.
class LineIndex {
 public:
  explicit LineIndex(absl::string_view text) : text_(text) {
    for (size_t at = text.find('\n'); at != absl::string_view::npos; at = text.find('\n', at + 1)) {
      starts_.push_back(at + 1);
    }
  }

  Mark At(size_t offset) const {
    if (offset > text_.size()) return Mark{};
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const size_t start = *(next - 1);
    const bool onwards = last_at_ >= start && last_at_ <= offset;
    const size_t from = onwards ? last_at_ : start;
    const Mark there = MarkAt(text_.substr(from), offset - from);
    last_.column = onwards && from != start ? last_.column + there.column - 1 : there.column;
    last_.line = static_cast<int>(next - starts_.begin());
    last_at_ = offset;
    return last_;
  }

 private:
  absl::string_view text_;
  std::vector<size_t> starts_ = {0};
  // The mark that was asked for last: the next one mostly follows on the same line.
  mutable size_t last_at_ = 0;
  mutable Mark last_ = {.line = 1, .column = 1};
};

size_t CountValues(const Value& value) {
  size_t count = 1;
  if (const value::List* list = value.list()) {
    for (const Value& item : *list) count += CountValues(item);
  } else if (const value::Map* map = value.map()) {
    for (const auto& [key, item] : *map) count += CountValues(item);
  }
  return count;
}

class Resolver {
 public:
  Resolver(absl::string_view text, absl::string_view file) : lines_(text), file_(file) {}

  absl::StatusOr<Document> Resolve(const Node& root) {
    ASSIGN_OR_RETURN(document_.root, ValueOf(root));
    return std::move(document_);
  }

 private:
  absl::Status Error(const Node& at, absl::string_view what) const {
    return ErrorAt(file_, lines_.At(at.properties), what);
  }

  absl::StatusOr<Value> ValueOf(const Node& node) {
    if (node.kind == Node::Kind::kAlias) return Alias(node);
    absl::StatusOr<Value> value = node.kind == Node::Kind::kMap    ? MapOf(node)
                                  : node.kind == Node::Kind::kList ? ListOf(node)
                                                                   : ScalarOf(node);
    if (value.ok() && node.anchor != 0) anchors_[node.anchor] = *value;
    return value;
  }

  absl::StatusOr<Value> Alias(const Node& node) {
    const auto target = anchors_.find(node.anchor);
    if (target == anchors_.end()) return Error(node, "the alias stands inside of what it means");
    values_ += CountValues(target->second);
    if (values_ > kMostValues) return Error(node, "the aliases expand to more than 2 million values");
    return target->second;
  }

  // A lone ! says nothing to ruamel.
  static bool HasTypeTag(const Node& node) { return node.tagged && !node.tag.empty() && node.tag != "!"; }

  absl::StatusOr<Value> ListOf(const Node& node) {
    if (HasTypeTag(node) && node.tag != absl::StrCat(kCoreTag, "seq")) return UnknownTag(node);
    value::List list;
    list.reserve(node.items.size());
    for (const Node& item : node.items) {
      const bool skipped = node.style == Node::Style::kFlow && item.style == Node::Style::kEmpty;
      if (skipped && !item.tagged && item.anchor == 0) return Error(item, "a value is missing before the comma");
      path_.push_back(absl::StrCat(list.size()));
      Remember(item);
      ASSIGN_OR_RETURN(Value value, ValueOf(item));
      path_.pop_back();
      list.push_back(std::move(value));
    }
    return Value(std::move(list));
  }

  absl::StatusOr<Value> MapOf(const Node& node) {
    if (HasTypeTag(node) && node.tag != absl::StrCat(kCoreTag, "map")) return UnknownTag(node);
    value::Map map;
    value::Map own;
    bool merged = false;
    absl::flat_hash_set<double> numbers;  // 1, 1.0 and true are one key
    for (const auto& [key, item] : node.entries) {
      if (IsMergeKey(key)) {
        if (merged) return Error(key, "duplicate key '<<'");
        merged = true;
        RETURN_IF_ERROR(Merge(item, map));
        continue;
      }
      ASSIGN_OR_RETURN(value::Key name, KeyOf(key));
      double number = 0;
      const bool is_number = !name.is_text() && name.value().AsDouble(&number) && !std::isnan(number);
      const value::Map::Entry* there = own.FindEntry(name);
      if (there && there->first.is_text() != name.is_text()) return Error(key, OneKey(name));
      if (there || (is_number && !numbers.insert(number).second)) {
        return Error(key, absl::StrCat("duplicate key '", name, "'"));
      }
      path_.push_back(name);
      Remember(key);
      ASSIGN_OR_RETURN(Value value, ValueOf(item));
      path_.pop_back();
      own.Set(name, std::move(value));
    }
    if (!merged) return Value(std::move(own));
    // As ruamel does: merged keys come first, own ones override them in place.
    for (auto& [name, value] : own) RETURN_IF_ERROR(Override(node, name, std::move(value), map));
    return Value(std::move(map));
  }

  // The key of `map` that Python takes for `key` (1, 1.0 and true are one), else `key` itself.
  static value::Key SameKey(const value::Map& map, const value::Key& key) {
    double number = 0;
    if (key.is_text() || map.Find(key) || !key.value().AsDouble(&number)) return key;
    for (const auto& [other, value] : map) {
      double known = 0;
      if (!other.is_text() && other.value().AsDouble(&known) && known == number) return other;
    }
    return key;
  }

  // What is merged first wins, but ruamel has its keys behind those of the others.
  absl::Status Merge(const Node& item, value::Map& into) {
    ASSIGN_OR_RETURN(Value source, ValueOf(item));
    value::List maps = source.list() ? std::move(*source.list()) : value::List{std::move(source)};
    std::reverse(maps.begin(), maps.end());
    for (Value& each : maps) {
      if (!each.map()) return Error(item, "a merge key (<<) needs a map or a list of maps");
      for (auto& [name, value] : *each.map()) RETURN_IF_ERROR(Override(item, name, std::move(value), into));
    }
    return absl::OkStatus();
  }

  absl::Status Override(const Node& at, const value::Key& name, Value value, value::Map& map) {
    const value::Key key = SameKey(map, name);
    const value::Map::Entry* there = map.FindEntry(key);
    if (there && there->first.is_text() != key.is_text()) return Error(at, OneKey(name));
    map.Set(key, std::move(value));
    return absl::OkStatus();
  }

  static std::string OneKey(const value::Key& name) {
    return absl::StrCat("the text '", name, "' and the value ", name, " are one key here");
  }

  absl::StatusOr<value::Key> KeyOf(const Node& key) {
    if (key.kind == Node::Kind::kScalar && key.style == Node::Style::kPlain && key.text == "=") {
      return value::Key("=");
    }
    ASSIGN_OR_RETURN(const Value value, ValueOf(key));
    if (value.is_map() || value.is_list()) return Error(key, "a map or list as key is not supported");
    return value::Key::Of(value);
  }

  absl::StatusOr<Value> ScalarOf(const Node& node) {
    if (++values_ > kMostValues) return Error(node, "more than 2 million values");
    const bool written = node.style != Node::Style::kEmpty;
    if (HasTypeTag(node)) return Tagged(node);
    if (!written) return Value();
    if (node.style != Node::Style::kPlain) return Value(node.text);
    const Meaning meaning = MeaningOf(node.text);
    if (meaning == Meaning::kMerge || meaning == Meaning::kDefault) {
      return Error(node, absl::StrCat("'", node.text, "' needs quotes as a value"));
    }
    return ResolvePlain(node.text);
  }

  absl::StatusOr<Value> Tagged(const Node& node) {
    if (node.tag == absl::StrCat(kCoreTag, "str")) return Value(node.text);
    const Value value = ResolvePlain(node.text);
    const std::pair<absl::string_view, bool> fits[] = {
        {"int", value.is_int()},
        {"float", value.is_number()},
        {"bool", value.is_bool()},
        {"null", value.is_null()},
        {"timestamp", std::holds_alternative<value::Date>(value.variant())},
    };
    for (const auto& [name, fit] : fits) {
      if (node.tag != absl::StrCat(kCoreTag, name)) continue;
      if (!fit) return Error(node, absl::StrCat("'", node.text, "' is not of its tag's type ", name));
      double number = 0;
      return name == "float" && value.AsDouble(&number) ? Value(number) : value;
    }
    return UnknownTag(node);
  }

  absl::Status UnknownTag(const Node& node) const {
    absl::string_view tag = node.tag;
    const bool core = absl::ConsumePrefix(&tag, kCoreTag);
    return Error(node, absl::StrCat("unknown tag '", core ? "!!" : "", tag, "'"));
  }

  void Remember(const Node& node) { document_.marks[absl::StrJoin(path_, "\x1f")] = lines_.At(node.properties); }

  LineIndex lines_;
  std::string file_;
  absl::flat_hash_map<int, Value> anchors_;
  std::vector<std::string> path_;
  size_t values_ = 0;
  Document document_;
};

}  // namespace

bool IsMergeKey(const Node& key) {
  return key.kind == Node::Kind::kScalar && key.style == Node::Style::kPlain && !key.tagged && key.text == "<<";
}

std::string KeyName(const Node& key) {
  if (key.kind != Node::Kind::kScalar || IsMergeKey(key)) return "";
  const bool typed = key.style == Node::Style::kPlain && !key.tagged;
  return typed ? value::PythonText(ResolvePlain(key.text)) : key.text;
}

Mark Document::At(const std::vector<std::string>& path) const {
  const auto found = marks.find(absl::StrJoin(path, "\x1f"));
  return found == marks.end() ? Mark{} : found->second;
}

absl::StatusOr<Document> ToDocument(const Node& root, absl::string_view text, absl::string_view file) {
  return Resolver(text, file).Resolve(root);
}

absl::StatusOr<Document> Parse(absl::string_view text, absl::string_view file) {
  ASSIGN_OR_RETURN(const Node root, ParseSource(text, file));
  return ToDocument(root, text, file);
}

}  // namespace expq::yaml
