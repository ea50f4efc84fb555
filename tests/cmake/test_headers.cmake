# What most tests spend their compile time on, compiled once. It is precompiled.cpp's; with_test_headers(<targets...>) takes it too.
add_executable(test_headers precompiled.cpp)
target_link_libraries(test_headers PRIVATE project_options GTest::gmock GTest::gtest)
target_precompile_headers(test_headers PRIVATE precompiled.hpp)
target_compile_options(test_headers PRIVATE -Xclang -fno-pch-timestamp)
function(with_test_headers)
    foreach(target IN LISTS ARGN)
        target_precompile_headers(${target} REUSE_FROM test_headers)
    endforeach()
endfunction()

# A compiled header differs from clone to clone by the paths in it; by this digest ccache (pch_external_checksum) knows it in each,
# and of this option it can take the path as relative to the clone, unlike one more of CMake's default.
set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -Xclang -include-pch -Xclang <PCH_FILE>)
execute_process(
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++23 -E -P -o precompiled.ii ${CMAKE_CURRENT_SOURCE_DIR}/precompiled.hpp
    WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} COMMAND_ERROR_IS_FATAL ANY
)
file(SHA256 ${CMAKE_CURRENT_BINARY_DIR}/precompiled.ii digest)
file(CONFIGURE OUTPUT CMakeFiles/test_headers.dir/cmake_pch.hxx.pch.sum CONTENT "${digest}\n")
