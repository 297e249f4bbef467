#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/history_reader.h"
#include "cli/report.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using experiment::Experiment;
using experiment::State;

struct Word {
  const char* dvcs;
  const char* ours;
};

constexpr Word kWords[] = {{"run", "run, submit and run-all"},
                           {"show", "show"},
                           {"list", "list"},
                           {"ls", "list"},
                           {"remove", "remove"},
                           {"rm", "remove"},
                           {"rename", "rename"}};

// `exp gc`, which DVC 3 took away, and for the rest of `exp` what it is called here.
class ExpCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("gc", &words_, "the only one that is called so here too", 1, 1);
    table.Flag("-w,--workspace", &workspace_, "keep the experiments of HEAD");
    table.Flag("-a,--all-branches", &kept_.all_branches, "keep those, and those of the tips of all branches");
    table.Flag("-T,--all-tags", &kept_.all_tags, "keep those, and those of all tags");
    table.Flag("-A,--all-commits", &kept_.all_commits, "keep those, and those of all commits");
    table.Text("--rev", "REV", &kept_.rev, "keep those, and those of this revision");
    table.Number("-n,--num", "N", &kept_.num, "with --rev: of that many commits from there", 1);
    table.Text("--date", "YYYY-MM-DD", &date_, "keep those, and those of commits from that day on");
    table.Flag("--queued", &queued_, "keep all that is queued");
    table.Flag("-f,--force", &force_, "do it");
  }

  // Options of DVC's other commands are none of this one: the word is what there is to be said about.
  void TakeWords(const OptionTable& /*options*/, std::vector<std::string>& args) override {
    for (const std::string& arg : args) {
      if (absl::StartsWith(arg, "-")) continue;
      if (arg != "gc") args = {arg};
      return;
    }
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    if (words_[0] != "gc") return Elsewhere(words_[0]);
    SayWarnings(context, {"DVC 3 has no 'exp gc' any more; expq remove forgets experiments by name or state"});
    RETURN_IF_ERROR(CheckOptions());
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kWrite));
    if (!connection.place.has_value()) return absl::InvalidArgumentError("exp gc needs the repository's commits");
    ASSIGN_OR_RETURN(const std::set<std::string> kept, KeptBaselines(*connection.place));
    ASSIGN_OR_RETURN(const std::vector<Experiment> gone, Gone(connection, kept));
    const std::vector<std::string> refs = GoneResults(*connection.place, kept);
    if (!force_) {
      return status::WithHint(absl::FailedPreconditionError(absl::StrCat("nothing was removed: would remove ",
                                                                         std::max(gone.size(), refs.size()),
                                                                         " experiments of other commits")),
                              "--force does it");
    }
    experiment::Selection selection{.project = connection.project, .selectors = {}};
    for (const Experiment& one : gone) selection.selectors.push_back(one.id.value);
    std::vector<Experiment> removed;
    if (!gone.empty()) {
      ASSIGN_OR_RETURN(removed, connection.house->queue().Remove(selection));
    }
    RETURN_IF_ERROR(connection.place->repository->DeleteRefs(refs));
    ReportChanged(context, "removed", removed);
    return ExitCode::kDone;
  }

 private:
  static absl::Status Elsewhere(const std::string& word) {
    for (const Word& known : kWords) {
      if (word != known.dvcs) continue;
      return status::WithHint(absl::InvalidArgumentError(absl::StrCat("there is no 'exp ", word, "'")),
                              absl::StrCat("here it is expq ", known.ours));
    }
    return status::WithHint(absl::InvalidArgumentError(absl::StrCat("there is no 'exp ", word, "'")),
                            absl::StrCat("dvc exp ", word, " works on the same results"));
  }

  absl::Status CheckOptions() {
    if (!date_.empty()) {
      ASSIGN_OR_RETURN(kept_.since, SecondsOfDate(date_));
    }
    if (workspace_ || kept_.any()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "say of which commits to keep them: --workspace, --all-branches, --all-tags, --all-commits, --date or --rev");
  }

  absl::StatusOr<std::set<std::string>> KeptBaselines(const Place& place) const {
    std::set<std::string> kept;
    ASSIGN_OR_RETURN(const experiment::CommitId head, HeadOf(place));
    kept.insert(head.value);
    if (!kept_.any()) return kept;
    ASSIGN_OR_RETURN(const std::vector<git::CommitId> commits, CommitsOf(*place.repository, kept_));
    for (const git::CommitId& commit : commits) kept.insert(commit.value);
    return kept;
  }

  absl::StatusOr<std::vector<Experiment>> Gone(Connection& connection, const std::set<std::string>& kept) const {
    ASSIGN_OR_RETURN(std::vector<Experiment> all, connection.house->queue().List({.project = connection.project}));
    std::erase_if(all, [&](const Experiment& one) {
      return kept.contains(one.baseline.value) || one.state == State::kRunning ||
             (queued_ && one.state == State::kQueued);
    });
    return all;
  }

  // refs/exps/<2>/<38>/<name>, also of results that DVC made; all else below refs/exps is DVC's own business.
  static std::vector<std::string> GoneResults(const Place& place, const std::set<std::string>& kept) {
    constexpr size_t kNameStart = 10 + 2 + 1 + 38 + 1;
    std::vector<std::string> gone;
    const auto refs = place.repository->Refs("refs/exps/");
    if (!refs.ok()) return gone;
    for (const auto& [ref, commit] : *refs) {
      if (ref.size() <= kNameStart || ref[12] != '/' || ref[kNameStart - 1] != '/') continue;
      const std::string baseline = absl::StrCat(ref.substr(10, 2), ref.substr(13, 38));
      const bool is_id = baseline.find_first_not_of("0123456789abcdef") == std::string::npos;
      if (is_id && !kept.contains(baseline)) gone.push_back(ref);
    }
    return gone;
  }

  std::vector<std::string> words_;
  bool workspace_ = false;
  Revisions kept_;
  std::string date_;
  bool queued_ = false;
  bool force_ = false;
};

}  // namespace

CommandInfo ExpInfo() {
  return {.name = "exp",
          .summary = "DVC's words for experiments",
          .details = "",
          .examples = {"expq exp gc -w -f"},
          .group = Group::kOther,
          .formats = Formats::kJson,
          .make = &Make<ExpCommand>};
}

}  // namespace expq::cli
