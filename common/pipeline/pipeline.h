// The stage graph of a DVC repository, resolved: what dvc.yaml and .dvc files say, with templates filled in.
// Pure: everything is read through a FileReader; no git, no gRPC, no agent words.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/config.h"
#include "common/digest/digest.h"
#include "common/fs/filesystem.h"
#include "common/value/value.h"
#include "common/yaml/yaml.h"

namespace expq::pipeline {

enum class OutputKind { kOut, kMetric, kPlot };

struct Output {
  std::string path;       // as written (relative to the stage's wdir): what dvc.lock holds
  std::string root_path;  // normalized, relative to the repository's DVC root; absolute when outside
  OutputKind kind = OutputKind::kOut;
  bool cache = true;
  bool persist = false;
  bool push = true;
  std::string remote;  // the only one that it goes to and comes from; "" = any
};

struct Dependency {
  std::string path;  // as written
  std::string root_path;
};

// Params of one file that a stage depends on; empty keys = the whole file.
struct ParamDependency {
  std::string path;  // as written ("params.yaml")
  std::string root_path;
  std::vector<std::string> keys;
};

// A value that a template of the stage takes from a file of values, the root's params.yaml apart: tables show it.
struct UsedValue {
  std::string file;                // root-relative
  std::vector<std::string> words;  // "opt", "lr"
  value::Value value;
};

struct Stage {
  std::string name;                   // "train", "grp@key"
  std::string file;                   // the dvc.yaml, relative to the root: "dvc.yaml", "sub/dvc.yaml"
  yaml::Mark mark;                    // where it is defined
  std::string desc;                   // for people
  std::string wdir;                   // normalized, relative to the root; "." = root
  std::vector<std::string> commands;  // each run by a shell of its own: list items, and lines of a multi-line string
  value::Value cmd;                   // string or list, as dvc.lock records it
  std::vector<Dependency> deps;
  std::vector<ParamDependency> params;
  std::vector<Output> outs;     // outs, metrics and plots in file order
  std::vector<UsedValue> used;  // by templates, in order
  bool frozen = false;
  bool always_changed = false;
  // Why it cannot run here, with the place: it reads or writes a URL or a dataset, which is then in no list above. It
  // is the error of whoever needs the stage; a frozen one needs no dependencies.
  absl::Status refusal;

  // "train" in the root's dvc.yaml, "sub/dvc.yaml:train" elsewhere.
  std::string Address() const;
};

// A `.dvc` file: data that is there before any stage runs.
struct DataSource {
  std::string file;  // "data/digits.csv.dvc"
  std::string path;  // root-relative
  std::optional<digest::Digest> digest;
  int64_t size = 0;
  int64_t nfiles = 0;
  bool is_exec = false;
  bool cache = true;
  bool push = true;
  std::string remote;     // as Output::remote
  int out = 0;            // which of the file's `outs`
  bool is_old = false;    // recorded by DVC 2: without a `hash`
  bool imported = false;  // from another repository, which has the data
};

struct Pipeline {
  std::vector<Stage> stages;        // by file, then file order
  std::vector<DataSource> sources;  // by file
  std::vector<std::string> files;   // every dvc.yaml, root-relative, a folder's before those below it
  // Metrics, plots and params files named at the top level of a dvc.yaml, root-relative.
  std::vector<std::string> top_metrics, top_plots, top_params;
  std::vector<std::string> warnings;
  // What any ${…} may read, by the first name in it: an override of nothing of these means the same pipeline.
  std::set<std::string> variables;
};

// Reads every dvc.yaml and .dvc file below `root` and resolves templates. Does not look into .git, .dvc, other DVC
// repositories, outputs that are known by then, and what .dvcignore or .gitignore leave out; an ignored pipeline file
// is a warning. InvalidArgument "FILE:LINE:COLUMN: …" for bad input, with what is supported when it is merely not yet;
// also for duplicate outputs, overlapping outputs, cycles. An empty pipeline is OK. `parsing` is what the configuration
// says of it; without, the repository's own `.dvc/config` is asked.
absl::StatusOr<Pipeline> Load(const fs::FileReader& fs, const std::string& root,
                              const config::ParsingSettings* parsing = nullptr);

// A file that cannot be read, and why.
struct BrokenFile {
  std::string file;
  absl::Status error;
};

// As Load, for who only looks: of a broken file nothing is in the pipeline, and whether the files fit together is not
// asked.
absl::StatusOr<Pipeline> LoadReadable(const fs::FileReader& fs, const std::string& root,
                                      const config::ParsingSettings& parsing, std::vector<BrokenFile>& broken);

// Edges and order over a Pipeline; indices into Pipeline::stages. Built by Load's checks: always acyclic. Params files
// count as dependencies. A frozen stage has its edges too: whoever runs stages decides not to follow them.
class Graph {
 public:
  static absl::StatusOr<Graph> Build(const Pipeline& pipeline);
  const std::vector<int>& Upstream(int stage) const { return upstream_[stage]; }
  const std::vector<int>& Downstream(int stage) const { return downstream_[stage]; }
  // All stages, dependencies first; among free choices by file and order in the file.
  const std::vector<int>& Order() const { return order_; }

 private:
  std::vector<std::vector<int>> upstream_, downstream_;
  std::vector<int> order_;
};

// Weakly connected groups of stages, by group number of each stage: stages that share a data source are in one group,
// as in DVC, where data sources are nodes of the graph too. A frozen stage goes with what follows it, not with what is
// before it.
std::vector<int> Components(const Pipeline& pipeline, const Graph& graph);

// What a target may be besides a stage, a group or a pipeline file.
struct TargetOptions {
  bool recursive = false;  // a folder: the stages of every dvc.yaml in it and below it
  bool glob = false;       // in the name part "*", "?" and "[…]" match as in Python's fnmatch; never in the file part
  bool granular = false;   // an output, or a path inside one: the stage that makes it; none for a data source's
};

// The stages that `targets` name, as typed in `subdir` ("train", "sub/dvc.yaml", "sub/dvc.yaml:train", "grp"; none =
// the dvc.yaml of subdir), without ancestors, each once, in the order given. A .dvc file is a target that names no
// stage. NotFound with a near name as hint, also for a pattern or folder that names no stage.
absl::StatusOr<std::vector<int>> SelectTargets(const Pipeline& pipeline, const std::vector<std::string>& targets,
                                               const std::string& subdir, const TargetOptions& options = {});

}  // namespace expq::pipeline
