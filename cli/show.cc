#include <algorithm>
#include <deque>
#include <optional>
#include <regex>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/comparison.h"
#include "cli/connection.h"
#include "cli/dependency_hashes.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/results.h"
#include "cli/table.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using experiment::Experiment;
using experiment::State;
using value::Value;

// DVC's: significant digits of a table.
constexpr int kPrecision = 5;

Style StyleOf(State state) {
  switch (state) {
    case State::kRunning:
      return Style::kCyan;
    case State::kFailed:
      return Style::kRed;
    case State::kCancelled:
      return Style::kYellow;
    case State::kQueued:
      return Style::kDim;
    case State::kSucceeded:
      return Style::kPlain;
  }
  return Style::kPlain;
}

// Anchored at the start, as DVC's --keep and --drop.
absl::StatusOr<std::vector<std::regex>> Patterns(const std::vector<std::string>& texts, const char* option) {
  std::vector<std::regex> patterns;
  for (const std::string& text : texts) {
    try {
      patterns.emplace_back(text);
    } catch (const std::regex_error&) {
      return absl::InvalidArgumentError(absl::StrCat(option, " ", text, ": not a regular expression"));
    }
  }
  return patterns;
}

bool MatchesAny(const std::vector<std::regex>& patterns, const std::string& text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::regex& pattern) {
    return std::regex_search(text, pattern, std::regex_constants::match_continuous);
  });
}

class ShowCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Text("--sort-by", "COL", &options_.sort_by, "sort experiments by a metric, a param, name, state or created");
    table.Choice("--sort-order", {"asc", "desc"}, &sort_order_, "default asc");
    table.Text("--filter", "EXPR", &options_.filter,
               "only experiments for which it holds: 'acc > 0.9 and units >= 64'");
    table.Flag("--only-changed", &only_changed_, "only columns in which rows differ");
    table.Repeated("--keep", "RE", &keep_,
                   "keep these columns in any case; in the table also those of dependencies (repeatable)");
    table.Repeated("--drop", "RE", &drop_, "leave these columns out (repeatable)");
    table.Repeated("--rev", "REV", &choice_.revisions, "baselines to show (default HEAD; repeatable)");
    table.Flag("-a,--all-branches", &choice_.all_branches, "the tips of all branches");
    table.Flag("-T,--all-tags", &choice_.all_tags, "all tags");
    table.Flag("-A,--all-commits", &choice_.all_commits, "HEAD, and every commit that experiments were made on");
    table.Number("-n,--num", "N", &choice_.first_parents, "so many first parents of HEAD, or of each --rev (-1 = all)",
                 -1);
    table.Flag("--param-deps", &param_deps_, "only params that stages depend on");
    table.Flag("--hide-workspace", &hide_workspace_, "leave out the workspace");
    table.Flag("--hide-queued", &options_.hide_queued, "leave out what is queued");
    table.Flag("--hide-failed", &options_.hide_failed, "leave out what failed or was cancelled");
    table.Flag("--sha", &sha_, "commits by their hash, never by the name of a branch or tag");
    table.Flag("-f,--force", &force_, "for scripts: everything is read anew in any case");
    table.Number("--precision", "N", &precision_, "significant digits (default 5; csv and json: all)", 1);
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    options_.descending = sort_order_ == "desc";
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kRead));
    if (!connection.place) return FindPlace(context).status();
    ASSIGN_OR_RETURN(const std::vector<Experiment> known,
                     connection.house->queue().List({.project = connection.project}));
    ASSIGN_OR_RETURN(const auto baselines, ChooseBaselines(*connection.place, choice_, known));
    Comparison comparison(param_deps_);
    std::deque<std::vector<Experiment>> foreign;
    Fill(context, *connection.place, known, baselines, &foreign, &comparison);
    RETURN_IF_ERROR(comparison.Arrange(options_));
    if (context.globals.json) {
      context.terminal.Out(Json(comparison));
      return ExitCode::kDone;
    }
    RETURN_IF_ERROR(Print(context, comparison));
    const size_t elsewhere = Elsewhere(known, baselines);
    if (elsewhere > 0) {
      context.terminal.Talk(absl::StrCat(elsewhere, elsewhere == 1 ? " experiment" : " experiments",
                                         " on other commits: --all-commits shows them"));
    }
    return ExitCode::kDone;
  }

 private:
  // `foreign` keeps what is not in the queue for as long as the comparison.
  void Fill(const Context& context, const Place& place, const std::vector<Experiment>& known,
            const std::vector<experiment::CommitId>& baselines, std::deque<std::vector<Experiment>>* foreign,
            Comparison* comparison) const {
    std::optional<DependencyHashes> hashes;
    if (ShowsDependencies(context)) hashes.emplace(context, place);
    absl::Status problem;
    comparison->SetWorkspace(ValuesOfWorkspace(context, place, &problem),
                             hashes ? hashes->OfWorkspace() : pipeline::RecordedDeps());
    if (problem.ok() && hashes) problem = hashes->workspace_problem();
    if (!problem.ok() && !hide_workspace_)
      context.terminal.Error(absl::StrCat("warning: the workspace is not shown in full: ", problem.message()));
    std::map<experiment::CommitId, BaselineGroup*> groups;
    const auto add = [&](BaselineGroup& group, const Experiment& e) {
      comparison->AddExperiment(group, e, hashes ? hashes->OfExperiment(e) : pipeline::RecordedDeps());
    };
    auto names = NamesByCommit(place);
    for (const experiment::CommitId& commit : baselines) {
      BaselineGroup& group = comparison->AddBaseline(commit, names[commit], ValuesOfCommit(place, commit),
                                                     hashes ? hashes->OfBaseline(commit) : pipeline::RecordedDeps());
      const auto info = place.repository->Commit(commit);
      if (info.ok()) group.created = absl::FromUnixSeconds(info->time);
      groups[commit] = &group;
      foreign->push_back(ForeignResults(context, place, commit, known));
      for (const Experiment& e : foreign->back()) add(group, e);
    }
    for (const Experiment& e : known) {
      const auto group = groups.find(e.baseline);
      if (group != groups.end()) add(*group->second, e);
    }
  }

  // They are long, and cost a look into every result: what is printed for people has those that are asked for.
  bool ShowsDependencies(const Context& context) const {
    return context.globals.csv || context.globals.markdown || (!context.globals.json && !keep_.empty());
  }

  static size_t Elsewhere(const std::vector<Experiment>& known, const std::vector<experiment::CommitId>& baselines) {
    const std::set<experiment::CommitId> shown(baselines.begin(), baselines.end());
    return static_cast<size_t>(
        std::count_if(known.begin(), known.end(), [&](const Experiment& e) { return !shown.contains(e.baseline); }));
  }

  std::string Text(const Value& value, bool all_digits) const {
    const double* number = value.number();
    if (number == nullptr) return value::PythonText(value);
    if (all_digits && precision_ == 0) return value::FloatRepr(*number);
    return absl::StrFormat("%.*g", precision_ == 0 ? kPrecision : precision_, *number);
  }

  static bool IsUnread(const Column& column, const FilesRow& files) {
    if (column.kind == ColumnKind::kDependency) return false;
    const bool metric = column.kind == ColumnKind::kMetric;
    const std::vector<std::string>& named = metric ? files.metrics_files : files.params_files;
    return std::find(named.begin(), named.end(), column.file) != named.end() &&
           (metric ? files.metrics : files.params).map()->Find(column.file) == nullptr;
  }

  // `files` is the row's when it shows files, not an experiment.
  Cell CellOf(const Context& context, const Column& column, const Value* value, const FilesRow* files) const {
    const bool csv = context.globals.csv;
    Cell cell;
    if (value != nullptr && !value->is_null()) {
      cell.text = Text(*value, csv);
      cell.right = value->is_number();
    } else {
      cell.text = csv ? "" : "-";
      const bool for_scripts = csv || context.globals.markdown;
      if (for_scripts && files != nullptr && IsUnread(column, *files)) cell.text = "!";  // DVC's
    }
    if (column.kind == ColumnKind::kMetric) cell.style = Style::kYellow;
    return cell;
  }

  void AddCells(const Context& context, const Columns& columns, const Cells& cells, const FilesRow* files,
                std::vector<Cell>* row) const {
    for (size_t column : columns.order()) {
      row->push_back(CellOf(context, columns.all()[column], At(cells, column), files));
    }
  }

  std::string BaselineName(const BaselineGroup& group) const {
    return sha_ || group.names.empty() ? group.commit.value.substr(0, 7) : group.names[0];
  }

  absl::Status Print(Context& context, const Comparison& comparison) const {
    const bool csv = context.globals.csv;
    std::vector<std::string> header = {"Experiment", "State", "Created"};
    if (csv) header = {"Experiment", "rev", "typ", "Created", "parent", "State", "Executor"};  // DVC's
    const size_t fixed = header.size();
    for (size_t column : comparison.columns().order()) {
      header.push_back(comparison.columns().all()[column].header);
    }
    std::vector<std::vector<Cell>> rows;
    if (!hide_workspace_) {
      rows.push_back(BaselineCells(context, "workspace", absl::InfinitePast()));
      AddCells(context, comparison.columns(), comparison.workspace().cells, &comparison.workspace(), &rows.back());
    }
    for (const BaselineGroup& group : comparison.groups()) AddGroup(context, comparison, group, &rows);
    ASSIGN_OR_RETURN(const Table table, Chosen(context, comparison.columns(), fixed, header, std::move(rows)));
    if (csv) {
      context.terminal.Out(table.Csv());
    } else if (context.globals.markdown) {
      context.terminal.Out(table.Markdown());
    } else {
      Page(context, table.Aligned(context.terminal));
    }
    return absl::OkStatus();
  }

  // With the columns that are to be printed.
  absl::StatusOr<Table> Chosen(const Context& context, const Columns& columns, size_t fixed,
                               const std::vector<std::string>& header, std::vector<std::vector<Cell>> rows) const {
    ASSIGN_OR_RETURN(const auto keep, Patterns(keep_, "--keep"));
    ASSIGN_OR_RETURN(const auto drop, Patterns(drop_, "--drop"));
    const bool for_scripts = context.globals.csv || context.globals.markdown;
    std::vector<size_t> chosen;
    for (size_t i = 0; i < header.size(); ++i) {
      const bool names = i == 0 && !context.globals.csv;  // a table without them says nothing
      const bool hidden =
          i >= fixed && !for_scripts && columns.all()[columns.order()[i - fixed]].kind == ColumnKind::kDependency;
      const bool dropped = hidden || MatchesAny(drop, header[i]) || (only_changed_ && !Changes(rows, i));
      if (names || !dropped || MatchesAny(keep, header[i])) chosen.push_back(i);
    }
    std::vector<std::string> names;
    for (size_t i : chosen) names.push_back(header[i]);
    Table table(std::move(names));
    for (std::vector<Cell>& row : rows) {
      std::vector<Cell> cells;
      for (size_t i : chosen) cells.push_back(std::move(row[i]));
      table.Add(std::move(cells));
    }
    return table;
  }

  // An absent value counts as one.
  static bool Changes(const std::vector<std::vector<Cell>>& rows, size_t column) {
    return std::any_of(rows.begin(), rows.end(),
                       [&](const std::vector<Cell>& row) { return row[column].text != rows[0][column].text; });
  }

  void AddGroup(const Context& context, const Comparison& comparison, const BaselineGroup& group,
                std::vector<std::vector<Cell>>* rows) const {
    const bool csv = context.globals.csv;
    const bool tree = !csv && !context.globals.markdown;
    rows->push_back(BaselineCells(context, BaselineName(group), group.created));
    AddCells(context, comparison.columns(), group.files.cells, &group.files, &rows->back());
    for (const ExperimentRow& one : group.rows) {
      const Experiment& e = *one.experiment;
      const bool last = &one == &group.rows.back();
      const std::string branch = !tree ? "" : last ? "└── " : "├── ";
      const std::string state(experiment::Name(e.state));
      std::vector<Cell> row = {{branch + e.name}, {state, StyleOf(e.state)}, {Created(e.created, context.clock.Now())}};
      if (csv) {
        row = {{e.name},
               {e.revision.value.substr(0, 7)},
               {last ? "branch_base" : "branch_commit"},
               {IsoTime(e.created)},
               {""},
               {state},
               {e.agent}};
      }
      AddCells(context, comparison.columns(), one.cells, nullptr, &row);
      rows->push_back(std::move(row));
    }
  }

  // Of the workspace's row, or a baseline's.
  static std::vector<Cell> BaselineCells(const Context& context, const std::string& name, absl::Time created) {
    if (context.globals.csv) return {{""}, {name}, {"baseline"}, {IsoTime(created)}, {""}, {""}, {""}};
    return {{name, Style::kBold}, {""}, {Created(created, context.clock.Now())}};
  }

  static std::string IsoTime(absl::Time created) {
    if (created == absl::InfinitePast()) return "";
    return absl::FormatTime("%Y-%m-%dT%H:%M:%S", created, absl::LocalTimeZone());
  }

  // The time if it was today, else the date.
  static std::string Created(absl::Time created, absl::Time now) {
    if (created == absl::InfinitePast()) return "";
    const absl::TimeZone here = absl::LocalTimeZone();
    const bool today = absl::ToCivilDay(created, here) == absl::ToCivilDay(now, here);
    return absl::FormatTime(today ? "%H:%M:%S" : "%Y-%m-%d", created, here);
  }

  static std::string Json(const Comparison& comparison) {
    value::Map workspace;
    workspace.Set("params", comparison.workspace().params);
    workspace.Set("metrics", comparison.workspace().metrics);
    value::List baselines, experiments;
    for (const BaselineGroup& group : comparison.groups()) {
      value::Map baseline;
      baseline.Set("rev", group.commit.value);
      value::List names;
      for (const std::string& name : group.names) names.emplace_back(name);
      baseline.Set("names", Value(std::move(names)));
      baseline.Set("params", group.files.params);
      baseline.Set("metrics", group.files.metrics);
      baselines.emplace_back(std::move(baseline));
      for (const ExperimentRow& row : group.rows) experiments.push_back(ExperimentJson(*row.experiment));
    }
    value::Map root = Versioned();
    root.Set("workspace", Value(std::move(workspace)));
    root.Set("baselines", Value(std::move(baselines)));
    root.Set("experiments", Value(std::move(experiments)));
    return JsonLine(std::move(root));
  }

  ComparisonOptions options_;
  std::string sort_order_ = "asc";
  bool only_changed_ = false;
  bool param_deps_ = false;
  bool hide_workspace_ = false;
  bool sha_ = false;
  bool force_ = false;
  std::vector<std::string> keep_, drop_;
  BaselineChoice choice_;
  int precision_ = 0;  // 0 = not given
};

}  // namespace

CommandInfo ShowInfo() {
  return {
      .name = "show",
      .summary = "compare params and metrics of everything in one table",
      .details =
          "The workspace, each baseline, and its experiments. Nested keys are dotted; the file is named only where "
          "a key is in more than one.",
      .examples = {"expq show --sort-by acc --sort-order desc", "expq show --filter 'acc > 0.9 and units >= 64' --csv"},
      .group = Group::kResults,
      .formats = Formats::kTable,
      .make = &Make<ShowCommand>};
}

}  // namespace expq::cli
