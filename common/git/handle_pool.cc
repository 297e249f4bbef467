#include "common/git/handle_pool.h"

#include "common/status/status.h"

namespace expq::git {
namespace {

// Kept per repository: as many as an agent or scheduler uses at once. Each holds a few file maps.
constexpr size_t kIdleHandles = 16;

}  // namespace

HandlePool::Loan::~Loan() {
  if (repository_ != nullptr) pool_->Return(dir_, std::move(repository_));
}

absl::StatusOr<HandlePool::Loan> HandlePool::Borrow(const std::string& dir, bool make) {
  {
    sync::MutexLock lock(mutex_);
    auto& idle = idle_[dir];
    if (!idle.empty()) {
      std::unique_ptr<Repository> repository = std::move(idle.back());
      idle.pop_back();
      return Loan(*this, dir, std::move(repository));
    }
  }
  auto repository = Repository::Open(dir);
  if (make && absl::IsNotFound(repository.status())) repository = Repository::OpenBare(dir);
  RETURN_IF_ERROR(repository.status());
  return Loan(*this, dir, *std::move(repository));
}

void HandlePool::Return(const std::string& dir, std::unique_ptr<Repository> repository) {
  sync::MutexLock lock(mutex_);
  auto& idle = idle_[dir];
  if (idle.size() < kIdleHandles) idle.push_back(std::move(repository));
}

}  // namespace expq::git
