#include "common/sync/sync.h"

#include <utility>
#include <vector>

namespace expq::sync {

void CondVar::Wait(Mutex& mutex) {
  std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
  condition_.wait(lock);
  lock.release();
}

bool CondVar::WaitFor(Mutex& mutex, absl::Duration timeout) {
  std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
  // An hour at most: libstdc++ overflows on infinite durations, and every caller loops on its condition.
  auto bounded = absl::ToChronoNanoseconds(std::min(timeout, absl::Hours(1)));
  bool signalled = condition_.wait_for(lock, bounded) == std::cv_status::no_timeout;
  lock.release();
  return signalled;
}

struct StopToken::State {
  std::mutex mutex;
  std::condition_variable condition;
  bool stopped = false;
  int next_callback = 0;
  std::map<int, std::function<void()>> callbacks;
};

StopToken::StopToken() : state_(std::make_shared<State>()) {}

bool StopToken::Stopped() const {
  std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->stopped;
}

void StopToken::Stop() {
  std::map<int, std::function<void()>> callbacks;
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    if (state_->stopped) return;
    state_->stopped = true;
    callbacks.swap(state_->callbacks);
  }
  state_->condition.notify_all();
  for (auto& [id, callback] : callbacks) callback();
}

bool StopToken::WaitFor(absl::Duration timeout) const {
  std::unique_lock<std::mutex> lock(state_->mutex);
  auto bounded = absl::ToChronoNanoseconds(std::min(timeout, absl::Hours(1)));
  return state_->condition.wait_for(lock, bounded, [this] { return state_->stopped; });
}

std::shared_ptr<void> StopToken::OnStop(std::function<void()> callback) const {
  int id = -1;
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    if (!state_->stopped) {
      id = state_->next_callback++;
      state_->callbacks[id] = callback;
    }
  }
  if (id < 0) {
    callback();
    return nullptr;
  }
  std::shared_ptr<State> state = state_;
  return std::shared_ptr<void>(nullptr, [state, id](void*) {
    std::lock_guard<std::mutex> lock(state->mutex);
    state->callbacks.erase(id);
  });
}

}  // namespace expq::sync
