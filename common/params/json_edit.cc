// Where everything stands in a JSON text, and how JSON writes.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/params/source_edit.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;

// Reads a text that ParseJson took, so it need not find mistakes; it only must end.
class JsonReader {
 public:
  JsonReader(absl::string_view text, absl::string_view file) : text_(text), file_(file) {}

  absl::StatusOr<SourceNode> Root() {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
    return Node();
  }

 private:
  char Next() {
    while (at_ < text_.size() && absl::ascii_isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  absl::StatusOr<SourceNode> Node() {
    SourceNode node;
    node.open = Next();
    node.span.begin = at_;
    if (node.open == '{') {
      RETURN_IF_ERROR(Object(node));
    } else if (node.open == '[') {
      RETURN_IF_ERROR(Array(node));
    } else if (node.open == '"') {
      String();
    } else {
      node.open = '\0';
      at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
      if (at_ == node.span.begin) return absl::InvalidArgumentError(absl::StrCat(file_, ": not JSON"));
    }
    node.span.end = at_;
    return node;
  }

  std::string String() {
    const size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_ + 1, text_.size());
    const auto parsed = ParseJson(text_.substr(begin, at_ - begin), file_);
    return parsed.ok() && parsed->is_string() ? *parsed->string() : "";
  }

  absl::Status Object(SourceNode& node) {
    node.kind = SourceNode::Kind::kMap;
    ++at_;
    while (Next() != '}' && at_ < text_.size()) {
      SourceNode::Entry entry;
      entry.key.begin = at_;
      entry.name = String();
      entry.key.end = at_;
      Next();
      ++at_;  // the colon
      ASSIGN_OR_RETURN(entry.value, Node());
      node.entries.push_back(std::move(entry));
      if (Next() == ',') ++at_;
    }
    ++at_;
    return absl::OkStatus();
  }

  absl::Status Array(SourceNode& node) {
    node.kind = SourceNode::Kind::kList;
    ++at_;
    while (Next() != ']' && at_ < text_.size()) {
      ASSIGN_OR_RETURN(SourceNode item, Node());
      node.items.push_back(std::move(item));
      if (Next() == ',') ++at_;
    }
    ++at_;
    return absl::OkStatus();
  }

  absl::string_view text_;
  absl::string_view file_;
  size_t at_ = 0;
};

class Json : public Dialect {
 public:
  absl::StatusOr<Value> Parse(absl::string_view text, absl::string_view file) const override {
    return ParseJson(text, file);
  }
  absl::StatusOr<SourceNode> Read(absl::string_view text, absl::string_view file) const override {
    return JsonReader(text, file).Root();
  }
  absl::StatusOr<std::string> Text(const Value& value, const SourceNode*) const override {
    return value::ToJson(value, {.ascii = false});
  }
  absl::StatusOr<std::string> Key(absl::string_view name, bool) const override {
    return value::ToJson(Value(name), {.ascii = false});
  }
  absl::string_view Separator() const override { return ": "; }
};

}  // namespace

absl::StatusOr<std::string> EditJson(absl::string_view file, absl::string_view text, const Value& wanted) {
  const bool empty = absl::StripAsciiWhitespace(text).empty();
  return EditSource(Json(), file, empty ? "{}\n" : text, wanted);
}

}  // namespace expq::params
