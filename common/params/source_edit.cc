#include "common/params/source_edit.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;
using Kind = SourceNode::Kind;

// One entry of a container goes in a round; more overrides than this at once are not edited but generated.
constexpr int kRounds = 1000;

struct Splice {
  Span span;
  std::string text;
};

bool IsBlank(absl::string_view text) { return text.find_first_not_of(" \t\r") == absl::string_view::npos; }

// Walks the written tree beside the old and the wanted values, and collects the splices between them.
class SourceDiffer {
 public:
  SourceDiffer(const Dialect& dialect, absl::string_view text)
      : dialect_(dialect), text_(text), eol_(absl::StrContains(text, "\r\n") ? "\r\n" : "\n") {}

  absl::Status Compare(const SourceNode& node, const Value& old, const Value& wanted) {
    if (value::Identical(old, wanted)) return absl::OkStatus();
    if (node.kind == Kind::kMap && old.map() && wanted.map()) return CompareMaps(node, *old.map(), *wanted.map());
    if (node.kind == Kind::kList && old.list() && wanted.list()) return CompareLists(node, *old.list(), *wanted.list());
    return Replace(node, wanted);
  }

  absl::StatusOr<std::string> Spliced() {
    std::stable_sort(splices_.begin(), splices_.end(),
                     [](const Splice& a, const Splice& b) { return a.span.begin < b.span.begin; });
    std::string out;
    size_t at = 0;
    for (const Splice& splice : splices_) {
      if (splice.span.begin < at) return absl::FailedPreconditionError("the changed values overlap");
      absl::StrAppend(&out, text_.substr(at, splice.span.begin - at), splice.text);
      at = splice.span.end;
    }
    absl::StrAppend(&out, text_.substr(at));
    return out;
  }

 private:
  static bool IsBlock(const SourceNode& node) { return node.kind == Kind::kMap && node.open == '\0'; }

  absl::Status Replace(const SourceNode& node, const Value& wanted) {
    if (node.span.end == 0 || IsBlock(node)) {
      return absl::FailedPreconditionError("a table or class cannot become another value");
    }
    ASSIGN_OR_RETURN(std::string text, dialect_.Text(wanted, &node));
    splices_.push_back({node.span, std::move(text)});
    return absl::OkStatus();
  }

  absl::Status CompareMaps(const SourceNode& node, const value::Map& old, const value::Map& wanted) {
    const SourceNode::Entry* removed = nullptr;
    size_t kept = 0;
    for (const SourceNode::Entry& entry : node.entries) {
      const Value* before = old.Find(entry.name);
      const Value* after = wanted.Find(entry.name);
      if (!after) removed = &entry;
      if (!before || !after) continue;
      ++kept;
      RETURN_IF_ERROR(Compare(entry.value, *before, *after));
    }
    // The others come in the next round.
    if (removed != nullptr && IsBlock(node)) return RemoveFromBlock(*removed);
    if (kept == 0 && !IsBlock(node)) return Replace(node, Value(wanted));
    if (removed != nullptr) return RemoveFromMap(node, *removed);
    for (const auto& [name, value] : wanted) {
      if (old.Find(name) == nullptr) RETURN_IF_ERROR(Insert(node, name, value));
    }
    return absl::OkStatus();
  }

  absl::Status CompareLists(const SourceNode& node, const value::List& old, const value::List& wanted) {
    if (wanted.size() == old.size() && node.items.size() == old.size()) {
      for (size_t i = 0; i < old.size(); ++i) RETURN_IF_ERROR(Compare(node.items[i], old[i], wanted[i]));
      return absl::OkStatus();
    }
    size_t missing = 0;
    while (missing < std::min(old.size(), wanted.size()) && value::Identical(old[missing], wanted[missing])) ++missing;
    const bool one_less = wanted.size() + 1 == old.size() && !wanted.empty() && node.items.size() == old.size() &&
                          Follows(old, wanted, missing);
    if (!one_less) return Replace(node, Value(wanted));
    if (node.open == '\0') {
      for (const Span& span : node.items[missing].removal) splices_.push_back({span, ""});
      return absl::OkStatus();
    }
    std::vector<Span> spans;
    for (const SourceNode& item : node.items) spans.push_back(item.span);
    return RemoveFromFlow(spans, missing);
  }

  // Whether `wanted` goes on as `old` does behind the missing item.
  static bool Follows(const value::List& old, const value::List& wanted, size_t missing) {
    for (size_t i = missing; i < wanted.size(); ++i) {
      if (!value::Identical(old[i + 1], wanted[i])) return false;
    }
    return true;
  }

  // --- blocks --------------------------------------------------------------------------------------------------------

  absl::Status RemoveFromBlock(const SourceNode::Entry& entry) {
    if (entry.removal.empty()) {
      return absl::FailedPreconditionError(absl::StrCat("'", entry.name, "' cannot be deleted in place"));
    }
    for (const Span& span : entry.removal) {
      splices_.push_back({span, &span == entry.removal.data() ? entry.substitute : ""});
    }
    return absl::OkStatus();
  }

  absl::Status InsertLine(const SourceNode& node, absl::string_view key, absl::string_view value) {
    if (node.insert_at == kNowhere) {
      return absl::FailedPreconditionError(absl::StrCat("there is no place for '", key, "'"));
    }
    const size_t at = node.insert_at;
    // Two blocks may end at one place; which line is whose would be lost. The other one's turn is the next round.
    const SourceNode*& owner = inserted_[at];
    const bool first = owner == nullptr;
    if (!first && owner != &node) return absl::OkStatus();
    owner = &node;
    std::string lines = first && !node.insert_head.empty() ? absl::StrCat(node.insert_head, eol_) : "";
    absl::StrAppend(&lines, node.insert_indent, key, " = ", value, eol_);
    if (at > 0 && text_[at - 1] != '\n') lines = absl::StrCat(eol_, lines.substr(0, lines.size() - eol_.size()));
    splices_.push_back({{at, at}, std::move(lines)});
    return absl::OkStatus();
  }

  // --- brackets ------------------------------------------------------------------------------------------------------

  absl::Status Insert(const SourceNode& node, absl::string_view name, const Value& value) {
    ASSIGN_OR_RETURN(const std::string key, dialect_.Key(name, IsBlock(node)));
    ASSIGN_OR_RETURN(const std::string text, dialect_.Text(value, nullptr));
    if (IsBlock(node)) return InsertLine(node, key, text);
    const SourceNode::Entry& last = node.entries.back();
    const size_t end = last.value.span.end;
    const std::string entry = absl::StrCat(key, SeparatorLike(last), text);
    const size_t line = LineStart(text_, last.key.begin);
    const bool own_line = line > node.span.begin && IsBlank(text_.substr(line, last.key.begin - line)) &&
                          LineStart(text_, node.span.end) > end;
    if (!own_line) {
      splices_.push_back({{end, end}, absl::StrCat(", ", entry)});
      return absl::OkStatus();
    }
    // Below the last entry, behind its comment; a comma behind the last one stays behind the last one.
    const size_t comma = CommaBehind(end, node.span.end);
    const std::string indent(text_.substr(line, last.key.begin - line));
    const size_t at = LineEnd(text_, comma == kNowhere ? end : comma);
    if (comma == kNowhere && inserted_at_ != &node) splices_.push_back({{end, end}, ","});
    const bool more = comma == kNowhere && inserted_at_ == &node;
    if (more) absl::StrAppend(&splices_.back().text, ",");
    splices_.push_back({{at, at}, absl::StrCat(eol_, indent, entry, comma == kNowhere ? "" : ",")});
    inserted_at_ = &node;
    return absl::OkStatus();
  }

  // What stands between the neighbour's key and value, when it is nothing unusual.
  std::string SeparatorLike(const SourceNode::Entry& neighbour) const {
    const absl::string_view between = text_.substr(neighbour.key.end, neighbour.value.span.begin - neighbour.key.end);
    const bool usual = between.find_first_not_of(" :=") == absl::string_view::npos;
    return std::string(usual && !between.empty() ? between : dialect_.Separator());
  }

  // The comma behind a value, with only blanks and comments before it; kNowhere when there is none before `limit`.
  size_t CommaBehind(size_t at, size_t limit) const {
    while (at < limit) {
      if (text_[at] == ',') return at;
      if (text_[at] == '#') {
        at = LineEnd(text_, at);
      } else if (absl::string_view(" \t\r\n)").find(text_[at]) != absl::string_view::npos) {
        ++at;
      } else {
        return kNowhere;
      }
    }
    return kNowhere;
  }

  absl::Status RemoveFromMap(const SourceNode& node, const SourceNode::Entry& removed) {
    std::vector<Span> spans;
    size_t which = 0;
    for (const SourceNode::Entry& entry : node.entries) {
      if (&entry == &removed) which = spans.size();
      spans.push_back({entry.key.begin, entry.value.span.end});
    }
    return RemoveFromFlow(spans, which);
  }

  // At least one other stays. What has lines of its own takes them with it; else what goes reaches to the next or, for
  // the last, begins behind the one before.
  absl::Status RemoveFromFlow(const std::vector<Span>& spans, size_t i) {
    const bool last = i + 1 == spans.size();
    const size_t limit = last ? text_.size() : spans[i + 1].begin;
    const size_t comma = CommaBehind(spans[i].end, limit);
    const size_t line = LineStart(text_, spans[i].begin);
    const size_t behind = comma == kNowhere ? spans[i].end : comma + 1;
    const absl::string_view rest = text_.substr(behind, LineEnd(text_, behind) - behind);
    const size_t word = rest.find_first_not_of(" \t");
    const bool own_lines = IsBlank(text_.substr(line, spans[i].begin - line)) &&
                           (word == absl::string_view::npos || rest[word] == '#') &&
                           (!last || i == 0 || line > spans[i - 1].end);
    if (!own_lines) {
      splices_.push_back({last ? Span{spans[i - 1].end, spans[i].end} : Span{spans[i].begin, spans[i + 1].begin}, ""});
      return absl::OkStatus();
    }
    if (last && comma == kNowhere) {
      const size_t before = CommaBehind(spans[i - 1].end, spans[i].begin);
      if (before != kNowhere) splices_.push_back({{before, before + 1}, ""});
    }
    splices_.push_back({{line, NextLine(text_, behind)}, ""});
    return absl::OkStatus();
  }

  const Dialect& dialect_;
  const absl::string_view text_;
  const std::string eol_;
  std::vector<Splice> splices_;
  const SourceNode* inserted_at_ = nullptr;       // the map in brackets that got the last new entry
  std::map<size_t, const SourceNode*> inserted_;  // the blocks that got new lines
};

absl::Status CannotEdit(absl::string_view file, absl::string_view why) {
  return status::WithHint(absl::FailedPreconditionError(absl::StrCat(file, ": cannot be changed in place: ", why)),
                          "change the file by hand, or move the value into a params.yaml");
}

}  // namespace

size_t LineStart(absl::string_view text, size_t at) {
  const size_t before = at == 0 ? absl::string_view::npos : text.rfind('\n', at - 1);
  return before == absl::string_view::npos ? 0 : before + 1;
}

size_t LineEnd(absl::string_view text, size_t at) {
  const size_t end = std::min(text.find('\n', at), text.size());
  return end > at && end < text.size() && text[end - 1] == '\r' ? end - 1 : end;
}

size_t NextLine(absl::string_view text, size_t at) { return std::min(text.find('\n', at), text.size() - 1) + 1; }

absl::StatusOr<std::string> EditSource(const Dialect& dialect, absl::string_view file, absl::string_view text,
                                       const Value& wanted) {
  std::string current(text);
  for (int round = 0; round < kRounds; ++round) {
    absl::StatusOr<Value> old = dialect.Parse(current, file);
    // Only the first text is the user's; a later one that does not parse is our edit gone wrong.
    if (!old.ok() && round == 0) return old.status();
    if (!old.ok()) break;
    if (value::Identical(*old, wanted)) return current;
    ASSIGN_OR_RETURN(const SourceNode root, dialect.Read(current, file));
    SourceDiffer differ(dialect, current);
    const absl::Status compared = differ.Compare(root, *old, wanted);
    if (!compared.ok()) return CannotEdit(file, compared.message());
    absl::StatusOr<std::string> next = differ.Spliced();
    if (!next.ok() || *next == current) break;
    current = *std::move(next);
  }
  return CannotEdit(file, "the text around the value is written in a way that is not understood");
}

}  // namespace expq::params
