#include "cli/stage_output.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace expq::cli {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(100);
constexpr int64_t kPiece = 1 << 20;

// Of a line that its program writes over and over after carriage returns, as progress bars do, what it says now.
std::string LastState(absl::string_view line) {
  while (absl::ConsumeSuffix(&line, "\r")) {
  }
  return std::string(line.substr(line.rfind('\r') + 1));  // npos + 1 is 0
}

}  // namespace

StageOutput::StageOutput(const Context& context, std::string dir)
    : context_(context), dir_(std::move(dir)), follower_([this] { Follow(); }) {}

StageOutput::~StageOutput() {
  stop_.Stop();
  follower_.join();
  context_.terminal.Live("");
  context_.fs.RemoveTree(dir_).IgnoreError();
}

std::string StageOutput::Begin(const std::string& stage) {
  sync::MutexLock lock(mutex_);
  Tail& tail = tails_[stage];
  if (tail.path.empty()) tail.path = fs::Join(dir_, absl::StrCat(begun_++, ".log"));
  return tail.path;
}

void StageOutput::End(const std::string& stage) {
  sync::MutexLock lock(mutex_);
  const auto found = tails_.find(stage);
  if (found == tails_.end()) return;
  Print(stage, found->second, /*last=*/true);
  tails_.erase(found);
  ShowUnfinished();
}

void StageOutput::Print(const std::string& stage, Tail& tail, bool last) {
  while (true) {
    const auto bytes = context_.fs.ReadAt(tail.path, tail.offset, kPiece);
    if (!bytes.ok() || bytes->empty()) break;
    tail.offset += static_cast<int64_t>(bytes->size());
    tail.partial += *bytes;
  }
  if (last && !tail.partial.empty() && tail.partial.back() != '\n') tail.partial.push_back('\n');
  std::string out;
  size_t start = 0;
  for (size_t end = tail.partial.find('\n'); end != std::string::npos; end = tail.partial.find('\n', start)) {
    const absl::string_view line = absl::string_view(tail.partial).substr(start, end - start);
    absl::StrAppend(&out, "[", stage, "] ", LastState(line), "\n");
    start = end + 1;
  }
  tail.partial.erase(0, start);
  const size_t said = tail.partial.find_last_not_of('\r');
  const size_t overwritten = said == std::string::npos ? said : tail.partial.rfind('\r', said);
  if (overwritten != std::string::npos) tail.partial.erase(0, overwritten + 1);
  if (!out.empty()) context_.terminal.Out(out);
}

void StageOutput::ShowUnfinished() {
  if (!context_.terminal.TalkIsLive()) return;
  std::string lines;
  int room = context_.terminal.Height() - 2;
  for (const auto& [stage, tail] : tails_) {
    const std::string state = LastState(tail.partial);
    if (state.empty() || --room <= 0) continue;
    absl::StrAppend(&lines, context_.terminal.Fitted(absl::StrCat("[", stage, "] ", state)), "\n");
  }
  context_.terminal.Live(lines);
}

void StageOutput::Follow() {
  while (!stop_.WaitFor(kLook)) {
    sync::MutexLock lock(mutex_);
    for (auto& [stage, tail] : tails_) Print(stage, tail, /*last=*/false);
    ShowUnfinished();
  }
}

}  // namespace expq::cli
