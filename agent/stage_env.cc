#include "agent/stage_env.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace expq::agent {

std::vector<std::string> StageEnv(const Options& options, const experiment::Assignment& assignment,
                                  const std::string& root) {
  const experiment::Experiment& experiment = assignment.experiment;
  std::map<std::string, std::string> env;
  for (const std::string& entry : options.env) {
    size_t equals = entry.find('=');
    if (equals != std::string::npos && equals > 0) env[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  // They would lead git in a stage to the repository of whoever started us.
  for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}) env.erase(name);
  env["DVC_EXP_NAME"] = experiment.name;
  env["DVC_EXP_BASELINE_REV"] = experiment.baseline.value;
  env["EXPQ_EXPERIMENT"] = experiment.name;
  env["EXPQ_ID"] = experiment.id.value;
  env["EXPQ_ATTEMPT"] = absl::StrCat(assignment.attempt);
  env["EXPQ_PROJECT"] = experiment.project.value;
  env["EXPQ_ROOT"] = root;
  for (const auto& [name, text] : experiment.options.env) env[name] = text;
  // Also when it asked for none: on a machine whose GPUs we share out, nobody takes one unasked.
  if (!options.total.gpu_ids.empty()) env["CUDA_VISIBLE_DEVICES"] = absl::StrJoin(assignment.gpu_ids, ",");
  std::vector<std::string> list;
  for (const auto& [name, text] : env) list.push_back(absl::StrCat(name, "=", text));
  return list;
}

}  // namespace expq::agent
