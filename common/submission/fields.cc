#include "common/submission/fields.h"

#include <cmath>

namespace expq::submission {

using value::Value;

Fields::Fields(const Value& value, std::string what) : map_(value.map()), what_(std::move(what)) {
  if (map_ == nullptr) Refuse("not an object");
}

void Fields::Text(absl::string_view key, std::string* out) {
  const Value* found = Find(key);
  if (found == nullptr) return;
  if (found->string() == nullptr) return Refuse(absl::StrCat(key, ": not a text"));
  *out = *found->string();
}

void Fields::Needed(absl::string_view key, std::string* out) {
  if (map_ != nullptr && map_->Find(key) == nullptr) Refuse(absl::StrCat(key, " is missing"));
  Text(key, out);
}

void Fields::Flag(absl::string_view key, bool* out) {
  const Value* found = Find(key);
  if (found == nullptr) return;
  if (found->boolean() == nullptr) return Refuse(absl::StrCat(key, ": not true or false"));
  *out = *found->boolean();
}

void Fields::Duration(absl::string_view key, absl::Duration* out) {
  const Value* found = Find(key);
  if (found == nullptr || found->is_null()) return;
  double seconds = 0;
  if (!found->is_number() || !found->AsDouble(&seconds) || std::isnan(seconds)) {
    return Refuse(absl::StrCat(key, ": not a number of seconds"));
  }
  *out = absl::Seconds(seconds);
}

void Fields::Texts(absl::string_view key, std::vector<std::string>* out) {
  const Value* found = Find(key);
  if (found == nullptr) return;
  if (!found->is_list()) return Refuse(absl::StrCat(key, ": not a list"));
  out->clear();
  for (const Value& item : *found->list()) {
    if (item.string() == nullptr) return Refuse(absl::StrCat(key, ": not a list of texts"));
    out->push_back(*item.string());
  }
}

void Fields::Pairs(absl::string_view key,
                   absl::FunctionRef<void(const std::string& key, const std::string& text)> take) {
  const Value* found = Find(key);
  if (found == nullptr) return;
  if (found->is_map()) {
    for (const auto& [name, text] : *found->map()) {
      if (text.string() == nullptr) return Refuse(absl::StrCat(key, ".", name, ": not a text"));
      take(name, *text.string());
    }
    return;
  }
  if (!found->is_list()) return Refuse(absl::StrCat(key, ": not an object"));
  for (const Value& item : *found->list()) {
    const value::List* pair = item.list();
    const bool whole =
        pair != nullptr && pair->size() == 2 && (*pair)[0].string() != nullptr && (*pair)[1].string() != nullptr;
    if (!whole) return Refuse(absl::StrCat(key, ": not a list of pairs"));
    take(*(*pair)[0].string(), *(*pair)[1].string());
  }
}

void Fields::Within(absl::string_view key, absl::FunctionRef<void(Fields&)> read) {
  const Value* found = Find(key);
  if (found == nullptr) return;
  Fields inner(*found, absl::StrCat(what_, ": ", key));
  read(inner);
  if (status_.ok()) status_ = inner.status();
}

void Fields::Refuse(absl::string_view why) {
  if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat(what_, ": ", why));
}

}  // namespace expq::submission
