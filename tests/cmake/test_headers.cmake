# The headers on which most tests spend their compile time, compiled once. The compiled header belongs to
# precompiled.cpp; with_test_headers(<targets...>) shares it.
add_executable(test_headers precompiled.cpp)
target_link_libraries(test_headers PRIVATE project_options GTest::gmock GTest::gtest)
target_precompile_headers(test_headers PRIVATE precompiled.hpp)
target_compile_options(test_headers PRIVATE -Xclang -fno-pch-timestamp)
function(with_test_headers)
    foreach(target IN LISTS ARGN)
        target_precompile_headers(${target} REUSE_FROM test_headers)
    endforeach()
endfunction()

# The paths in a compiled header differ from clone to clone. By this digest ccache (pch_external_checksum) recognizes the
# header in each clone. In this option ccache can take the path as relative to the clone, unlike in CMake's default.
set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -Xclang -include-pch -Xclang <PCH_FILE>)
execute_process(
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++23 -E -P -o precompiled.ii ${CMAKE_CURRENT_SOURCE_DIR}/precompiled.hpp
    WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} COMMAND_ERROR_IS_FATAL ANY
)
file(SHA256 ${CMAKE_CURRENT_BINARY_DIR}/precompiled.ii digest)
file(CONFIGURE OUTPUT CMakeFiles/test_headers.dir/cmake_pch.hxx.pch.sum CONTENT "${digest}\n")
