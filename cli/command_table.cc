#include "cli/commands.h"

namespace expq::cli {

std::vector<CommandInfo> AllCommands() {
  return {SubmitInfo(), RunInfo(),       RunAllInfo(),    QueueInfo(),        LogsInfo(),      WaitInfo(),
          CancelInfo(), RetryInfo(),     RemoveInfo(),    RenameInfo(),       PriorityInfo(),  SetInfo(),
          ReproInfo(),  StatusInfo(),    StageInfo(),     AddInfo(),          CheckoutInfo(),  CommitInfo(),
          PushInfo(),   FetchInfo(),     PullInfo(),      GcInfo(),           UnprotectInfo(), ShowInfo(),
          ListInfo(),   DagInfo(),       SchedulerInfo(), AgentCommandInfo(), AgentsInfo(),    DoctorInfo(),
          HelpInfo(),   CompletionInfo()};
}

}  // namespace expq::cli
