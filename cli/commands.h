// One entry a command; each is defined in the file named for it.
#pragma once

#include "cli/command.h"

namespace expq::cli {

CommandInfo SubmitInfo();
CommandInfo RunInfo();
CommandInfo RunAllInfo();
CommandInfo QueueInfo();
CommandInfo LogsInfo();
CommandInfo WaitInfo();
CommandInfo CancelInfo();
CommandInfo RetryInfo();
CommandInfo RemoveInfo();
CommandInfo RenameInfo();
CommandInfo PriorityInfo();
CommandInfo SetInfo();
CommandInfo ReproInfo();
CommandInfo StatusInfo();
CommandInfo StageInfo();
CommandInfo AddInfo();
CommandInfo CheckoutInfo();
CommandInfo CommitInfo();
CommandInfo PushInfo();
CommandInfo FetchInfo();
CommandInfo PullInfo();
CommandInfo GcInfo();
CommandInfo UnprotectInfo();
CommandInfo ShowInfo();
CommandInfo ListInfo();
CommandInfo DagInfo();
CommandInfo SchedulerInfo();
CommandInfo AgentCommandInfo();
CommandInfo AgentsInfo();
CommandInfo DoctorInfo();
CommandInfo HelpInfo();
CommandInfo CompletionInfo();

// DVC's group of commands, for those who type it out of habit; no part of the help.
CommandInfo ExpInfo();

}  // namespace expq::cli
