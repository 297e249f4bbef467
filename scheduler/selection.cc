#include "scheduler/selection.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/status.h"
#include "scheduler/core/limits.h"
#include "scheduler/core/names.h"
#include "scheduler/core/requests.h"

namespace expq::scheduler {
namespace {

using core::Entry;
using experiment::ProjectName;
using experiment::State;

// Two are enough to know that a prefix is not unique; one row may come twice (by id and by revision).
constexpr int kPrefixMatches = 3;

absl::Status NotFound(store::Reader& rows, const ProjectName& project, const std::string& selector) {
  ASSIGN_OR_RETURN(std::vector<std::string> names, rows.Names(project));
  auto near = core::NearName(selector, names);
  return status::WithHint(absl::NotFoundError(absl::StrCat("no experiment '", selector, "'")),
                          near ? absl::StrCat("did you mean '", *near, "'?") : "expq queue and expq show list them");
}

absl::StatusOr<std::vector<Entry>> ByPrefix(store::Reader& rows, const ProjectName& project, const std::string& text) {
  if (!core::LooksLikeHex(text)) return std::vector<Entry>();
  ASSIGN_OR_RETURN(std::vector<Entry> matches, rows.LoadPrefix(project, text, kPrefixMatches));
  std::ranges::sort(matches, {}, &Entry::sequence);
  auto same = [](const Entry& a, const Entry& b) { return a.id == b.id; };
  matches.erase(std::unique(matches.begin(), matches.end(), same), matches.end());
  return matches;
}

}  // namespace

absl::StatusOr<Entry> Resolve(store::Reader& rows, const ProjectName& project, const std::string& selector) {
  ASSIGN_OR_RETURN(std::vector<Entry> named, rows.LoadNamed(project, selector));
  if (!named.empty()) return core::DecideMeant(selector, named);
  ASSIGN_OR_RETURN(std::vector<Entry> matches, ByPrefix(rows, project, absl::AsciiStrToLower(selector)));
  if (matches.size() == 1) return std::move(matches.front());
  if (matches.empty()) return NotFound(rows, project, selector);
  std::string names = absl::StrJoin(
      matches, ", ", [](std::string* out, const Entry& e) { absl::StrAppend(out, e.name, " (", e.id.value, ")"); });
  return absl::InvalidArgumentError(absl::StrCat("'", selector, "' could be ", names));
}

absl::StatusOr<std::vector<Entry>> ResolveAll(store::Reader& rows, const ProjectName& project,
                                              const std::vector<std::string>& selectors) {
  std::map<int64_t, Entry> found;
  for (const std::string& selector : selectors) {
    ASSIGN_OR_RETURN(Entry entry, Resolve(rows, project, selector));
    found.emplace(entry.sequence, std::move(entry));
  }
  std::vector<Entry> entries;
  for (auto& [sequence, entry] : found) entries.push_back(std::move(entry));
  return entries;
}

absl::StatusOr<std::vector<Entry>> Select(store::Reader& rows, const experiment::Selection& selection,
                                          absl::FunctionRef<bool(const Entry&)> fits) {
  bool group = selection.all || selection.all_failed || selection.all_queued;
  if (!group) {
    if (selection.selectors.empty()) return absl::InvalidArgumentError("no experiment was named");
    return ResolveAll(rows, selection.project, selection.selectors);
  }
  std::vector<State> states;
  if (!selection.all && selection.all_failed) states.push_back(State::kFailed);
  if (!selection.all && selection.all_queued) states.push_back(State::kQueued);
  ASSIGN_OR_RETURN(std::vector<Entry> entries, rows.LoadProject(selection.project, states));
  std::erase_if(entries, [&](const Entry& entry) { return !fits(entry); });
  if (!selection.selectors.empty()) {
    ASSIGN_OR_RETURN(std::vector<Entry> named, ResolveAll(rows, selection.project, selection.selectors));
    std::ranges::move(named, std::back_inserter(entries));
    std::ranges::sort(entries, {}, &Entry::sequence);
    auto same = [](const Entry& a, const Entry& b) { return a.id == b.id; };
    entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  }
  return entries;
}

}  // namespace expq::scheduler
