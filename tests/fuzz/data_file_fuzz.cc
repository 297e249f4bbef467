// Any `.dvc` file.
#include "common/pipeline/pipeline.h"
#include "tests/fuzz/repository.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  testing::MemoryFilesystem fs;
  fuzz::Put(fs, "data.dvc", fuzz::Text(data, size));
  pipeline::Load(fs, fuzz::kRoot).IgnoreError();
  return 0;
}
