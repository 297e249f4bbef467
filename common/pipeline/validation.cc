#include "common/pipeline/validation.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/pipeline/node.h"
#include "common/pipeline/output_index.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

// "stage 'train'" or "'data.csv.dvc'".
std::string Who(const Pipeline& pipeline, const OwnedOutput& output) {
  if (output.stage >= 0) return absl::StrCat("stage '", pipeline.stages[output.stage].name, "'");
  return absl::StrCat("'", pipeline.sources[output.source].file, "'");
}

std::string Where(const Pipeline& pipeline, const OwnedOutput& output) {
  if (output.stage < 0) return pipeline.sources[output.source].file;
  const Stage& stage = pipeline.stages[output.stage];
  return PlaceText(stage.file, stage.mark);
}

absl::Status Clash(const Pipeline& pipeline, const OwnedOutput& first, const OwnedOutput& second) {
  if (first.stage >= 0 && first.stage == second.stage) {
    return absl::InvalidArgumentError(
        absl::StrCat(Where(pipeline, first), ": ", Who(pipeline, first), " lists output '", first.path, "' twice"));
  }
  return absl::InvalidArgumentError(absl::StrCat(Where(pipeline, second), ": output '", second.path, "' of ",
                                                 Who(pipeline, second), " is already an output of ",
                                                 Who(pipeline, first), " (", Where(pipeline, first), ")"));
}

absl::Status Overlap(const Pipeline& pipeline, const OwnedOutput& outer, const OwnedOutput& inner) {
  return absl::InvalidArgumentError(absl::StrCat(Where(pipeline, inner), ": output '", inner.path, "' of ",
                                                 Who(pipeline, inner), " is inside output '", outer.path, "' of ",
                                                 Who(pipeline, outer), " (", Where(pipeline, outer), ")"));
}

absl::Status CheckFile(const Pipeline& pipeline, const OutputIndex& outputs, const std::string& file) {
  const std::vector<const OwnedOutput*> above = outputs.Above(file);
  if (above.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(file, ": this file is inside output '", above[0]->path, "' of ",
                                                 Who(pipeline, *above[0]), " (", Where(pipeline, *above[0]), ")"));
}

}  // namespace

absl::Status CheckOutputs(const Pipeline& pipeline) {
  const OutputIndex outputs(pipeline);
  const std::vector<OwnedOutput>& all = outputs.all();
  for (size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && all[i - 1].path == all[i].path) return Clash(pipeline, all[i - 1], all[i]);
    const std::vector<const OwnedOutput*> above = outputs.Above(all[i].path);
    if (!above.empty()) return Overlap(pipeline, *above[0], all[i]);
  }
  for (const std::string& file : pipeline.files) RETURN_IF_ERROR(CheckFile(pipeline, outputs, file));
  for (const DataSource& source : pipeline.sources) RETURN_IF_ERROR(CheckFile(pipeline, outputs, source.file));
  return absl::OkStatus();
}

}  // namespace expq::pipeline
