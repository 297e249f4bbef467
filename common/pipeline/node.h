// A value in a parsed file together with the place where it stands, so that every refusal can name it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/value/value.h"
#include "common/yaml/yaml.h"

namespace expq::pipeline {

// A cursor. It points to its parent node and into the document: both outlive it, so nodes live on the stack and are
// handed down, never kept. Its path is put together only when a message needs it.
class Node {
 public:
  Node(const yaml::Document& document, absl::string_view file)
      : document_(document), file_(file), value_(document.root) {}

  const value::Value& value() const { return value_; }
  absl::string_view file() const { return file_; }
  // Stands under a key, not in a list and not at the top.
  bool IsEntry() const { return parent_ != nullptr && parent_->value_.is_map(); }
  // The key or index below the parent; empty for the root.
  const std::string& name() const { return name_; }

  Node Entry(const value::Map::Entry& entry) const { return Node(*this, entry.first, entry.second); }
  Node Item(size_t index) const { return Node(*this, std::to_string(index), (*value_.list())[index]); }
  // The entry of that key, or null; the node must hold a map.
  const value::Map::Entry* Find(absl::string_view key) const;
  // The whole list, in order; the node must hold one.
  std::vector<Node> Items() const;

  // The nearest place at or above this node that the document knows.
  yaml::Mark mark() const;
  // "dvc.yaml:3:5".
  std::string Place() const;
  // InvalidArgument "FILE:LINE:COLUMN: message".
  absl::Status Error(absl::string_view message) const;
  // The same status with the place in front of its message.
  absl::Status Located(const absl::Status& status) const;

 private:
  Node(const Node& parent, std::string name, const value::Value& value)
      : document_(parent.document_), file_(parent.file_), parent_(&parent), name_(std::move(name)), value_(value) {}
  std::vector<std::string> Path() const;

  const yaml::Document& document_;
  absl::string_view file_;
  const Node* parent_ = nullptr;
  std::string name_;
  const value::Value& value_;
};

// "FILE:LINE:COLUMN", or the file alone where the place is unknown.
std::string PlaceText(absl::string_view file, yaml::Mark mark);

// What Python takes for false: as a whole file it is an empty map to DVC.
bool IsNothing(const value::Value& value);

// "a string", "an integer", "a map", …
absl::string_view KindName(const value::Value& value);

// OK when the node is a map whose keys are all known; else names the first other one, with the nearest known as hint.
// `what` says whose keys they are: "stage 'train'".
absl::Status CheckKeys(const Node& node, absl::string_view what, absl::Span<const absl::string_view> known);

// "expected a list, got a string".
absl::Status Mistyped(const Node& node, absl::string_view expected);

}  // namespace expq::pipeline
