# expq_room(FOLDER [DEPS room…] [LIBS target…] [PRIVATE target…])
# One room: every .cc of the folder (not below it) as a static library expq_<folder>. DEPS are rooms, LIBS are linked
# publicly, PRIVATE are third-party libraries whose headers only this room may include.
function(expq_target_of room out)
  string(REPLACE "/" "_" name ${room})
  set(${out} expq_${name} PARENT_SCOPE)
endfunction()

add_library(expq_base INTERFACE)
target_link_libraries(expq_base INTERFACE absl::status absl::statusor absl::strings absl::str_format absl::time
                      absl::flat_hash_map absl::flat_hash_set absl::hash Threads::Threads)

# One precompiled header for all rooms: Abseil's status, strings and time cost 2 s a file otherwise.
add_library(expq_pch OBJECT ${PROJECT_SOURCE_DIR}/cmake/pch.cc)
target_link_libraries(expq_pch PUBLIC expq_base)
target_precompile_headers(expq_pch PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch.h)

function(expq_room room)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS;PRIVATE" ${ARGN})
  expq_target_of(${room} target)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${room}/*.cc)
  list(FILTER sources EXCLUDE REGEX "_main\\.cc$")
  if(NOT sources)
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE ${ARG_PRIVATE})
    target_precompile_headers(${target} REUSE_FROM expq_pch)
  endif()
  target_link_libraries(${target} ${scope} expq_base ${ARG_LIBS})
  foreach(dep IN LISTS ARG_DEPS)
    expq_target_of(${dep} dep_target)
    target_link_libraries(${target} ${scope} ${dep_target})
  endforeach()
endfunction()

# Generated code in a library of its own: -O1, no debug info, no warnings (9 s a file otherwise).
function(expq_proto target)
  file(GLOB protos CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/proto/expq/v1/*.proto)
  if(NOT protos)
    add_library(${target} INTERFACE)
    return()
  endif()
  set(out ${CMAKE_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${out})
  set(generated)
  foreach(proto IN LISTS protos)
    file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR}/proto ${proto})
    string(REGEX REPLACE "\\.proto$" "" base ${name})
    set(files ${out}/${base}.pb.cc ${out}/${base}.pb.h ${out}/${base}.grpc.pb.cc ${out}/${base}.grpc.pb.h)
    add_custom_command(
      OUTPUT ${files}
      COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR}/proto --cpp_out=${out} --grpc_out=${out}
              --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin> ${name}
      DEPENDS ${protos})
    list(APPEND generated ${out}/${base}.pb.cc ${out}/${base}.grpc.pb.cc)
  endforeach()
  add_library(${target} STATIC ${generated})
  target_include_directories(${target} SYSTEM PUBLIC ${out})
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf gRPC::grpc++)
  target_compile_options(${target} PRIVATE -O1 -g0 -w)
endfunction()

function(expq_programs)
  if(EXISTS ${PROJECT_SOURCE_DIR}/cli/expq_main.cc)
    add_executable(expq cli/expq_main.cc)
    target_link_libraries(expq PRIVATE expq_cli)
    target_link_options(expq PRIVATE ${EXPQ_PROGRAM_LINK_OPTIONS})
    set_target_properties(expq PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  endif()
  if(EXISTS ${PROJECT_SOURCE_DIR}/agent/supervise_main.cc)
    # No libraries but libc: it must start in under a millisecond and outlive upgrades.
    add_executable(expq-supervise agent/supervise_main.cc)
    if(EXPQ_SANITIZE STREQUAL "thread")
      # It has one thread, and the sanitizer would replace its vfork by a fork, which shares no memory.
      target_compile_options(expq-supervise PRIVATE -fno-sanitize=thread)
      target_link_options(expq-supervise PRIVATE -fno-sanitize=thread)
    endif()
    set_target_properties(expq-supervise PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
    target_link_options(expq-supervise PRIVATE $<$<NOT:$<BOOL:${EXPQ_SANITIZE}>>:-static>)
  endif()
endfunction()
