#include "cli/workshop.h"

#include "absl/strings/str_cat.h"
#include "cli/report.h"
#include "common/pipeline/data_ignore.h"
#include "common/status/status.h"

namespace expq::cli {

namespace {

std::string HintWithoutPipeline(const Context& context, const Place& place, const pipeline::Pipeline& pipeline) {
  if (context.fs.Exists(fs::Join(fs::Join(place.dvc_root, place.dvc_subdir), "dvc.yml"))) {
    return "dvc.yml must be called dvc.yaml";
  }
  if (pipeline.files.empty()) return "write one that says how your code runs, or name a target";
  return absl::StrCat("there is ", pipeline.files[0], ": -P means all of the repository; or name a target");
}

}  // namespace

absl::StatusOr<Workshop> OpenWorkshop(const Context& context, const std::vector<std::string>& targets,
                                      bool everywhere) {
  ASSIGN_OR_RETURN(Place place, FindPlace(context));
  LocalLayout layout(place.repository->common_dir());
  ASSIGN_OR_RETURN(CacheSettings settings,
                   ReadCacheSettings(context.fs, context.environment, place.dvc_root, layout.Cache()));
  ASSIGN_OR_RETURN(const config::Config config, ReadDvcConfig(context.fs, context.environment, place.dvc_root));
  ASSIGN_OR_RETURN(pipeline::Pipeline pipeline, pipeline::Load(context.fs, place.dvc_root, &config.parsing));
  const bool here = context.fs.Exists(fs::Join(fs::Join(place.dvc_root, place.dvc_subdir), "dvc.yaml"));
  if (!here && targets.empty() && !everywhere) {
    return status::WithHint(
        absl::NotFoundError(absl::StrCat("no dvc.yaml in ", place.dvc_subdir.empty() ? "." : place.dvc_subdir)),
        HintWithoutPipeline(context, place, pipeline));
  }
  const bool nothing = pipeline.files.empty() && pipeline.sources.empty();
  if (nothing && targets.empty() && !context.fs.Exists(fs::Join(place.dvc_root, ".dvc"))) {
    return status::WithHint(absl::NotFoundError("no DVC repository here: neither .dvc nor a dvc.yaml"),
                            "if it is a folder of this one, go there: cd FOLDER, or -C FOLDER");
  }
  SayWarnings(context, config.warnings);
  SayWarnings(context, pipeline.warnings);
  auto hashes = std::make_unique<blob::HashIndex>(context.fs, layout.Hashes());
  auto cache =
      std::make_unique<blob::Cache>(context.fs, settings.dir, *hashes,
                                    blob::CacheOptions{.link_kinds = settings.link_kinds,
                                                       .ignored = pipeline::DataIgnore(context.fs, place.dvc_root),
                                                       .group_shared = settings.shared});
  return Workshop{std::move(place), std::move(layout),   std::move(settings),  std::move(hashes),
                  std::move(cache), std::move(pipeline), config.core.autostage};
}

}  // namespace expq::cli
