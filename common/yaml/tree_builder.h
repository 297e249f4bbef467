// The tree of a text, from a parser's events.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/yaml/complaint.h"
#include "common/yaml/source.h"

namespace expq::yaml {

// Events give the beginnings; the ends are found in the text, since yaml-cpp has none. Aliases and empty values have no
// usable mark either: for them the place behind the last thing seen counts. Also finds what yaml-cpp lets pass and
// ruamel, DVC's reader, does not.
class TreeBuilder {
 public:
  // Where a node begins with its anchor and tag. yaml-cpp's tags: "?" is none, "!" that of a quoted text.
  struct Beginning {
    size_t at = 0;
    absl::string_view tag;
    int anchor = 0;  // 0 = none
  };

  // `text` has no BOM.
  explicit TreeBuilder(absl::string_view text) : text_(text) {}

  // The events, in the text's order. Null: a value that is not written, or ~ and its like.
  void Null(size_t at, int anchor);
  void Alias(int anchor);
  void Scalar(const Beginning& beginning, const std::string& value);
  void Open(Node::Kind kind, const Beginning& beginning, bool flow);
  void Close();

  Node TakeRoot() { return std::move(root_); }
  // Where quoted text begins that nothing closes; npos when there is none. yaml-cpp takes it to the end of the file.
  size_t unclosed() const { return unclosed_; }
  // The first thing that yaml-cpp lets pass and ruamel does not; at npos when there is none.
  const Complaint& complaint() const { return complaint_; }
  // Where the innermost '[' or '{' stands that is not closed yet; npos when there is none.
  size_t OpenBracket() const;

 private:
  struct Frame {
    Node node;
    std::vector<Node> key;  // the key that waits for its value: none or one
    size_t before_key = 0;  // behind the last thing before a scalar key
  };

  Node Begin(const Beginning& beginning, bool may_be_empty) const;
  bool ExpectsValue() const;
  size_t SkipBlanks(size_t at) const;
  size_t AfterIndicator() const;
  void Complain(Complaint complaint);
  void CheckColon(const Frame& frame);
  void CheckComma(const Node& collection);
  void CheckIndent(const Node& value);
  bool HasLineEnd(size_t begin, size_t end) const;
  size_t SkipProperties(size_t at, bool may_be_empty, bool& tagged) const;
  bool IsEmptyAfterProperties(size_t at, size_t next) const;
  size_t NullWord(size_t at) const;
  bool IsKeyAt(size_t end) const;
  size_t EndOfSingle(size_t begin);
  size_t EndOfDouble(size_t begin);
  size_t EndOfUnclosed(size_t begin);
  size_t EndOfPlain(size_t at, absl::string_view value) const;
  size_t LineEnd(size_t at) const;
  int ColumnOf(size_t at) const;
  int ParentColumn() const;
  size_t EndOfBlockScalar(size_t at) const;
  bool IsDocumentMark(size_t line) const;
  void Finish(Node node);

  absl::string_view text_;
  size_t cursor_ = 0;
  size_t unclosed_ = absl::string_view::npos;
  Complaint complaint_ = {.at = absl::string_view::npos};
  std::vector<Frame> stack_;
  Node root_;
};

}  // namespace expq::yaml
