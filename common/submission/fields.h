// One JSON object that is being taken apart. For those who read what this room writes.
#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/value/value.h"

namespace expq::submission {

// The fields of one map, each with the type that it must have. What is absent leaves the target as it was. The first
// error sticks: InvalidArgument "WHAT: …". Not for longer than `value`.
class Fields {
 public:
  Fields(const value::Value& value, std::string what);

  const absl::Status& status() const { return status_; }

  void Text(absl::string_view key, std::string* out);
  // As Text, but it must be there.
  void Needed(absl::string_view key, std::string* out);
  void Flag(absl::string_view key, bool* out);
  template <typename Integer>
  void Number(absl::string_view key, Integer* out) {
    const value::Value* found = Find(key);
    if (found == nullptr) return;
    const int64_t* number = found->int64();
    if (number == nullptr || *number < std::numeric_limits<Integer>::min() ||
        *number > std::numeric_limits<Integer>::max()) {
      return Refuse(absl::StrCat(key, ": not an integer, or too large"));
    }
    *out = static_cast<Integer>(*number);
  }
  // In seconds; null is "without end".
  void Duration(absl::string_view key, absl::Duration* out);
  void Texts(absl::string_view key, std::vector<std::string>* out);
  // Calls `take` with every key and text, in order: of an object, or of a list of two-text lists.
  void Pairs(absl::string_view key, absl::FunctionRef<void(const std::string& key, const std::string& text)> take);
  // Calls `read` with the fields of a map within this one.
  void Within(absl::string_view key, absl::FunctionRef<void(Fields&)> read);
  void Refuse(absl::string_view why);

 private:
  const value::Value* Find(absl::string_view key) const { return map_ == nullptr ? nullptr : map_->Find(key); }

  const value::Map* map_;
  const std::string what_;
  absl::Status status_;
};

}  // namespace expq::submission
