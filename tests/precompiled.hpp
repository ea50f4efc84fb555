// The headers of the tests that take longest to compile (CMakeLists.txt). A file that uses them includes them all the same.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
