#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/json.h"
#include "cli/quantity.h"
#include "cli/report.h"
#include "cli/table.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using experiment::AgentInfo;

std::string FreeOfTotal(int64_t free, int64_t total) { return absl::StrCat(free, "/", total); }

class AgentsCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("drain NAME", &words_, "let an agent end what it runs and take nothing new", 0, 2);
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    if (!words_.empty() && (words_[0] != "drain" || words_.size() != 2)) {
      return status::WithHint(
          absl::InvalidArgumentError(absl::StrCat("agents ", absl::StrJoin(words_, " "), ": unknown")),
          "expq agents, or expq agents drain NAME");
    }
    ASSIGN_OR_RETURN(Connection connection, Connect(context, words_.empty() ? Access::kRead : Access::kWrite));
    if (!words_.empty()) {
      RETURN_IF_ERROR(connection.house->fleet().Drain(words_[1]));
      context.terminal.Talk(absl::StrCat("draining ", words_[1]));
      return ExitCode::kDone;
    }
    ASSIGN_OR_RETURN(const std::vector<AgentInfo> agents, connection.house->fleet().Agents());
    Print(context, agents);
    return ExitCode::kDone;
  }

 private:
  static void Print(Context& context, const std::vector<AgentInfo>& agents) {
    if (context.globals.json) {
      value::Map root = Versioned();
      value::List list;
      for (const AgentInfo& agent : agents) list.push_back(AgentJson(agent));
      root.Set("agents", value::Value(std::move(list)));
      return context.terminal.Out(JsonLine(std::move(root)));
    }
    Table table({"Name", "State", "Seen", "Slots", "CPUs", "Memory", "GPUs", "Running"});
    const absl::Time now = context.clock.Now();
    for (const AgentInfo& a : agents) {
      table.Add(
          {{a.name},
           {a.free.closed.empty() ? a.state : absl::StrCat(a.state, ", takes nothing: ", a.free.closed)},
           {a.last_seen == absl::InfinitePast() ? "" : absl::StrCat(ShortDuration(now - a.last_seen), " ago")},
           {FreeOfTotal(a.free.slots, a.total.slots)},
           {FreeOfTotal(a.free.cpus, a.total.cpus)},
           {absl::StrCat(ShortSize(a.free.memory), "/", ShortSize(a.total.memory))},
           {FreeOfTotal(static_cast<int64_t>(a.free.gpu_ids.size()), static_cast<int64_t>(a.total.gpu_ids.size()))},
           {absl::StrJoin(a.running_names, " ")}});
    }
    if (context.globals.csv) return context.terminal.Out(table.Csv());
    if (context.globals.markdown) return context.terminal.Out(table.Markdown());
    if (table.empty()) return context.terminal.Talk("no agents");
    Page(context, table.Aligned(context.terminal));
  }

  std::vector<std::string> words_;
};

}  // namespace

CommandInfo AgentsInfo() {
  return {.name = "agents",
          .summary = "every agent: state, what it runs, what is free",
          .details = "",
          .examples = {"expq agents", "expq agents drain gpu-box-3"},
          .group = Group::kDaemons,
          .formats = Formats::kTable,
          .make = &Make<AgentsCommand>};
}

}  // namespace expq::cli
