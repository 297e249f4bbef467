// Random YAML of every kind, random overrides: parse(edit(text)) is apply(parse(text)), and no other byte changes.
#include <algorithm>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/params/apply.h"
#include "common/params/params.h"
#include "common/random/random.h"
#include "common/value/value.h"
#include "common/yaml/source.h"
#include "gtest/gtest.h"
#include "tests/support/dotted_keys.h"

namespace expq::params {
namespace {

using ::expq::testing::DottedKeys;
using value::Value;
using yaml::Node;
using Op = ParamOverride::Op;

// A document as people and programs write them: any indentation, comments, blank lines, quotes, block scalars, flow
// collections over lines, anchors, aliases, merge keys, tags.
class Document {
 public:
  explicit Document(random::Random& random) : random_(random), anchors_(Below(3) == 0) {}

  std::string Text() {
    std::string out = Pick({"", "", "", "", "---\n", "# head\n", "\n\n", "# head\n---\n", "--- # start\n"});
    Map(Below(8) ? 0 : 2, 0, out);
    out += Pick({"", "", "", "", "# end\n", "\n\n", "...\n", "  # end"});
    if (Below(4) == 0 && absl::EndsWith(out, "\n")) out.pop_back();
    if (Below(3) == 0) out = absl::StrReplaceAll(out, {{"\n", "\r\n"}});
    return (Below(12) ? "" : "\xEF\xBB\xBF") + out;
  }

 private:
  uint64_t Below(uint64_t n) { return random_.Below(n); }

  std::string Pick(const std::vector<std::string>& from) { return from[Below(from.size())]; }

  std::string Comment() {
    return Below(4) ? Pick({"", "", "", " ", "  "}) : absl::StrCat(Pick({" ", "  ", "   "}), "# c", ++comments_);
  }

  void Between(std::string& out) {
    if (Below(5) == 0) absl::StrAppend(&out, std::string(Below(6), ' '), "# b", ++comments_, ": [x\n");
    if (Below(6) == 0) absl::StrAppend(&out, Pick({"", "", "  "}), "\n");
  }

  std::string Name(uint64_t i) {
    return absl::StrReplaceAll(
        Pick({"k%", "k%", "k%", "k%", "'k%'", "\"k%\"", "k %", "\xC3\xA9%", "k-%", "\"k\\x20%\"", "%"}),
        {{"%", absl::StrCat(i)}});
  }

  std::string Scalar(bool flow) {
    if (!flow && Below(3) == 0) {
      return Pick({"", "it's", "a#b", "http://x:1/y", "a, b", "x [y]", "-x", "!!str 1", "!!float 3"});
    }
    return Pick({"1",       "-2.5",         "1e-5", "true",       "null", "~",   "word",         "a b",
                 "'a ''b'", "\"q\\n\\\"\"", "yes",  "2024-01-01", "'#x'", "014", "\"\xC3\xBC\"", "/p/q",
                 "1_000",   ".inf",         "''",   "\"\""});
  }

  std::string Properties() {
    if (!anchors_ || Below(5)) return "";
    return absl::StrCat("&a", ++anchored_, " ");
  }

  // An alias to what is closed already.
  std::string Alias() { return absl::StrCat("*a", 1 + Below(closed_)); }

  std::string Flow(int depth, const std::string& pad) {
    if (depth > 2 || Below(2) == 0) return Below(12) || closed_ == 0 ? Scalar(true) : Alias() + " ";
    const bool map = Below(2) == 0;
    const bool lines = Below(4) == 0;
    const uint64_t size = Below(4);
    std::string out = map ? "{" : "[";
    for (uint64_t i = 0; i < size; ++i) {
      const std::string gap = lines ? absl::StrCat(Comment(), "\n", pad) : Pick({"", " ", "  "});
      absl::StrAppend(&out, i || lines ? gap : "",
                      map ? absl::StrCat(i % 2 ? "\"f" : "f", i, i % 2 ? "\": " : ": ") : "",
                      Flow(depth + 1, pad + " "), i + 1 < size ? "," : Pick({"", "", ","}));
    }
    return absl::StrCat(out, lines ? absl::StrCat(Comment(), "\n", pad) : "", map ? "}" : "]");
  }

  void Map(size_t indent, int depth, std::string& out, bool first_inline = false) {
    const uint64_t size = 1 + Below(4);
    const bool merges = depth > 0 && closed_ > 0 && !first_inline && Below(6) == 0;
    if (merges && !maps_.empty()) {
      absl::StrAppend(&out, std::string(indent, ' '), "<<: *a", maps_[Below(maps_.size())], Comment(), "\n");
    }
    for (uint64_t i = 0; i < size; ++i) {
      if (!first_inline) Between(out);
      absl::StrAppend(&out, first_inline ? "" : std::string(indent, ' '), Name(i), Below(8) ? ":" : " :");
      first_inline = false;
      Below(20) || closed_ == 0 ? Entry(indent, depth, out)
                                : (void)absl::StrAppend(&out, " ", Alias(), Comment(), "\n");
    }
  }

  void Entry(size_t indent, int depth, std::string& out) {
    const uint64_t kind = depth > 3 ? 4 + Below(5) : Below(9);
    const std::string properties = Properties();
    const size_t anchor = anchored_;
    const std::string before = properties.empty() ? "" : " " + properties.substr(0, properties.size() - 1);
    const std::string pad(indent + 1 + Below(4), ' ');
    if (kind == 0) {
      absl::StrAppend(&out, before, Comment(), "\n");
      Map(pad.size(), depth + 1, out);
      if (!properties.empty()) maps_.push_back(anchor);
    } else if (kind == 1) {
      absl::StrAppend(&out, before, Comment(), "\n");
      List(indent + Below(4), depth + 1, out);
    } else if (kind == 2) {
      absl::StrAppend(&out, before, Pick({" |", " |-", " |+", " >", " >-", " >+"}), Below(6) ? "" : " # b", "\n", pad,
                      "block # text\n", Below(3) ? "" : "\n", pad, "more: of it\n", Below(4) ? "" : "\n");
    } else if (kind == 3) {
      absl::StrAppend(&out, before, " ", Pick({"plain\n%text", "\"two\n%lines\"", "'two\n\n%lines'", "\"a\\\n%b\""}),
                      Comment(), "\n");
      out = absl::StrReplaceAll(out, {{"%", pad}});
    } else if (kind < 6) {
      absl::StrAppend(&out, before, " ", Flow(0, pad), Comment(), "\n");
    } else {
      const std::string scalar = Scalar(false);
      absl::StrAppend(&out, before, scalar.empty() ? "" : Pick({" ", " ", "   "}), scalar, Comment(), "\n");
    }
    closed_ = anchored_;
  }

  void List(size_t indent, int depth, std::string& out) {
    const uint64_t size = 1 + Below(4);
    for (uint64_t i = 0; i < size; ++i) {
      Between(out);
      const std::string gap(1 + (Below(4) ? 0 : 2), ' ');
      absl::StrAppend(&out, std::string(indent, ' '), "-", gap);
      const uint64_t kind = depth > 3 ? 9 : Below(10);
      if (kind < 3) {
        Map(indent + 1 + gap.size(), depth + 1, out, true);
      } else if (kind == 3) {
        absl::StrAppend(&out, "- ", Flow(1, std::string(indent + 4, ' ')), Comment(), "\n");
      } else {
        absl::StrAppend(&out, Flow(1, std::string(indent + 3, ' ')), Comment(), "\n");
      }
    }
  }

  random::Random& random_;
  const bool anchors_;
  size_t anchored_ = 0, closed_ = 0;
  std::vector<size_t> maps_;
  int comments_ = 0;
};

Value Wanted(random::Random& random) {
  value::Map map;
  map.Set("n", value::List{1, "x: y"});
  static const std::vector<Value> kValues = {1,
                                             2.5,
                                             1e-7,
                                             true,
                                             Value(),
                                             "plain",
                                             "it's",
                                             "a: b",
                                             "",
                                             "1",
                                             "[x]",
                                             "{y}",
                                             "no",
                                             "#h",
                                             "x, y",
                                             value::List{},
                                             "?",
                                             "a:b",
                                             "- d",
                                             value::List{1, "a b", value::List{}},
                                             "two\nlines",
                                             "\xC3\xBC",
                                             "a #b",
                                             " blank ",
                                             "tab\there",
                                             value::Map(),
                                             map,
                                             "'q'",
                                             "\"",
                                             "\\",
                                             "*a",
                                             "&a",
                                             "!t",
                                             "---",
                                             "a,b",
                                             "=",
                                             "~",
                                             "1:30",
                                             std::string(100, 'x') + " " + std::string(30, 'y')};
  return kValues[random.Below(kValues.size())];
}

ParamOverride AnOverride(random::Random& random, const std::vector<std::string>& keys) {
  ParamOverride override;
  override.op = static_cast<Op>(random.Below(4));
  override.key = keys[random.Below(keys.size())];
  if (override.op == Op::kAdd || (override.op == Op::kForce && random.Below(2))) {
    absl::StrAppend(&override.key, random.Below(4) ? ".new" : ".new.deep");
    if (random.Below(4) == 0) override.key = "top";
  }
  override.has_value = override.op != Op::kDelete;
  if (override.has_value) override.value = Wanted(random);
  return override;
}

// --- where a change may be -------------------------------------------------------------------------------------------

struct Span {
  size_t begin = 0, end = 0;
};

size_t LineStart(absl::string_view text, size_t at) {
  const size_t before = at == 0 ? absl::string_view::npos : text.rfind('\n', at - 1);
  return before == absl::string_view::npos ? 0 : before + 1;
}

// Behind the line's end.
size_t NextLine(absl::string_view text, size_t at) {
  const size_t end = text.find('\n', at == 0 ? 0 : at - 1);
  return end == absl::string_view::npos ? text.size() : end + 1;
}

// What a value or an entry may take with it: in flow style the comma beside it, in block style its own lines.
std::optional<Span> SpanOf(const Node& root, absl::string_view text, const ParamOverride& override) {
  const Node* at = &root;
  Span entry{0, text.size()};
  for (const std::string& name : std::vector<std::string>(absl::StrSplit(override.key, '.'))) {
    const bool flow = at->style == Node::Style::kFlow || at->style == Node::Style::kPair;
    std::vector<std::pair<Span, const Node*>> children;
    size_t index = text.size();
    for (const Node::Entry& child : at->entries) {
      if (yaml::KeyName(child.key) == name) index = children.size();
      children.push_back({{child.key.properties, child.value.end}, &child.value});
    }
    for (const Node& child : at->items) children.push_back({{child.properties, child.end}, &child});
    if (at->kind == Node::Kind::kList && !absl::SimpleAtoi(name, &index)) return std::nullopt;
    if (index >= children.size()) return std::nullopt;
    at = children[index].second;
    // The last one that goes leaves an empty collection, for which the whole place may be written anew.
    if (override.op == Op::kDelete && children.size() == 1) continue;
    entry = children[index].first;
    if (override.op == Op::kDelete && flow) {
      entry = {index ? children[index - 1].first.end : entry.begin,
               index + 1 < children.size() ? children[index + 1].first.begin : entry.end + 2};
    } else if (override.op == Op::kDelete) {
      const size_t next = index + 1 < children.size() ? children[index + 1].first.begin : 0;
      entry = {LineStart(text, entry.begin), std::max(next, NextLine(text, entry.end))};
    } else if (!flow && at->style == Node::Style::kBlock) {
      entry.end = NextLine(text, entry.end);
    }
  }
  // Another value: from behind the key on, or only the value's own bytes.
  const bool scalar =
      at->kind == Node::Kind::kScalar && at->style != Node::Style::kBlock && !at->tagged && at->anchor == 0;
  if (override.op != Op::kDelete && scalar) return Span{at->begin, at->end};
  return Span{entry.begin, std::min(entry.end, text.size())};
}

bool IsOnlyChangedIn(absl::string_view before, absl::string_view after, Span span) {
  return after.size() >= before.size() - (span.end - span.begin) &&
         absl::StartsWith(after, before.substr(0, span.begin)) && absl::EndsWith(after, before.substr(span.end));
}

// Whether bytes went in and none out: in one place, and behind a block scalar's header, which may need a '-'.
bool IsInsertion(absl::string_view before, absl::string_view after) {
  size_t at = 0;
  for (char c : after) at += at < before.size() && before[at] == c;
  return at == before.size();
}

// Whether another item of the list is the same: then it is nobody's business which of them goes.
bool HasTwin(const Value& root, const std::string& key) {
  const size_t dot = key.rfind('.');
  const Value* parent = dot == std::string::npos ? &root : value::Lookup(root, key.substr(0, dot));
  const Value* item = value::Lookup(root, key);
  if (parent == nullptr || !parent->is_list()) return false;
  const auto same = [&](const Value& other) { return value::Identical(other, *item); };
  return std::count_if(parent->list()->begin(), parent->list()->end(), same) > 1;
}

// The bytes are only compared where one place changes: not through anchors, nor where a map is merged into a map, nor
// beside block scalars that keep the blank lines behind them.
std::string FaultOfBytes(const std::string& before, const std::string& after, const Value& old,
                         const ParamOverride& override) {
  if (absl::StrContains(before, "*a") || absl::StrContains(before, "|+") || absl::StrContains(before, ">+")) return "";
  const auto root = yaml::ParseSource(before, "p.yaml");
  const Value* there = value::Lookup(old, override.key);
  if (there == nullptr) {
    const size_t dot = override.key.rfind('.');
    const Value* parent = dot == std::string::npos ? &old : value::Lookup(old, override.key.substr(0, dot));
    const bool grows = parent != nullptr && parent->is_map() && !parent->map()->empty();
    return !grows || IsInsertion(before, after) ? "" : "an insertion took bytes away";
  }
  if (override.has_value && there->is_map() && override.value.is_map()) return "";
  // A comment that is deeper than the entry before the one that goes becomes a part of a block scalar.
  if (!override.has_value && (absl::StrContains(before, " |") || absl::StrContains(before, " >"))) return "";
  if (!override.has_value && HasTwin(old, override.key)) return "";
  const std::optional<Span> span = SpanOf(*root, before, override);
  if (!span || IsOnlyChangedIn(before, after, *span)) return "";
  return absl::StrCat("bytes changed outside of [", span->begin, ", ", span->end, ")");
}

size_t LoneLineFeeds(absl::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) count += text[i] == '\n' && (i == 0 || text[i - 1] != '\r');
  return count;
}

// What is wrong with an edit, or nothing. Refusals of the text itself are counted.
std::string Fault(const std::string& text, const std::vector<ParamOverride>& overrides, int* refusals = nullptr) {
  const auto before = ParseFile("p.yaml", text);
  if (!before.ok() || !before->is_map()) return "";
  Value wanted = *before;
  for (const ParamOverride& override : overrides) {
    if (!ApplyToValue("p.yaml", override, wanted).ok()) return "";
  }
  const auto after = ApplyOverrides("p.yaml", text, overrides);
  if (!after.ok() && absl::IsFailedPrecondition(after.status()) && refusals != nullptr) {
    ++*refusals;
    return "";
  }
  if (!after.ok()) return after.status().ToString();
  const auto got = ParseFile("p.yaml", *after);
  if (!got.ok()) return absl::StrCat("the new text cannot be read: ", got.status().ToString(), "\n---\n", *after);
  if (!value::Identical(*got, wanted)) return absl::StrCat("another value\n---\n", *after);
  if (LoneLineFeeds(text) == 0 && absl::StrContains(text, "\r\n") && LoneLineFeeds(*after) > 0) {
    return absl::StrCat("a line ends in another way\n---\n", *after);
  }
  const std::string bytes = overrides.size() == 1 ? FaultOfBytes(text, *after, *before, overrides[0]) : "";
  return bytes.empty() ? "" : absl::StrCat(bytes, "\n---\n", *after);
}

// The text without every line that the fault does not need.
std::string Shrunk(std::string text, const std::function<bool(const std::string&)>& fails) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    std::vector<std::string> lines = absl::StrSplit(text, '\n');
    for (size_t i = 0; i < lines.size(); ++i) {
      std::vector<std::string> fewer = lines;
      fewer.erase(fewer.begin() + static_cast<int>(i));
      if (!fails(absl::StrJoin(fewer, "\n"))) continue;
      lines = std::move(fewer);
      smaller = true;
      --i;
    }
    text = absl::StrJoin(lines, "\n");
  }
  return text;
}

std::string Described(const std::vector<ParamOverride>& overrides) {
  std::string out;
  for (const ParamOverride& override : overrides) absl::StrAppend(&out, OverrideText(override), "  ");
  return out;
}

// EXPQ_PROPERTY_SEED and EXPQ_PROPERTY_COUNT: other ones, and more of them, by hand.
uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::stoull(text) : otherwise;
}

TEST(EditYaml, MakesOfARandomTextWhatApplyMakesOfItsValueAndTouchesNothingElse) {
  const uint64_t first = FromEnvironment("EXPQ_PROPERTY_SEED", 1);
  const uint64_t count = FromEnvironment("EXPQ_PROPERTY_COUNT", 400);
  int edits = 0, refusals = 0, unreadable = 0, faults = 0;
  for (uint64_t seed = first; seed < first + count && faults < 10; ++seed) {
    const auto random = random::NewSeededRandom(seed);
    const std::string text = Document(*random).Text();
    const auto before = ParseFile("p.yaml", text);
    if (!before.ok()) ++unreadable;
    if (!before.ok()) continue;
    const std::vector<std::string> keys = DottedKeys(*before);
    for (int i = 0; i < 8; ++i) {
      std::vector<ParamOverride> overrides;
      for (uint64_t j = 0; j <= (i < 6 ? 0 : 1 + random->Below(2)); ++j) overrides.push_back(AnOverride(*random, keys));
      ++edits;
      if (Fault(text, overrides, &refusals).empty()) continue;
      ++faults;
      const std::string small =
          Shrunk(text, [&](const std::string& less) { return !Fault(less, overrides, &refusals).empty(); });
      ADD_FAILURE() << "seed " << seed << ": " << Described(overrides) << "\n"
                    << small << "\n===\n"
                    << Fault(small, overrides);
    }
  }
  EXPECT_LT(unreadable * 10, static_cast<int>(count));
  EXPECT_LT(refusals * 20, edits);
}

}  // namespace
}  // namespace expq::params
