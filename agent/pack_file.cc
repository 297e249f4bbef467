#include "agent/pack_file.h"

#include "common/status/status.h"

namespace expq::agent {
namespace {

// As the interfaces ask.
constexpr int64_t kPiece = 1 << 20;

}  // namespace

experiment::ByteSink PackFile::Sink() {
  fs_.Remove(path_).IgnoreError();  // what a killed process left; if it stays, the pack does not verify
  return [this](absl::string_view piece) { return fs_.Append(path_, piece); };
}

experiment::ByteSource PackFile::Source() {
  return [this]() -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(std::string piece, fs_.ReadAt(path_, offset_, kPiece));
    offset_ += static_cast<int64_t>(piece.size());
    return piece;
  };
}

}  // namespace expq::agent
