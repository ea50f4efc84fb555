// The headers on which most tests spend their compile time (CMakeLists.txt). Users include them all the same.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
