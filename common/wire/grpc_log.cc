#include "common/wire/grpc_log.h"

#include "common/log/log.h"
#include "grpc/support/log.h"

namespace expq::wire {

void QuietGrpc() {
  gpr_set_log_function([](gpr_log_func_args* entry) { log::Debug(entry->message); });
}

}  // namespace expq::wire
