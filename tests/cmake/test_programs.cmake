# test_program(<name> <sources...>): a program of GoogleTest.
function(test_program name)
    add_executable(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE project_options GTest::gmock GTest::gtest_main)
    with_test_headers(${name})
endfunction()

# unit_test(<folder> <sources...>): one program for the tests of controller/<folder>. Its files mirror the folder's.
function(unit_test folder)
    test_program(unit_${folder} ${ARGN})
    target_include_directories(unit_${folder} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(unit_${folder} PRIVATE controller_${folder} test_support)
    gtest_discover_tests(unit_${folder} TEST_PREFIX ${folder}. PROPERTIES LABELS unit DISCOVERY_MODE PRE_TEST)
endfunction()
