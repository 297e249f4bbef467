// Any .dvc/config.
#include "common/config/config.h"
#include "tests/fuzz/repository.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  testing::MemoryFilesystem fs;
  fuzz::Put(fs, ".dvc/config", fuzz::Text(data, size));
  config::ReadRepository(fs, fuzz::kRoot).IgnoreError();
  return 0;
}
