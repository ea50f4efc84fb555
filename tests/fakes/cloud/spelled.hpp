#pragma once

#include "cloud/container_ref.hpp"

#include <string>
#include <vector>

namespace test {

// The texts of refs, for tests that check their spelling.
inline std::vector<std::string> spelled(const std::vector<cloud::container_ref>& refs)
{
    std::vector<std::string> texts;
    for (const cloud::container_ref& ref : refs)
    {
        texts.push_back(ref.str());
    }
    return texts;
}

}  // namespace test
