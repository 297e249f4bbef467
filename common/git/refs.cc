#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/git/open_repository.h"
#include "common/git/ref_files.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

absl::Status CheckRefName(const std::string& ref) {
  StartLibrary();
  int valid = 0;
  if (!absl::StartsWith(ref, "refs/") || git_reference_name_is_valid(&valid, ref.c_str()) != 0 || valid == 0) {
    return absl::InvalidArgumentError(absl::StrCat("'", ref, "' is not a name for a ref"));
  }
  return absl::OkStatus();
}

}  // namespace

std::string ResultRef(const CommitId& baseline, absl::string_view name) {
  absl::string_view hex = baseline.value;
  size_t split = std::min<size_t>(2, hex.size());
  return absl::StrCat("refs/exps/", hex.substr(0, split), "/", hex.substr(split), "/", name);
}

std::string SubmissionRef(const experiment::SubmissionId& id) { return absl::StrCat("refs/expq/queue/", id.value); }

absl::Status Repository::SetRef(const std::string& ref, const CommitId& id, std::optional<CommitId> expected) const {
  RETURN_IF_ERROR(CheckRefName(ref));
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  RETURN_IF_ERROR(open->FindCommit(id).status());
  std::optional<std::string> value;
  if (expected.has_value()) value = expected->value;
  return RefFiles(layout_.common_dir).Write(ref, id.value, value);
}

absl::Status Repository::DeleteRefs(const std::vector<std::string>& refs) const {
  std::vector<RefRemoval> removals;
  for (const std::string& ref : refs) {
    RETURN_IF_ERROR(CheckRefName(ref));
    removals.push_back({.ref = ref, .expected = std::nullopt});
  }
  return RefFiles(layout_.common_dir).Remove(removals);
}

absl::Status Repository::DeleteRefsIf(const std::vector<RefDeletion>& refs) const {
  std::vector<RefRemoval> removals;
  for (const RefDeletion& deletion : refs) {
    RETURN_IF_ERROR(CheckRefName(deletion.ref));
    removals.push_back({.ref = deletion.ref, .expected = deletion.expected.value});
  }
  return RefFiles(layout_.common_dir).Remove(removals);
}

bool Repository::HasRef(const std::string& ref) const {
  auto value = RefFiles(layout_.common_dir).Read(ref);
  return CheckRefName(ref).ok() && value.ok() && !value->empty();
}

absl::StatusOr<std::map<std::string, CommitId>> Repository::Refs(const std::string& prefix) const {
  ASSIGN_OR_RETURN(auto refs, RefFiles(layout_.common_dir).List(prefix));
  std::map<std::string, CommitId> commits;
  for (auto& [ref, hex] : refs) commits.emplace_hint(commits.end(), ref, CommitId{std::move(hex)});
  return commits;
}

absl::StatusOr<std::vector<RefLogEntry>> Repository::RefLog(const std::string& ref) const {
  RETURN_IF_ERROR(CheckRefName(ref));
  const auto bytes = fs::PosixFilesystem().Read(fs::Join(fs::Join(layout_.common_dir, "logs"), ref));
  if (absl::IsNotFound(bytes.status())) return std::vector<RefLogEntry>{};
  RETURN_IF_ERROR(bytes.status());
  std::vector<RefLogEntry> entries;
  for (const absl::string_view line : absl::StrSplit(*bytes, '\n', absl::SkipEmpty())) {
    // "OLD NEW NAME <MAIL> TIME ZONE\tMESSAGE"; git itself passes over other lines.
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits('\t', 1));
    const std::vector<absl::string_view> words = absl::StrSplit(parts.first, absl::MaxSplits(' ', 2));
    if (words.size() < 3 || words[1].size() != 40) continue;
    entries.push_back({.id = CommitId{std::string(words[1])}, .message = std::string(parts.second)});
  }
  std::reverse(entries.begin(), entries.end());
  return entries;
}

}  // namespace expq::git
