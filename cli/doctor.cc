#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/dvc_config.h"
#include "cli/json.h"
#include "cli/local_layout.h"
#include "cli/quantity.h"
#include "common/blob/objects.h"
#include "common/pipeline/pipeline.h"
#include "common/process/runners.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

// Below this a run soon meets a full disk.
constexpr int64_t kLittleSpace = int64_t{1} << 30;
// 2024-01-01: a clock before it was never set.
constexpr int64_t kSaneTime = 1704067200;

struct Finding {
  std::string what;
  bool good = true;
  std::string text;
  std::string hint;
};

Finding From(const std::string& what, const absl::Status& status, const std::string& good_text) {
  if (status.ok()) return {what, true, good_text, ""};
  return {what, false, std::string(status.message()), status::Hint(status)};
}

std::string Counted(size_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

class DoctorCommand : public Command {
 public:
  void Declare(OptionTable&) override {}

  absl::StatusOr<ExitCode> Run(Context& context) override {
    CheckRepository(context);
    CheckSupervisor();
    CheckScheduler(context);
    CheckClock(context);
    bool good = true;
    for (const Finding& finding : findings_) good = good && finding.good;
    context.terminal.Out(context.globals.json ? Json() : Text(context));
    return good ? ExitCode::kDone : ExitCode::kFailed;
  }

 private:
  void CheckRepository(const Context& context) {
    const absl::StatusOr<Place> place = FindPlace(context);
    findings_.push_back(From("repository", place.status(), place.ok() ? place->root : ""));
    if (!place.ok()) return;
    const auto head = HeadOf(*place);
    findings_.push_back(From("commit", head.status(), head.ok() ? head->value : ""));
    CheckPipeline(context, *place);
    CheckCache(context, *place);
    CheckDisk(context, *place);
  }

  void CheckPipeline(const Context& context, const Place& place) {
    if (!context.fs.Exists(fs::Join(place.dvc_root, "dvc.yaml"))) {
      findings_.push_back(
          {"pipeline", false, "no dvc.yaml in " + place.dvc_root, "write one that says how your code runs"});
      return;
    }
    const auto pipeline = pipeline::Load(context.fs, place.dvc_root);
    findings_.push_back(
        From("pipeline", pipeline.status(), pipeline.ok() ? Counted(pipeline->stages.size(), "stage") : ""));
  }

  // Tries the links between the cache and the place where workspaces are, with a real file.
  void CheckCache(const Context& context, const Place& place) {
    const LocalLayout layout(place.repository->common_dir());
    const auto settings = ReadCacheSettings(context.fs, context.environment, place.dvc_root, layout.Cache());
    if (!settings.ok()) return findings_.push_back(From("cache", settings.status(), ""));
    const std::string id = random::HexId(context.random, 8);
    const std::string from = fs::Join(settings->dir, "doctor-" + id), to = fs::Join(layout.Temporary(), "doctor-" + id);
    absl::Status made = blob::MakeFolder(context.fs, settings->dir, settings->shared);
    if (made.ok()) made = context.fs.MakeDirs(layout.Temporary());
    if (made.ok()) made = context.fs.Write(from, "doctor", fs::Durability::kAtomic, 0666);
    std::string works;
    for (const fs::LinkKind kind : settings->attempt_link_kinds) {
      if (made.ok() && works.empty() && context.fs.Link(kind, from, to).ok()) works = LinkName(kind);
    }
    context.fs.Remove(to).IgnoreError();
    context.fs.Remove(from).IgnoreError();
    if (!made.ok()) return findings_.push_back(From("cache", made, ""));
    const bool slow = works.empty() || works == "copy";
    findings_.push_back({"cache", !works.empty(),
                         absl::StrCat(settings->dir, " (", works.empty() ? "no link works" : works, ")"),
                         slow ? "a cache on the same disk can be linked: no copies" : ""});
  }

  static std::string LinkName(fs::LinkKind kind) {
    switch (kind) {
      case fs::LinkKind::kReflink:
        return "reflink";
      case fs::LinkKind::kHardlink:
        return "hard link";
      case fs::LinkKind::kSymlink:
        return "symlink";
      case fs::LinkKind::kCopy:
        return "copy";
    }
    return "";
  }

  void CheckDisk(const Context& context, const Place& place) {
    const auto free = context.fs.FreeBytes(place.root);
    const bool good = !free.ok() || *free >= kLittleSpace;
    findings_.push_back({"disk", good, free.ok() ? absl::StrCat(ShortSize(*free), " free") : "unknown",
                         good ? "" : "make room: experiments need it for workspaces and cache"});
  }

  void CheckSupervisor() {
    const auto program = process::FindSupervisor();
    findings_.push_back(From("supervisor", program.status(), program.ok() ? *program : ""));
  }

  // The same question shows whether a local store is healthy and whether a remote scheduler answers.
  void CheckScheduler(const Context& context) {
    auto connection = Connect(context, Access::kRead);
    const bool remote = connection.ok() && connection->house->local() == nullptr;
    const std::string what = remote ? "scheduler" : "queue";
    if (!connection.ok()) return findings_.push_back(From(what, connection.status(), ""));
    const auto listed = connection->house->queue().List({.project = connection->project});
    findings_.push_back(From(what, listed.status(), listed.ok() ? Counted(listed->size(), "experiment") : ""));
  }

  void CheckClock(const Context& context) {
    const bool sane = absl::ToUnixSeconds(context.clock.Now()) > kSaneTime;
    findings_.push_back({"clock", sane, Rfc3339(context.clock.Now()), sane ? "" : "set this machine's clock"});
  }

  std::string Json() const {
    value::List list;
    for (const Finding& finding : findings_) {
      value::Map map;
      map.Set("check", finding.what);
      map.Set("ok", finding.good);
      map.Set("message", finding.text);
      map.Set("hint", TextOrNull(finding.hint));
      list.emplace_back(std::move(map));
    }
    value::Map root = Versioned();
    root.Set("checks", value::Value(std::move(list)));
    return JsonLine(std::move(root));
  }

  std::string Text(const Context& context) const {
    std::string out;
    for (const Finding& finding : findings_) {
      const std::string mark = finding.good ? context.terminal.PaintOut(Style::kGreen, "ok ")
                                            : context.terminal.PaintOut(Style::kRed, "bad");
      absl::StrAppend(&out, mark, " ", finding.what, ": ", finding.text, "\n");
      if (!finding.hint.empty()) absl::StrAppend(&out, "    hint: ", finding.hint, "\n");
    }
    return out;
  }

  std::vector<Finding> findings_;
};

}  // namespace

CommandInfo DoctorInfo() {
  return {.name = "doctor",
          .summary = "check this machine, the repository, the queue and the clock",
          .details = "",
          .examples = {"expq doctor"},
          .group = Group::kDaemons,
          .formats = Formats::kJson,
          .make = &Make<DoctorCommand>};
}

}  // namespace expq::cli
