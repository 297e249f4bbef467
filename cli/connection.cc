#include "cli/connection.h"

#include "cli/local_house.h"
#include "cli/remote_house.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

// In local mode the queue belongs to this repository alone, whatever its origin is called tomorrow.
constexpr char kLocalProject[] = "local";

}  // namespace

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
    connection.project.value = context.globals.project.empty() ? kLocalProject : context.globals.project;
    ASSIGN_OR_RETURN(connection.house, LocalHouse::Open(context, *connection.place, access));
    return connection;
  }
  connection.project.value = ProjectOf(context, connection.place ? &*connection.place : nullptr);
  if (connection.project.empty()) {
    return status::WithHint(absl::InvalidArgumentError("which project? this is not a git repository"),
                            "--project NAME");
  }
  ASSIGN_OR_RETURN(connection.house, OpenRemoteHouse(address));
  return connection;
}

}  // namespace expq::cli
