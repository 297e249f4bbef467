#include "cli/output_book.h"

#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/status/status.h"

namespace expq::cli {

OutputBook::OutputBook(fs::Filesystem& fs, const Place& place)
    : fs_(fs), file_(fs::Join(place.repository->git_dir(), "expq/outputs")) {
  const auto text = fs_.Read(file_);
  const auto parsed = params::ParseJson(text.ok() ? *text : "[]", file_);
  if (!parsed.ok() || !parsed->is_list()) return;
  for (const value::Value& item : *parsed->list()) {
    if (item.is_string()) before_.insert(*item.string());
  }
  paths_ = before_;
}

absl::Status OutputBook::Save() {
  if (paths_ == before_) return absl::OkStatus();
  value::List list;
  for (const std::string& path : paths_) list.emplace_back(path);
  RETURN_IF_ERROR(fs_.MakeDirs(fs::Dirname(file_)));
  return fs_.Write(file_, absl::StrCat(value::ToJson(value::Value(std::move(list))), "\n"), fs::Durability::kAtomic);
}

}  // namespace expq::cli
