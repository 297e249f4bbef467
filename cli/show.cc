#include <algorithm>
#include <regex>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/comparison.h"
#include "cli/connection.h"
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
    table.Repeated("--keep", "RE", &keep_, "keep these columns in any case (repeatable)");
    table.Repeated("--drop", "RE", &drop_, "leave these columns out (repeatable)");
    table.Repeated("--rev", "REV", &choice_.revisions, "baselines to show (default HEAD; repeatable)");
    table.Flag("--all-branches", &choice_.all_branches, "the tips of all branches too");
    table.Flag("--all-tags", &choice_.all_tags, "all tags too");
    table.Flag("--all-commits", &choice_.all_commits, "every commit that experiments were made on");
    table.Number("-n,--num", "N", &choice_.first_parents, "so many first parents of each baseline (-1 = all)", -1);
    table.Flag("--hide-queued", &options_.hide_queued, "leave out what is queued");
    table.Flag("--hide-failed", &options_.hide_failed, "leave out what failed or was cancelled");
    table.Number("--precision", "N", &precision_, "significant digits (default 5; csv and json: all)", 1);
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    options_.descending = sort_order_ == "desc";
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kRead));
    if (!connection.place) return FindPlace(context).status();
    ASSIGN_OR_RETURN(const std::vector<Experiment> known,
                     connection.house->queue().List({.project = connection.project}));
    ASSIGN_OR_RETURN(const auto baselines, ChooseBaselines(*connection.place, choice_, known));
    Comparison comparison;
    std::deque<std::vector<Experiment>> foreign;
    Fill(context, *connection.place, known, baselines, &foreign, &comparison);
    RETURN_IF_ERROR(comparison.Arrange(options_));
    if (context.globals.json) {
      context.terminal.Out(Json(comparison));
      return ExitCode::kDone;
    }
    ASSIGN_OR_RETURN(const std::vector<size_t> columns, Chosen(comparison));
    Print(context, comparison, columns);
    const size_t elsewhere = Elsewhere(known, baselines);
    if (elsewhere > 0) {
      context.terminal.Talk(absl::StrCat(elsewhere, elsewhere == 1 ? " experiment" : " experiments",
                                         " on other commits: --all-commits shows them"));
    }
    return ExitCode::kDone;
  }

 private:
  // `foreign` keeps what is not in the queue for as long as the comparison.
  static void Fill(const Context& context, const Place& place, const std::vector<Experiment>& known,
                   const std::vector<experiment::CommitId>& baselines, std::deque<std::vector<Experiment>>* foreign,
                   Comparison* comparison) {
    absl::Status problem;
    comparison->SetWorkspace(ValuesOfWorkspace(context, place, &problem));
    if (!problem.ok())
      context.terminal.Error(absl::StrCat("warning: the workspace is not shown in full: ", problem.message()));
    std::map<experiment::CommitId, BaselineGroup*> groups;
    for (const experiment::CommitId& commit : baselines) {
      BaselineGroup& group = comparison->AddBaseline(commit, NamesOf(place, commit), ValuesOfCommit(place, commit));
      groups[commit] = &group;
      foreign->push_back(ForeignResults(context, place, commit, known));
      for (const Experiment& e : foreign->back()) comparison->AddExperiment(group, e);
    }
    for (const Experiment& e : known) {
      const auto group = groups.find(e.baseline);
      if (group != groups.end()) comparison->AddExperiment(*group->second, e);
    }
  }

  static size_t Elsewhere(const std::vector<Experiment>& known, const std::vector<experiment::CommitId>& baselines) {
    const std::set<experiment::CommitId> shown(baselines.begin(), baselines.end());
    return static_cast<size_t>(
        std::count_if(known.begin(), known.end(), [&](const Experiment& e) { return !shown.contains(e.baseline); }));
  }

  // The columns to print, in order.
  absl::StatusOr<std::vector<size_t>> Chosen(const Comparison& comparison) const {
    ASSIGN_OR_RETURN(const auto keep, Patterns(keep_, "--keep"));
    ASSIGN_OR_RETURN(const auto drop, Patterns(drop_, "--drop"));
    std::vector<size_t> chosen;
    for (size_t column : comparison.columns().order()) {
      const std::string& header = comparison.columns().all()[column].header;
      const bool dropped = MatchesAny(drop, header) || (only_changed_ && !Changes(comparison, column));
      if (!dropped || MatchesAny(keep, header)) chosen.push_back(column);
    }
    return chosen;
  }

  // An absent value counts as one.
  static bool Changes(const Comparison& comparison, size_t column) {
    const Value* first = At(comparison.workspace_cells(), column);
    auto differs = [&](const Cells& cells) {
      const Value* other = At(cells, column);
      if (first == nullptr || other == nullptr) return first != other;
      return !value::Identical(*first, *other);
    };
    for (const BaselineGroup& group : comparison.groups()) {
      if (differs(group.cells)) return true;
      for (const ExperimentRow& row : group.rows) {
        if (differs(row.cells)) return true;
      }
    }
    return false;
  }

  std::string Text(const Value& value, bool all_digits) const {
    const double* number = value.number();
    if (number == nullptr) return value::PythonText(value);
    if (all_digits && precision_ == 0) return value::FloatRepr(*number);
    return absl::StrFormat("%.*g", precision_ == 0 ? kPrecision : precision_, *number);
  }

  void AddCells(const Comparison& comparison, const std::vector<size_t>& columns, const Cells& cells, bool csv,
                std::vector<Cell>* row) const {
    for (size_t column : columns) {
      const Value* value = At(cells, column);
      Cell cell{value == nullptr ? (csv ? "" : "-") : Text(*value, csv)};
      cell.right = value != nullptr && value->is_number();
      if (comparison.columns().all()[column].metric) cell.style = Style::kYellow;
      row->push_back(std::move(cell));
    }
  }

  static std::string BaselineName(const BaselineGroup& group) {
    const std::string revision = group.commit.value.substr(0, 7);
    return group.names.empty() ? revision : group.names[0];
  }

  void Print(Context& context, const Comparison& comparison, const std::vector<size_t>& columns) const {
    const bool csv = context.globals.csv;
    const bool tree = !csv && !context.globals.markdown;
    std::vector<std::string> header = {"Experiment", "State", "Created"};
    if (csv) header = {"Experiment", "rev", "typ", "Created", "parent", "State", "Executor"};  // DVC's
    for (size_t column : columns) header.push_back(comparison.columns().all()[column].header);
    Table table(std::move(header));

    std::vector<Cell> row = BaselineCells("workspace", csv);
    AddCells(comparison, columns, comparison.workspace_cells(), csv, &row);
    table.Add(std::move(row));
    for (const BaselineGroup& group : comparison.groups()) AddGroup(context, comparison, columns, group, tree, &table);

    if (csv) return context.terminal.Out(table.Csv());
    if (context.globals.markdown) return context.terminal.Out(table.Markdown());
    Page(context, table.Aligned(context.terminal));
  }

  void AddGroup(const Context& context, const Comparison& comparison, const std::vector<size_t>& columns,
                const BaselineGroup& group, bool tree, Table* table) const {
    const bool csv = context.globals.csv;
    std::vector<Cell> head = BaselineCells(BaselineName(group), csv);
    AddCells(comparison, columns, group.cells, csv, &head);
    table->Add(std::move(head));
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
      AddCells(comparison, columns, one.cells, csv, &row);
      table->Add(std::move(row));
    }
  }

  // Of the workspace's row, or a baseline's.
  static std::vector<Cell> BaselineCells(const std::string& name, bool csv) {
    if (csv) return {{""}, {name}, {"baseline"}, {""}, {""}, {""}, {""}};
    return {{name, Style::kBold}, {""}, {""}};
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
    workspace.Set("params", comparison.workspace_params());
    workspace.Set("metrics", comparison.workspace_metrics());
    value::List baselines, experiments;
    for (const BaselineGroup& group : comparison.groups()) {
      value::Map baseline;
      baseline.Set("rev", group.commit.value);
      value::List names;
      for (const std::string& name : group.names) names.emplace_back(name);
      baseline.Set("names", Value(std::move(names)));
      baseline.Set("params", group.params);
      baseline.Set("metrics", group.metrics);
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
