// Open repositories for many threads: a libgit2 handle serves one thread at a time, and opening one costs 0.2 ms.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/git/repository.h"
#include "common/sync/sync.h"

namespace expq::git {

// Thread-safe.
class HandlePool {
 public:
  // One handle, lent until this is destroyed.
  class Loan {
   public:
    Loan(HandlePool& pool, std::string dir, std::unique_ptr<Repository> repository)
        : pool_(&pool), dir_(std::move(dir)), repository_(std::move(repository)) {}
    Loan(Loan&&) = default;
    ~Loan();
    const Repository* operator->() const { return repository_.get(); }
    const Repository& operator*() const { return *repository_; }

   private:
    HandlePool* pool_;
    std::string dir_;
    std::unique_ptr<Repository> repository_;
  };

  // The repository of exactly this folder; NotFound, unless `make` (then a bare one is made).
  absl::StatusOr<Loan> Borrow(const std::string& dir, bool make);

 private:
  void Return(const std::string& dir, std::unique_ptr<Repository> repository);

  sync::Mutex mutex_;
  std::map<std::string, std::vector<std::unique_ptr<Repository>>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::git
