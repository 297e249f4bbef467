#include "cli/connection.h"

#include "absl/strings/str_cat.h"
#include "cli/local_house.h"
#include "cli/remote_house.h"
#include "common/status/status.h"
#include "common/value/value.h"
#include "scheduler/recovery/rebuild.h"

namespace expq::cli {
namespace {

// In local mode the queue belongs to this repository alone, whatever its origin is called tomorrow.
constexpr char kLocalProject[] = "local";

// A submit that takes longer than that between ref and rows was killed. (Importing one that lives is harmless, too: it
// finds its own rows.)
constexpr absl::Duration kSubmitTakesAtMost = absl::Minutes(1);

// What a killed submit left behind is queued after all. It is no reason not to run the rest.
void ImportOrphans(const Context& context, Connection& connection) {
  const auto imported = recovery::ImportOrphans(connection.house->local()->scheduler(),
                                                {.name = connection.project, .repository = connection.place->root},
                                                context.clock.Now() - kSubmitTakesAtMost);
  if (!imported.ok()) {
    context.terminal.Talk(absl::StrCat("looking for lost submissions: ", imported.status().message()));
    return;
  }
  for (const std::string& line : imported->skipped) context.terminal.Talk(absl::StrCat("left out: ", line));
  const int found = imported->queued + imported->succeeded;
  if (found > 0) context.terminal.Talk(absl::StrCat("found ", found, " experiments of a submit that was cut short"));
}

}  // namespace

experiment::ProjectName LocalProject(const Context& context) {
  return {context.globals.project.empty() ? kLocalProject : context.globals.project};
}

std::string SchedulerAddress(const Context& context, const Place* place) {
  if (!context.globals.scheduler.empty()) return context.globals.scheduler;
  const std::string from_environment = context.environment.Get("EXPQ_SCHEDULER");
  if (!from_environment.empty() || place == nullptr) return from_environment;
  return place->repository->ConfigString("expq.scheduler").value_or("");
}

absl::StatusOr<Connection> Connect(const Context& context, Access access) {
  Connection connection;
  absl::StatusOr<Place> place = FindPlace(context);
  const std::string address = SchedulerAddress(context, place.ok() ? &*place : nullptr);
  if (!place.ok() && address.empty()) return place.status();
  if (place.ok()) connection.place = *std::move(place);
  if (address.empty()) {
    connection.project = LocalProject(context);
    ASSIGN_OR_RETURN(connection.house, LocalHouse::Open(context, *connection.place, access));
    if (access == Access::kRun) ImportOrphans(context, connection);
    return connection;
  }
  connection.project.value = ProjectOf(context, connection.place ? &*connection.place : nullptr);
  if (connection.project.empty()) {
    return status::WithHint(absl::InvalidArgumentError("which project? this is not a git repository"),
                            "--project NAME");
  }
  if (value::AsUtf8(connection.project.value) != connection.project.value) {
    return status::WithHint(absl::InvalidArgumentError("the folder's name is not valid UTF-8, and names the project"),
                            "--project NAME");
  }
  ASSIGN_OR_RETURN(connection.house, OpenRemoteHouse(address));
  return connection;
}

}  // namespace expq::cli
