#include "common/pipeline/output_list.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/pipeline/fields.h"
#include "common/pipeline/paths.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

// The output of that path and kind, made when the stage has none yet.
Output& OutputAt(const FileContext& context, const std::string& path, OutputKind kind, Stage& stage) {
  const auto found = std::find_if(stage.outs.begin(), stage.outs.end(),
                                  [&](const Output& out) { return out.path == path && out.kind == kind; });
  if (found != stage.outs.end()) return *found;
  stage.outs.push_back(Output{.path = path, .root_path = RootPath(context.root, stage.wdir, path), .kind = kind});
  return stage.outs.back();
}

absl::Status ReadFlag(const FileContext& context, const Node& flag, const Scope& scope, Output& output) {
  const std::string& key = flag.name();
  const bool* value = flag.value().boolean();
  if (key == "cache") output.cache = *value;
  if (key == "persist") output.persist = *value;
  if (key == "push") output.push = *value;
  if (key == "checkpoint" && *value) context.Warn(flag, "'checkpoint' has had no effect since DVC 3 and is ignored");
  if (key != "remote") return value == nullptr ? CheckTemplates(flag, scope) : absl::OkStatus();
  ASSIGN_OR_RETURN(output.remote, ReadText(flag, "the name of a remote", scope));
  return absl::OkStatus();
}

absl::Status ReadFlags(const FileContext& context, const Node& flags, const Scope& scope, Output& output) {
  for (const value::Map::Entry& entry : *flags.value().map()) {
    RETURN_IF_ERROR(ReadFlag(context, flags.Entry(entry), scope, output));
  }
  return absl::OkStatus();
}

// A pattern of folders means a path only when it is one already, as in DVC.
bool IsIgnored(const FileContext& context, const std::string& root_path) {
  const std::string path = fs::Join(context.root, root_path);
  const bool as_file = context.ignored(path, false);
  if (as_file == context.ignored(path, true)) return as_file;
  const absl::StatusOr<fs::FileInfo> info = context.fs.Stat(path);
  const bool is_folder = info.ok() && info->kind == fs::Kind::kDirectory;
  return is_folder != as_file;
}

// `path: {flags}`, and for plots `path: [{flags}, …]`.
absl::Status ReadFlaggedOutput(const FileContext& context, const Node& entry, OutputKind kind, const Scope& scope,
                               Stage& stage) {
  ASSIGN_OR_RETURN(const std::string path, ReadName(entry, "a path", scope));
  if (IsUrl(path)) {
    stage.refusal.Update(UrlRefusal(entry, "output", path));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckPath(entry, "output", path));
  Output& output = OutputAt(context, path, kind, stage);
  if (entry.value().is_list()) {
    for (const Node& flags : entry.Items()) RETURN_IF_ERROR(ReadFlags(context, flags, scope, output));
  } else {
    RETURN_IF_ERROR(ReadFlags(context, entry, scope, output));
  }
  return CheckOutputPlace(context, entry, path, output.root_path, output.cache);
}

}  // namespace

absl::Status CheckOutputPlace(const FileContext& context, const Node& node, const std::string& path,
                              const std::string& root_path, bool cache) {
  const std::string thing = absl::StrCat("output '", path, "'");
  if (IsOutside(root_path)) {
    if (!cache) return absl::OkStatus();
    return status::WithHint(node.Error(absl::StrCat(thing, " is outside of the repository")),
                            "only an output with 'cache: false' can be");
  }
  if (root_path == ".") return node.Error(absl::StrCat(thing, " is the repository itself"));
  for (const absl::string_view part : absl::StrSplit(root_path, '/')) {
    if (part == ".git" || part == ".dvc") return node.Error(absl::StrCat(thing, " is inside ", part));
  }
  if (IsPipelineFileName(fs::Basename(root_path))) {
    return node.Error(absl::StrCat(thing, " is a file of the pipeline itself"));
  }
  if (IsIgnored(context, root_path)) {
    return status::WithHint(node.Error(absl::StrCat(thing, " is ignored by .dvcignore")),
                            "DVC would not see it: take the pattern away, or put the output elsewhere");
  }
  return absl::OkStatus();
}

absl::Status ReadOutputs(const FileContext& context, const Node& list, OutputKind kind, const Scope& scope,
                         Stage& stage) {
  for (const Node& item : list.Items()) {
    if (item.value().is_map()) {
      for (const value::Map::Entry& entry : *item.value().map()) {
        RETURN_IF_ERROR(ReadFlaggedOutput(context, item.Entry(entry), kind, scope, stage));
      }
      continue;
    }
    ASSIGN_OR_RETURN(const std::string path, ReadText(item, "a path or a path with flags", scope));
    if (IsUrl(path)) {
      stage.refusal.Update(UrlRefusal(item, "output", path));
      continue;
    }
    RETURN_IF_ERROR(CheckPath(item, "output", path));
    const Output& output = OutputAt(context, path, kind, stage);
    RETURN_IF_ERROR(CheckOutputPlace(context, item, path, output.root_path, output.cache));
  }
  return absl::OkStatus();
}

}  // namespace expq::pipeline
