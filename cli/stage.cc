#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/commands.h"
#include "cli/dvc_config.h"
#include "cli/json.h"
#include "cli/place.h"
#include "cli/report.h"
#include "cli/stage_add.h"
#include "cli/table.h"
#include "common/pipeline/paths.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

// DVC's limit for a line of the list, in characters.
constexpr size_t kDescriptionLength = 80;

// A stage or a .dvc file, in words.
struct Listed {
  std::string address;
  std::string description;
  value::Value cmd;  // null for a .dvc file
};

std::string Shortened(const std::string& text) {
  size_t characters = 0;
  size_t before_last = 0;  // where the text ends when one more character does not fit
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    ++characters;
    if (characters == kDescriptionLength) before_last = i;
    if (characters > kDescriptionLength) return absl::StrCat(text.substr(0, before_last), "…");
  }
  return text;
}

// The first line of its description; without one, what it makes or needs, as DVC says it.
std::string Description(const pipeline::Stage& stage) {
  for (const absl::string_view line : absl::StrSplit(stage.desc, '\n', absl::SkipEmpty())) {
    return std::string(absl::StripAsciiWhitespace(line));
  }
  std::vector<std::string> outs, reports, deps;
  for (const pipeline::Output& out : stage.outs) {
    (out.kind == pipeline::OutputKind::kOut ? outs : reports).push_back(out.path);
  }
  for (const pipeline::Dependency& dep : stage.deps) deps.push_back(dep.path);
  for (const pipeline::ParamDependency& params : stage.params) deps.push_back(params.path);
  std::vector<std::string> parts;
  if (!outs.empty()) parts.push_back(absl::StrCat("Outputs ", absl::StrJoin(outs, ", ")));
  if (!reports.empty()) parts.push_back(absl::StrCat("Reports ", absl::StrJoin(reports, ", ")));
  if (!parts.empty()) return absl::StrJoin(parts, "; ");
  return deps.empty() ? "No outputs or dependencies" : absl::StrCat("Depends on ", absl::StrJoin(deps, ", "));
}

// What a list is about, each once.
class Listing {
 public:
  Listing(const pipeline::Pipeline& pipeline, std::string subdir) : pipeline_(pipeline), subdir_(std::move(subdir)) {}

  void AddAll() {
    for (const pipeline::Stage& stage : pipeline_.stages) AddStage(stage);
    for (const pipeline::DataSource& source : pipeline_.sources) AddFile(source.file);
  }

  absl::Status AddTarget(const std::string& target, const pipeline::TargetOptions& options) {
    ASSIGN_OR_RETURN(const std::vector<int> stages, pipeline::SelectTargets(pipeline_, {target}, subdir_, options));
    for (const int stage : stages) AddStage(pipeline_.stages[static_cast<size_t>(stage)]);
    const std::string path = fs::Normalize(fs::Join(subdir_, target));
    for (const pipeline::DataSource& source : pipeline_.sources) {
      const bool below = options.recursive && (path == "." || fs::IsWithin(source.file, path));
      if (below || source.file == path) AddFile(source.file);
    }
    return absl::OkStatus();
  }

  const std::vector<Listed>& entries() const { return entries_; }

 private:
  // As seen from the folder where we stand, as by DVC.
  std::string Address(const std::string& file, const std::string& name) const {
    const std::string seen = fs::Relative(file, fs::Normalize(subdir_));
    if (name.empty()) return seen;
    return seen == "dvc.yaml" ? name : absl::StrCat(seen, ":", name);
  }

  void Add(Listed entry) {
    if (known_.insert(entry.address).second) entries_.push_back(std::move(entry));
  }

  void AddStage(const pipeline::Stage& stage) {
    Add({.address = Address(stage.file, stage.name), .description = Shortened(Description(stage)), .cmd = stage.cmd});
  }

  void AddFile(const std::string& file) {
    std::vector<std::string> outs;
    for (const pipeline::DataSource& source : pipeline_.sources) {
      if (source.file == file) outs.push_back(fs::Relative(source.path, fs::Dirname(file)));
    }
    Add({.address = Address(file, ""), .description = Shortened(absl::StrCat("Outputs ", absl::StrJoin(outs, ", ")))});
  }

  const pipeline::Pipeline& pipeline_;
  const std::string subdir_;
  std::vector<Listed> entries_;
  std::set<std::string> known_;
};

class StageCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("add|list", &words_, "add: then the command that the stage runs; list: then what to list", 1);
    add_.Declare(table);
    table.Flag("--all", &all_, "list: everything in the repository");
    table.Flag("-R,--recursive", &options_.recursive, "list: a folder stands for what is defined in and below it");
    table.Flag("--name-only", &name_only_, "list: names alone, one a line");
    table.Flag("--fail", &fail_, "list: end with an error for a file that cannot be read");
  }

  // After `add` and its options everything is the stage's command.
  void TakeWords(const OptionTable& options, std::vector<std::string>& args) override {
    bool adds = false;
    for (size_t i = 0; i < args.size(); ++i) {
      if (adds && args[i] == "--") {
        command_.assign(args.begin() + static_cast<std::ptrdiff_t>(i) + 1, args.end());
      } else if (absl::StartsWith(args[i], "-") && args[i] != "-") {
        const Option* option = options.Find(args[i]);
        if (option != nullptr && !option->value_name.empty()) ++i;
        continue;
      } else if (!adds) {
        if (args[i] != "add") return;
        adds = true;
        continue;
      } else {
        command_.assign(args.begin() + static_cast<std::ptrdiff_t>(i), args.end());
      }
      args.resize(i);
      return;
    }
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    if (words_[0] == "add") {
      RETURN_IF_ERROR(add_.Run(context, command_));
      return ExitCode::kDone;
    }
    if (words_[0] == "list") return List(context);
    return status::WithHint(absl::InvalidArgumentError(absl::StrCat("unknown command 'stage ", words_[0], "'")),
                            "there are 'stage add' and 'stage list'");
  }

 private:
  absl::StatusOr<ExitCode> List(const Context& context) {
    ASSIGN_OR_RETURN(const Place place, FindPlace(context));
    ASSIGN_OR_RETURN(const config::Config config, ReadDvcConfig(context.fs, context.environment, place.dvc_root));
    std::vector<pipeline::BrokenFile> broken;
    ASSIGN_OR_RETURN(const pipeline::Pipeline pipeline,
                     pipeline::LoadReadable(context.fs, place.dvc_root, config.parsing, broken));
    if (fail_ && !broken.empty()) return broken.front().error;
    // As DVC: what cannot be read has no stages.
    for (const pipeline::BrokenFile& file : all_ || options_.recursive ? broken : std::vector<pipeline::BrokenFile>{}) {
      context.terminal.Talk(absl::StrCat("warning: ", file.error.message()));
    }
    Listing listing(pipeline, place.dvc_subdir);
    std::vector<std::string> targets(words_.begin() + 1, words_.end());
    if (targets.empty()) targets.emplace_back("dvc.yaml");
    if (all_) listing.AddAll();
    for (const std::string& target : all_ ? std::vector<std::string>{} : targets) {
      RETURN_IF_ERROR(Unbroken(place, target, broken));
      RETURN_IF_ERROR(listing.AddTarget(target, options_));
    }
    Print(context, listing.entries());
    return ExitCode::kDone;
  }

  // The error of the file that the target stands in: its own, or the dvc.yaml here.
  static absl::Status Unbroken(const Place& place, const std::string& target,
                               const std::vector<pipeline::BrokenFile>& broken) {
    const size_t colon = target.find(':');
    const bool names_file = colon != std::string::npos || pipeline::IsPipelineFileName(fs::Basename(target));
    const std::string file = names_file ? target.substr(0, colon) : "dvc.yaml";
    for (const pipeline::BrokenFile& each : broken) {
      if (each.file == fs::Normalize(fs::Join(place.dvc_subdir, file))) return each.error;
    }
    return absl::OkStatus();
  }

  void Print(const Context& context, const std::vector<Listed>& entries) const {
    if (context.globals.json) {
      value::List stages;
      for (const Listed& entry : entries) {
        value::Map stage;
        stage.Set("stage", entry.address);
        stage.Set("description", entry.description);
        stage.Set("cmd", entry.cmd);
        stages.emplace_back(std::move(stage));
      }
      value::Map root = Versioned();
      root.Set("stages", std::move(stages));
      context.terminal.Out(JsonLine(std::move(root)));
      return;
    }
    int width = 0;
    for (const Listed& entry : entries) width = std::max(width, DisplayWidth(entry.address));
    std::string out;
    for (const Listed& entry : entries) {
      const std::string gap(static_cast<size_t>(width - DisplayWidth(entry.address) + 2), ' ');
      absl::StrAppend(&out, entry.address, name_only_ ? "" : absl::StrCat(gap, entry.description), "\n");
    }
    Page(context, out);
  }

  StageAdd add_;
  std::vector<std::string> words_;
  std::vector<std::string> command_;
  pipeline::TargetOptions options_;
  bool all_ = false;
  bool name_only_ = false;
  bool fail_ = false;
};

}  // namespace

CommandInfo StageInfo() {
  return {.name = "stage",
          .summary = "add a stage to dvc.yaml, list stages",
          .details =
              "stage add writes a stage into the dvc.yaml of this folder, its outputs into .gitignore, and touches "
              "nothing else in them. What follows the options is the command that the stage runs. stage list says what "
              "each stage makes.",
          .examples = {"expq stage add -n train -d data -p lr -o model python train.py --epochs 5",
                       "expq stage list --all"},
          .group = Group::kQueue,
          .formats = Formats::kJson,
          .make = &Make<StageCommand>};
}

}  // namespace expq::cli
