// Any message of a submission's commit; what is read of it and written again is the same submission.
#include "common/submission/message.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  const absl::StatusOr<experiment::Submission> parsed = submission::ParseMessage(fuzz::Text(data, size));
  if (!parsed.ok()) return 0;
  const std::string text = submission::WriteMessage(parsed->id, parsed->experiments);
  const absl::StatusOr<experiment::Submission> again = submission::ParseMessage(text);
  fuzz::Claim(again.ok(), "what we write we can read", absl::StrCat(again.status().ToString(), "\n", text));
  fuzz::Claim(submission::WriteMessage(again->id, again->experiments) == text, "written twice it is the same", text);
  return 0;
}
