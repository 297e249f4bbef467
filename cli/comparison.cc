#include "cli/comparison.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/filter.h"
#include "cli/json.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using experiment::Experiment;
using experiment::State;
using value::Value;

// Running, then results, then what waits, then what failed.
int Rank(State state) {
  switch (state) {
    case State::kRunning:
      return 0;
    case State::kSucceeded:
      return 1;
    case State::kQueued:
      return 2;
    case State::kFailed:
      return 3;
    case State::kCancelled:
      return 4;
  }
  return 5;
}

// What an experiment is beside its params and metrics: usable in --filter and --sort-by.
constexpr absl::string_view kFields[] = {"name",     "id",      "state",    "agent",  "attempt",
                                         "priority", "created", "revision", "message"};

bool IsField(const std::string& name) {
  return std::find(std::begin(kFields), std::end(kFields), name) != std::end(kFields);
}

Value Field(const Experiment& e, absl::string_view name) {
  if (name == "name") return Value(e.name);
  if (name == "id") return Value(e.id.value);
  if (name == "state") return Value(experiment::Name(e.state));
  if (name == "agent") return Value(e.agent);
  if (name == "attempt") return Value(e.attempt);
  if (name == "priority") return Value(e.priority);
  if (name == "created") return Value(absl::ToDoubleSeconds(e.created - absl::UnixEpoch()));
  if (name == "revision") return Value(e.revision.value);
  return Value(e.message);
}

// Numbers before texts; absent ones are placed by the caller.
bool Less(const Value& a, const Value& b) {
  double x = 0, y = 0;
  const bool a_number = a.AsDouble(&x), b_number = b.AsDouble(&y);
  if (a_number && b_number) return x < y;
  if (a_number != b_number) return a_number;
  return value::PythonText(a) < value::PythonText(b);
}

value::Map MapOf(const pipeline::RecordedDeps& hashes) {
  value::Map map;
  for (const auto& [path, hash] : hashes) map.Set(path, hash);
  return map;
}

}  // namespace

FilesRow Comparison::RowOf(const pipeline::Values& values, const pipeline::RecordedDeps& hashes) {
  columns_.Track(only_depended_ ? values.depended : values.tracked);
  return {.params = ParsedValues(values.params_json),
          .metrics = ParsedValues(values.metrics_json),
          .hashes = MapOf(hashes),
          .params_files = values.params_files,
          .metrics_files = values.metrics_files,
          .cells = {}};
}

void Comparison::SetWorkspace(const pipeline::Values& values, const pipeline::RecordedDeps& hashes) {
  workspace_ = RowOf(values, hashes);
}

BaselineGroup& Comparison::AddBaseline(const experiment::CommitId& commit, std::vector<std::string> names,
                                       const pipeline::Values& values, const pipeline::RecordedDeps& hashes) {
  BaselineGroup& group = groups_.emplace_back();
  group.commit = commit;
  group.names = std::move(names);
  group.files = RowOf(values, hashes);
  return group;
}

void Comparison::AddExperiment(BaselineGroup& group, const Experiment& e, const pipeline::RecordedDeps& hashes) {
  group.rows.push_back({.experiment = &e, .hashes = MapOf(hashes), .cells = {}});
}

absl::Status Comparison::Arrange(const ComparisonOptions& options) {
  Chosen(options);
  SettleColumns();
  if (!options.filter.empty()) RETURN_IF_ERROR(Filtered(options.filter));
  return options.sort_by.empty() ? absl::OkStatus() : Sorted(options.sort_by, options.descending);
}

void Comparison::Chosen(const ComparisonOptions& options) {
  for (BaselineGroup& group : groups_) {
    std::erase_if(group.rows, [&](const ExperimentRow& row) {
      const State state = row.experiment->state;
      return (options.hide_queued && state == State::kQueued) ||
             (options.hide_failed && (state == State::kFailed || state == State::kCancelled));
    });
    std::stable_sort(group.rows.begin(), group.rows.end(), [](const ExperimentRow& a, const ExperimentRow& b) {
      const Experiment &x = *a.experiment, &y = *b.experiment;
      if (x.state != y.state) return Rank(x.state) < Rank(y.state);
      // What DVC made has no number: of those of one second the larger revision is first, as in its own table.
      return std::tie(x.sequence, x.created, x.revision.value) > std::tie(y.sequence, y.created, y.revision.value);
    });
  }
}

// In the order of the rows: columns stand in that of their first appearance.
void Comparison::SettleColumns() {
  const auto add = [this](FilesRow& row) {
    columns_.Place(row.params_files, row.metrics_files);
    row.cells = columns_.Add(row.params, row.metrics);
    columns_.AddDependencies(row.hashes, &row.cells);
  };
  add(workspace_);
  for (BaselineGroup& group : groups_) {
    add(group.files);
    for (ExperimentRow& row : group.rows) {
      const Experiment& e = *row.experiment;
      const auto& [params, metrics] = values_.emplace_back(ParsedValues(e.params_json), ParsedValues(e.metrics_json));
      row.cells = columns_.Add(params, metrics);
      columns_.AddDependencies(row.hashes, &row.cells);
    }
  }
  columns_.Finish();
}

absl::Status Comparison::Filtered(const std::string& text) {
  ASSIGN_OR_RETURN(Filter filter, Filter::Parse(text));
  absl::flat_hash_map<std::string, size_t> used;
  RETURN_IF_ERROR(filter.Bind([&](const std::string& name) -> absl::Status {
    const auto column = columns_.Find(name);
    if (column.ok()) {
      used[name] = *column;
    } else if (!IsField(name)) {
      // With nothing to compare yet no column exists: then nothing matches, and that is no mistake.
      if (columns_.all().empty() && absl::IsNotFound(column.status())) return absl::OkStatus();
      return status::WithHint(absl::InvalidArgumentError(absl::StrCat("--filter: ", column.status().message())),
                              status::Hint(column.status()));
    }
    return absl::OkStatus();
  }));
  for (BaselineGroup& group : groups_) {
    std::erase_if(group.rows, [&](const ExperimentRow& row) {
      // Two fields may be compared with each other: each keeps its own value while the row is looked at.
      std::deque<Value> fields;
      return !filter.Matches([&](const std::string& name) -> const Value* {
        const auto column = used.find(name);
        if (column != used.end()) return At(row.cells, column->second);
        if (!IsField(name)) return nullptr;
        return &fields.emplace_back(Field(*row.experiment, name));
      });
    });
  }
  return absl::OkStatus();
}

absl::Status Comparison::Sorted(const std::string& by, bool descending) {
  const auto column = columns_.Find(by);
  const std::string lower = absl::AsciiStrToLower(by);
  const std::string field = lower == "experiment" ? "name" : lower;
  if (!column.ok() && !IsField(field)) {
    if (columns_.all().empty()) return absl::OkStatus();
    return status::WithHint(absl::InvalidArgumentError(absl::StrCat("--sort-by: ", column.status().message())),
                            status::Hint(column.status()));
  }
  for (BaselineGroup& group : groups_) {
    std::vector<std::pair<Value, ExperimentRow>> keyed, absent;
    for (ExperimentRow& row : group.rows) {
      const Value* cell = column.ok() ? At(row.cells, *column) : nullptr;
      if (column.ok() && cell == nullptr) {
        absent.emplace_back(Value(), std::move(row));
      } else {
        keyed.emplace_back(column.ok() ? *cell : Field(*row.experiment, field), std::move(row));
      }
    }
    std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
      return descending ? Less(b.first, a.first) : Less(a.first, b.first);
    });
    group.rows.clear();
    for (auto& [key, row] : keyed) group.rows.push_back(std::move(row));
    // Rows without a value come last in either order.
    for (auto& [key, row] : absent) group.rows.push_back(std::move(row));
  }
  return absl::OkStatus();
}

}  // namespace expq::cli
