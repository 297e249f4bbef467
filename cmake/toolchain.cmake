# Warnings, sanitizers, linker, compiler cache: the same for every target.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

# -pthread everywhere: a target with it cannot use a precompiled header made without.
add_compile_options(-pthread -Wall -Wextra -Werror -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's own stable_sort uses what it deprecates, and clang says so at the caller.
  add_compile_options(-Wthread-safety -Wno-unused-command-line-argument -Wno-deprecated-declarations)
  find_program(LINKER NAMES ld.lld-19 ld.lld)
  if(LINKER)
    add_link_options(--ld-path=${LINKER})
  endif()
else()
  # g++ 12 warns about its own std::string in inlined code (PR105651, PR105329): noise, not bugs.
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-dangling-pointer -Wno-stringop-overflow
                      -Wno-stringop-overread -Wno-array-bounds)
  find_program(MOLD mold)
  if(MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()

if(EXPQ_SANITIZE STREQUAL "address+undefined")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=address,undefined)
  if(EXPQ_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link -O1)
  endif()
elseif(EXPQ_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=thread)
endif()
