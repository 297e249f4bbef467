#include "cli/data_checkout.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/json.h"
#include "cli/output_book.h"
#include "common/pipeline/data_targets.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

// Enough to know what it is about.
constexpr size_t kMostNamed = 5;

std::string Named(const std::vector<std::string>& paths) {
  const size_t shown = std::min(paths.size(), kMostNamed);
  const std::string text = absl::StrJoin(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(shown), ", ");
  return paths.size() > shown ? absl::StrCat(text, " and ", paths.size() - shown, " more") : text;
}

class DataCheckout {
 public:
  DataCheckout(const Context& context, DataSite& site, const CheckoutOptions& options)
      : context_(context), site_(site), options_(options), book_(context.fs, site.place()) {}

  absl::StatusOr<CheckoutReport> Run() {
    ASSIGN_OR_RETURN(const std::vector<pipeline::DataTarget> targets,
                     pipeline::SelectData(context_.fs, site_.root(), site_.pipeline(), site_.outs(),
                                          {.targets = options_.targets,
                                           .subdir = site_.place().dvc_subdir,
                                           .recursive = options_.recursive,
                                           .with_deps = options_.with_deps}));
    for (const pipeline::DataTarget& target : targets) RETURN_IF_ERROR(Plan(target));
    if (options_.targets.empty()) RETURN_IF_ERROR(PlanForgotten());
    if (!options_.force) RETURN_IF_ERROR(RefuseLoss());
    for (const Step& step : steps_) RETURN_IF_ERROR(Take(step));
    for (std::vector<std::string>* list : {&report_.modified, &report_.added, &report_.deleted}) Order(*list);
    RETURN_IF_ERROR(book_.Save());
    return std::move(report_);
  }

 private:
  struct Step {
    const pipeline::RecordedOut* out;  // null = an output that nothing records any more
    std::string path;                  // root-relative
    blob::CheckoutPlan plan;
  };

  absl::Status Plan(const pipeline::DataTarget& target) {
    const pipeline::RecordedOut& out = site_.outs()[static_cast<size_t>(target.out)];
    if (!out.cache) return absl::OkStatus();
    if (!out.content.has_value()) {
      report_.failed.push_back(absl::StrCat(site_.Shown(out.path), ": ", out.owner, " has not recorded it yet"));
      return absl::OkStatus();
    }
    absl::StatusOr<blob::CheckoutPlan> plan = site_.cache().PlanCheckout({.digest = out.content->digest,
                                                                          .path = site_.PathOf(out.path),
                                                                          .is_exec = out.content->is_exec,
                                                                          .within = target.within,
                                                                          .relink = options_.relink});
    if (absl::IsNotFound(plan.status()) || absl::IsDataLoss(plan.status())) {
      Fail(out, plan.status());
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(plan.status());
    ASSIGN_OR_RETURN(const std::vector<digest::Digest> missing,
                     site_.cache().Missing(experiment::ProjectName(""), plan->wants));
    if (!missing.empty()) {
      Fail(out, absl::NotFoundError(absl::StrCat("object ", missing.front().text(), " is not in the cache")));
      return absl::OkStatus();
    }
    steps_.push_back({.out = &out, .path = out.path, .plan = *std::move(plan)});
    return absl::OkStatus();
  }

  void Fail(const pipeline::RecordedOut& out, const absl::Status& why) {
    report_.failed.push_back(absl::StrCat(site_.Shown(out.path), ": ", why.message()));
  }

  // What an earlier checkout put there and nothing records any more (another branch): it goes when the cache has it.
  absl::Status PlanForgotten() {
    std::set<std::string> recorded;
    for (const pipeline::RecordedOut& out : site_.outs()) recorded.insert(out.path);
    for (const std::string& path : book_.Paths()) {
      if (recorded.contains(path)) continue;
      const bool overlaps = std::any_of(recorded.begin(), recorded.end(), [&](const std::string& other) {
        return fs::IsWithin(other, path) || fs::IsWithin(path, other);
      });
      const std::string full = site_.PathOf(path);
      const absl::StatusOr<fs::FileInfo> there = context_.fs.Lstat(full);
      const bool gone = !there.ok() || overlaps || site_.place().repository->IsTracked(site_.place().TreePath(path));
      if (!gone) {
        ASSIGN_OR_RETURN(const blob::Content content, site_.cache().Hash(full));
        // Changed by somebody since: no longer ours to remove.
        if (!site_.cache().HasAll(content.digest)) continue;
        blob::CheckoutPlan plan{.root = full, .existed = true, .trees = {full}};
        steps_.push_back({.out = nullptr, .path = path, .plan = std::move(plan)});
      }
      book_.Forget(path);
    }
    return absl::OkStatus();
  }

  absl::Status RefuseLoss() const {
    std::vector<std::string> lost;
    for (const Step& step : steps_) {
      for (const std::string& path : step.plan.unsaved) lost.push_back(fs::Relative(path, context_.cwd));
    }
    if (lost.empty()) return absl::OkStatus();
    return status::WithHint(
        absl::FailedPreconditionError(
            absl::StrCat("nothing was changed: ", lost.size() == 1 ? "a file" : absl::StrCat(lost.size(), " files"),
                         " would be lost that the cache does not have: ", Named(lost))),
        "expq commit or expq add keeps them, --force drops them");
  }

  absl::Status Take(const Step& step) {
    if (step.out == nullptr) {
      report_.deleted.push_back(site_.Shown(step.path));
      ++report_.files_deleted;
      return context_.fs.RemoveTree(step.plan.root);
    }
    const absl::Status applied = site_.cache().Apply(step.plan);
    if (absl::IsNotFound(applied) || absl::IsDataLoss(applied)) {
      Fail(*step.out, applied);
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(applied);
    book_.Remember(step.path);
    if (step.plan.existed && step.plan.ChangesNothing()) return absl::OkStatus();
    (step.plan.existed ? report_.modified : report_.added).push_back(site_.Shown(step.path));
    report_.files_added += step.plan.added();
    report_.files_modified += step.plan.modified();
    report_.files_deleted += step.plan.deleted();
    return absl::OkStatus();
  }

  static void Order(std::vector<std::string>& paths) {
    std::sort(paths.begin(), paths.end(), [](const std::string& a, const std::string& b) {
      const bool a_is_file = !absl::EndsWith(a, "/"), b_is_file = !absl::EndsWith(b, "/");
      return a_is_file != b_is_file ? b_is_file : a < b;
    });
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  }

  const Context& context_;
  DataSite& site_;
  const CheckoutOptions& options_;
  OutputBook book_;
  std::vector<Step> steps_;
  CheckoutReport report_;
};

value::Value TextList(const std::vector<std::string>& texts) {
  value::List list;
  for (const std::string& text : texts) list.emplace_back(text);
  return value::Value(std::move(list));
}

}  // namespace

void CheckoutReport::Add(const CheckoutReport& second) {
  modified.insert(modified.end(), second.modified.begin(), second.modified.end());
  added.insert(added.end(), second.added.begin(), second.added.end());
  deleted.insert(deleted.end(), second.deleted.begin(), second.deleted.end());
  failed = second.failed;
  files_modified += second.files_modified;
  files_added += second.files_added;
  files_deleted += second.files_deleted;
}

absl::StatusOr<CheckoutReport> CheckoutData(const Context& context, DataSite& site, const CheckoutOptions& options) {
  return DataCheckout(context, site, options).Run();
}

absl::Status FailureOf(const CheckoutReport& report, const CheckoutOptions& options) {
  if (report.failed.empty() || options.allow_missing) return absl::OkStatus();
  const std::string text =
      report.failed.size() == 1
          ? report.failed[0]
          : absl::StrCat(report.failed.size(),
                         " outputs could not be checked out: ", absl::StrJoin(report.failed, "; "));
  return status::WithHint(absl::UnknownError(text), "expq fetch brings what a remote has");
}

std::string CheckoutLines(const Context& context, const CheckoutReport& report) {
  std::string out;
  const auto add = [&](char letter, Style style, const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      absl::StrAppend(&out, context.terminal.PaintOut(style, std::string(1, letter)), "\t", path, "\n");
    }
  };
  add('M', Style::kYellow, report.modified);
  add('A', Style::kGreen, report.added);
  add('D', Style::kRed, report.deleted);
  return out;
}

std::string CheckoutJson(const CheckoutReport& report) {
  value::Map root = Versioned();
  root.Set("modified", TextList(report.modified));
  root.Set("added", TextList(report.added));
  root.Set("deleted", TextList(report.deleted));
  root.Set("failed", TextList(report.failed));
  value::Map files;
  files.Set("modified", report.files_modified);
  files.Set("added", report.files_added);
  files.Set("deleted", report.files_deleted);
  root.Set("files", value::Value(std::move(files)));
  return JsonLine(std::move(root));
}

std::string CountedFiles(int64_t count, absl::string_view verb) {
  return count == 0 ? "" : absl::StrCat(count, count == 1 ? " file " : " files ", verb);
}

std::string Summary(const CheckoutReport& report, absl::string_view none) {
  std::vector<std::string> parts = {CountedFiles(report.files_modified, "modified"),
                                    CountedFiles(report.files_added, "added"),
                                    CountedFiles(report.files_deleted, "deleted")};
  std::erase(parts, "");
  if (parts.empty()) return std::string(none);
  const std::string last = parts.back();
  parts.pop_back();
  return parts.empty() ? last : absl::StrCat(absl::StrJoin(parts, ", "), " and ", last);
}

}  // namespace expq::cli
