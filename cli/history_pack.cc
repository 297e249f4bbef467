#include "cli/history_pack.h"

#include <signal.h>

#include "absl/strings/str_cat.h"
#include "cli/quantity.h"
#include "common/process/runners.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

// $1: git folder, $2: commit, $3: the file, $4: -q or nothing. As the shell says of a program that is not there.
constexpr int kNoGit = 127;
constexpr int kInterrupted = 128 + SIGINT;
constexpr char kScript[] =
    "command -v git >/dev/null || exit 127\n"
    "printf '%s\\n' \"$2\" | git --git-dir=\"$1\" pack-objects --revs --stdout --delta-base-offset $4 >\"$3\"\n";

absl::StatusOr<process::ExitResult> RunGit(const Context& context, const git::Repository& repository,
                                           const experiment::CommitId& commit, const std::string& path) {
  // In our process group: Ctrl-C ends both.
  process::DirectRunner runner(/*foreground=*/true);
  const bool silent = context.globals.quiet || !context.terminal.TalkIsLive();
  return runner.Run({.argv = {"/bin/sh", "-c", kScript, "sh", repository.common_dir(), commit.value, path,
                              silent ? "-q" : "--progress"},
                     .cwd = repository.common_dir(),
                     .env = context.environment.variables()},
                    sync::StopToken());
}

// Without git.
absl::Status PackByLibrary(const Context& context, const git::Repository& repository,
                           const experiment::CommitId& commit, const std::string& path) {
  int64_t packed = 0;
  absl::Status written = repository.WritePack({commit}, {}, [&](absl::string_view piece) {
    packed += static_cast<int64_t>(piece.size());
    context.terminal.Live(absl::StrCat("packed ", ShortSize(packed), "\n"));
    return context.fs.Append(path, piece);
  });
  context.terminal.Live("");
  return written;
}

}  // namespace

absl::Status PackHistory(const Context& context, const git::Repository& repository, const experiment::CommitId& commit,
                         const std::string& path) {
  context.terminal.Talk("sending the repository's history for the first time");
  const auto ended = RunGit(context, repository, commit, path);
  if (ended.ok() && ended->ok()) return absl::OkStatus();
  // Where we outlive Ctrl-C, it was meant all the same.
  const bool interrupted = ended.ok() && (ended->signal == SIGINT || ended->code == kInterrupted);
  if (interrupted) return absl::CancelledError("interrupted while packing the history");
  const bool absent = ended.ok() && ended->code == kNoGit;
  const std::string why = !ended.ok() ? std::string(ended.status().message()) : ended->Describe();
  context.terminal.Talk(absl::StrCat(absent ? "there is no git here" : absl::StrCat("git could not pack it: ", why),
                                     "; packing it without, which takes a minute for 150,000 objects"));
  RETURN_IF_ERROR(context.fs.Remove(path));
  return PackByLibrary(context, repository, commit, path);
}

}  // namespace expq::cli
