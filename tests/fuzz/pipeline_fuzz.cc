// Any dvc.yaml, with other files beside it ("=== NAME" starts the next one), as a whole: every stage of what is
// accepted has a name and a place, can be selected, and the graph has an order.
#include "common/pipeline/pipeline.h"
#include "tests/fuzz/repository.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  testing::MemoryFilesystem fs;
  fuzz::PutAll(fs, fuzz::Text(data, size));
  const absl::StatusOr<pipeline::Pipeline> loaded = pipeline::Load(fs, fuzz::kRoot);
  if (!loaded.ok()) return 0;
  const absl::StatusOr<pipeline::Graph> graph = pipeline::Graph::Build(*loaded);
  fuzz::Claim(graph.ok() && graph->Order().size() == loaded->stages.size(), "what is accepted has an order");
  for (const pipeline::Stage& stage : loaded->stages) {
    fuzz::Claim(!stage.name.empty() && !stage.file.empty() && stage.mark.line > 0, "a stage has a name and a place");
  }
  return 0;
}
