#include "cli/filter.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/caret.h"
#include "common/status/status.h"

namespace expq::cli {

using value::Value;

struct Filter::Node {
  enum class Kind { kOr, kAnd, kNot, kCompare, kName, kConstant };
  Kind kind = Kind::kConstant;
  std::string op;  // of kCompare
  std::vector<NodePtr> children;
  std::string name;          // of kName
  bool may_be_text = false;  // of kName: on the right of a comparison
  Value constant;            // of kConstant
};

namespace {

using Node = Filter::Node;
using NodePtr = Filter::NodePtr;

// Depth of nested parentheses and nots: the parser recurses.
constexpr int kDeepest = 200;

NodePtr Make(Node::Kind kind, std::vector<NodePtr> children = {}) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->children = std::move(children);
  return node;
}

NodePtr Constant(Value value) {
  NodePtr node = Make(Node::Kind::kConstant);
  node->constant = std::move(value);
  return node;
}

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::string_view("_.:/@-").find(c) != absl::string_view::npos || (static_cast<unsigned char>(c) & 0x80) != 0;
}

class Parser {
 public:
  explicit Parser(absl::string_view text) : text_(text) {}

  absl::StatusOr<NodePtr> Parse() {
    ASSIGN_OR_RETURN(NodePtr root, Or(0));
    SkipSpace();
    if (at_ < text_.size()) return Error("expected and, or, or the end");
    return root;
  }

 private:
  absl::Status Error(absl::string_view expected) const {
    return absl::InvalidArgumentError(
        absl::StrCat("--filter: ", expected, "\n  ", text_, "\n  ", status::CaretBelow(text_, at_)));
  }

  void SkipSpace() {
    while (at_ < text_.size() && absl::ascii_isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  // The word at hand ("and", "acc", "1e-3", …), not taken yet.
  absl::string_view Word() {
    SkipSpace();
    size_t end = at_;
    while (end < text_.size() && (IsNameCharacter(text_[end]) || text_[end] == '+')) ++end;
    return text_.substr(at_, end - at_);
  }

  bool Take(absl::string_view word) {
    if (Word() != word) return false;
    at_ += word.size();
    return true;
  }

  absl::StatusOr<NodePtr> Or(int depth) {
    ASSIGN_OR_RETURN(NodePtr left, And(depth));
    while (Take("or")) {
      ASSIGN_OR_RETURN(NodePtr right, And(depth));
      left = Make(Node::Kind::kOr, {std::move(left), std::move(right)});
    }
    return left;
  }

  absl::StatusOr<NodePtr> And(int depth) {
    ASSIGN_OR_RETURN(NodePtr left, Not(depth));
    while (Take("and")) {
      ASSIGN_OR_RETURN(NodePtr right, Not(depth));
      left = Make(Node::Kind::kAnd, {std::move(left), std::move(right)});
    }
    return left;
  }

  absl::StatusOr<NodePtr> Not(int depth) {
    if (depth > kDeepest) return Error("nested too deeply");
    if (!Take("not")) return Primary(depth);
    ASSIGN_OR_RETURN(NodePtr inner, Not(depth + 1));
    return Make(Node::Kind::kNot, {std::move(inner)});
  }

  absl::StatusOr<NodePtr> Primary(int depth) {
    SkipSpace();
    if (at_ < text_.size() && text_[at_] == '(') {
      ++at_;
      ASSIGN_OR_RETURN(NodePtr inner, Or(depth + 1));
      SkipSpace();
      if (at_ >= text_.size() || text_[at_] != ')') return Error("expected )");
      ++at_;
      return inner;
    }
    ASSIGN_OR_RETURN(NodePtr left, Operand());
    const std::string op = Operator();
    if (op.empty()) return left;
    ASSIGN_OR_RETURN(NodePtr right, Operand());
    right->may_be_text = true;
    NodePtr node = Make(Node::Kind::kCompare, {std::move(left), std::move(right)});
    node->op = op;
    return node;
  }

  std::string Operator() {
    SkipSpace();
    for (absl::string_view op : {"==", "!=", "<=", ">=", "<", ">", "="}) {
      if (text_.substr(at_, op.size()) != op) continue;
      at_ += op.size();
      return op == "=" ? "==" : std::string(op);
    }
    return "";
  }

  absl::StatusOr<NodePtr> Operand() {
    SkipSpace();
    if (at_ >= text_.size()) return Error("expected a column or a value");
    if (text_[at_] == '"' || text_[at_] == '\'') return Quoted();
    const absl::string_view word = Word();
    if (word.empty() || word == "and" || word == "or") return Error("expected a column or a value");
    at_ += word.size();
    double number = 0;
    int64_t integer = 0;
    if (absl::SimpleAtoi(word, &integer)) return Constant(Value(integer));
    const bool numeric = absl::ascii_isdigit(static_cast<unsigned char>(word[0])) || word[0] == '-' || word[0] == '.';
    if (numeric && absl::SimpleAtod(word, &number)) return Constant(Value(number));
    if (word == "true" || word == "True") return Constant(Value(true));
    if (word == "false" || word == "False") return Constant(Value(false));
    NodePtr node = Make(Node::Kind::kName);
    node->name = std::string(word);
    return node;
  }

  absl::StatusOr<NodePtr> Quoted() {
    const size_t end = text_.find(text_[at_], at_ + 1);
    if (end == absl::string_view::npos) return Error("the quote that begins here has no end");
    NodePtr node = Constant(Value(text_.substr(at_ + 1, end - at_ - 1)));
    at_ = end + 1;
    return node;
  }

  const absl::string_view text_;
  size_t at_ = 0;
};

template <typename T>
bool Ordered(const T& a, const T& b, const std::string& op) {
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "<") return a < b;
  if (op == "<=") return a <= b;
  if (op == ">") return a > b;
  return a >= b;
}

bool Compare(const Value* a, const Value* b, const std::string& op) {
  if (a == nullptr || b == nullptr) return op == "!=";
  double x = 0, y = 0;
  if (a->AsDouble(&x) && b->AsDouble(&y)) return Ordered(x, y, op);
  if (a->is_string() && b->is_string()) return Ordered(*a->string(), *b->string(), op);
  const bool equal = value::PythonText(*a) == value::PythonText(*b);
  return op == "==" ? equal : op == "!=" && !equal;
}

const Value* Evaluate(const Node& node, const ColumnLookup& lookup) {
  return node.kind == Node::Kind::kName ? lookup(node.name) : &node.constant;
}

bool Truth(const Value* value) {
  if (value == nullptr || value->is_null()) return false;
  double number = 0;
  if (value->AsDouble(&number)) return number != 0;
  return !value->is_string() || !value->string()->empty();
}

bool Holds(const Node& node, const ColumnLookup& lookup) {
  switch (node.kind) {
    case Node::Kind::kOr:
      return Holds(*node.children[0], lookup) || Holds(*node.children[1], lookup);
    case Node::Kind::kAnd:
      return Holds(*node.children[0], lookup) && Holds(*node.children[1], lookup);
    case Node::Kind::kNot:
      return !Holds(*node.children[0], lookup);
    case Node::Kind::kCompare:
      return Compare(Evaluate(*node.children[0], lookup), Evaluate(*node.children[1], lookup), node.op);
    case Node::Kind::kName:
    case Node::Kind::kConstant:
      return Truth(Evaluate(node, lookup));
  }
  return false;
}

absl::Status BindNode(Node& node, const std::function<absl::Status(const std::string&)>& known) {
  for (const NodePtr& child : node.children) RETURN_IF_ERROR(BindNode(*child, known));
  if (node.kind != Node::Kind::kName) return absl::OkStatus();
  const absl::Status status = known(node.name);
  if (status.ok() || !node.may_be_text) return status;
  node.kind = Node::Kind::kConstant;
  node.constant = Value(node.name);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Filter> Filter::Parse(absl::string_view text) {
  ASSIGN_OR_RETURN(NodePtr root, Parser(text).Parse());
  return Filter(std::move(root));
}

absl::Status Filter::Bind(const std::function<absl::Status(const std::string&)>& known) {
  return BindNode(*root_, known);
}

bool Filter::Matches(const ColumnLookup& lookup) const { return Holds(*root_, lookup); }

}  // namespace expq::cli
