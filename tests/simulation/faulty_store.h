// A store whose writes fail now and then: before anything was done, or after it was committed (the answer is lost).
#pragma once

#include "common/random/random.h"
#include "scheduler/store/store.h"

namespace expq::testing {

class FaultyStore : public store::Store {
 public:
  FaultyStore(store::Store& inner, random::Random& random) : inner_(inner), random_(random) {}

  // One write in `n` fails; 0 = none.
  void FailOneIn(uint64_t n) { one_in_ = n; }

  absl::Status Read(absl::FunctionRef<absl::Status(store::Reader&)> operation) override {
    return inner_.Read(operation);
  }
  absl::Status Transact(absl::FunctionRef<absl::Status(store::Transaction&)> operation) override {
    bool fails = one_in_ > 0 && random_.Below(one_in_) == 0;
    if (fails && random_.Below(2) == 0) return absl::UnavailableError("the store did not answer");
    absl::Status status = inner_.Transact(operation);
    return fails && status.ok() ? absl::UnavailableError("the store's answer was lost") : status;
  }
  absl::StatusOr<int64_t> DataVersion() override { return inner_.DataVersion(); }

 private:
  store::Store& inner_;
  random::Random& random_;
  uint64_t one_in_ = 0;
};

}  // namespace expq::testing
