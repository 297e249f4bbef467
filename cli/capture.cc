#include "cli/capture.h"

#include "cli/dvc_config.h"
#include "cli/local_layout.h"
#include "common/blob/cache.h"
#include "common/log/log.h"
#include "common/pipeline/capture.h"
#include "common/pipeline/data_ignore.h"
#include "common/status/status.h"

namespace expq::cli {

absl::StatusOr<std::vector<std::string>> CaptureData(const Context& context, const Connection& connection,
                                                     const std::vector<pipeline::Pipeline>& pipelines,
                                                     const pipeline::ExecuteOptions& selection,
                                                     git::Repository::WorkTree* tree) {
  std::vector<std::string> recorded;
  if (pipelines[0].sources.empty()) return recorded;
  const Place& place = *connection.place;
  const LocalLayout layout(place.repository->common_dir());
  ASSIGN_OR_RETURN(const CacheSettings settings,
                   ReadCacheSettings(context.fs, context.environment, place.dvc_root, layout.Cache()));
  RETURN_IF_ERROR(context.fs.MakeDirs(layout.dir()));
  blob::HashIndex index(context.fs, layout.Hashes());
  blob::Cache cache(context.fs, settings.dir, index, {.ignored = pipeline::DataIgnore(context.fs, place.dvc_root)});
  std::vector<const pipeline::DataSource*> missing;
  ASSIGN_OR_RETURN(const std::vector<pipeline::SourceRecord> records,
                   pipeline::CaptureSources(context.fs, cache, place.dvc_root, pipelines, selection, &missing));
  const bool must_be_here = connection.house->local() != nullptr && !selection.allow_missing && !selection.pull;
  if (!missing.empty() && must_be_here) {
    return status::WithHint(absl::NotFoundError(absl::StrCat(missing[0]->file, ": missing data '", missing[0]->path,
                                                             "': neither in the workspace nor in the cache")),
                            "get it back (dvc pull, or copy it there) and submit again");
  }
  const absl::Status saved = index.Save();
  if (!saved.ok()) log::Warning(absl::StrCat("the hash index is not saved: ", saved.message()));
  if (records.empty()) return recorded;
  std::vector<git::Change> changes;
  for (const pipeline::SourceRecord& record : records) {
    changes.push_back({.path = place.TreePath(record.file), .bytes = record.text});
    recorded.push_back(record.file);
  }
  ASSIGN_OR_RETURN(tree->tree, place.repository->ChangeTree(tree->tree, changes));
  return recorded;
}

}  // namespace expq::cli
