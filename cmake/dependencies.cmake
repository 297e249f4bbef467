# Everything is a Debian package; deploy/packages.txt lists them.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
pkg_check_modules(libgit2 REQUIRED IMPORTED_TARGET libgit2)

# With everything shared, the dynamic linker loads 76 libraries: 10 ms of every command. So release builds link all but
# libgit2, OpenSSL and what those need from Debian's archives; mold takes them in any order.
function(expq_link_statically)
  get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  list(FILTER targets INCLUDE REGEX "^(absl::.*|gRPC::.*|protobuf::libprotobuf|c-ares::.*|SQLite::SQLite3|yaml-cpp)$")
  foreach(target IN LISTS targets)
    foreach(property IMPORTED_LOCATION IMPORTED_LOCATION_NONE IMPORTED_LOCATION_RELEASE)
      get_target_property(shared ${target} ${property})
      string(REGEX REPLACE "\\.so[.0-9]*$" ".a" archive "${shared}")
      if(EXISTS "${archive}")
        set_target_properties(${target} PROPERTIES ${property} ${archive})
      endif()
    endforeach()
  endforeach()
  find_library(RE2_ARCHIVE libre2.a REQUIRED)  # its target says -lre2
  set_target_properties(re2::re2 PROPERTIES INTERFACE_LINK_LIBRARIES ${RE2_ARCHIVE})
endfunction()
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND MOLD AND NOT EXPQ_SANITIZE)
  expq_link_statically()
  # Nothing in C++ is shared any more, so the standard library need not be.
  set(EXPQ_PROGRAM_LINK_OPTIONS -static-libstdc++ -static-libgcc -Wl,--as-needed)
endif()

# These two have no archives, but can be compiled in from their headers.
add_library(expq_spdlog INTERFACE)
target_link_libraries(expq_spdlog INTERFACE spdlog::spdlog_header_only fmt::fmt-header-only)
add_library(expq_toml INTERFACE)
target_compile_definitions(expq_toml INTERFACE TOML_HEADER_ONLY=1)
