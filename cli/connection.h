// Who keeps the queue: this repository's own files, or a scheduler somewhere. Commands see only interfaces.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/place.h"
#include "common/blob/blob_store.h"
#include "common/experiment/interfaces.h"

namespace expq::cli {

class LocalHouse;

// All ends of one scheduler. The references live as long as the house.
class House {
 public:
  virtual ~House() = default;
  virtual experiment::Queue& queue() = 0;
  virtual experiment::LogReader& logs() = 0;
  virtual experiment::Fleet& fleet() = 0;
  virtual experiment::SnapshotStore& snapshots() = 0;
  virtual blob::BlobStore& blobs() = 0;
  // Null when the queue is elsewhere: then agents run the experiments, not this process.
  virtual LocalHouse* local() = 0;
};

enum class Access {
  kRead,   // works on a read-only repository, makes no folder
  kWrite,  // changes the queue
  kRun,    // runs experiments here
};

struct Connection {
  std::optional<Place> place;  // always there in local mode
  std::unique_ptr<House> house;
  experiment::ProjectName project;
};

// --scheduler, else EXPQ_SCHEDULER, else git's expq.scheduler, else "": this repository's own queue.
std::string SchedulerAddress(const Context& context, const Place* place);

// The name of this repository's project in its own queue.
experiment::ProjectName LocalProject(const Context& context);

// NotFound when there is no repository where one is needed; Unavailable when the scheduler cannot be reached.
absl::StatusOr<Connection> Connect(const Context& context, Access access);

}  // namespace expq::cli
