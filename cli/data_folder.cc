#include "cli/data_folder.h"

namespace expq::cli {

std::string DataFolder(const Context& context, const std::string& given, const std::string& name) {
  if (!given.empty()) return fs::Normalize(fs::Join(context.cwd, given));
  const std::string data_home = context.environment.Get("XDG_DATA_HOME");
  const std::string base = data_home.empty() ? fs::Join(context.environment.Get("HOME"), ".local/share") : data_home;
  return fs::Join(fs::Join(base, "expq"), name);
}

}  // namespace expq::cli
