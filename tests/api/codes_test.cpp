#include "api/codes.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <string>

namespace {

using binding::reason;

// The rows of the table of reasons: "| `Attached` | active | 201 | …". A dash is no answer of a POST.
std::map<std::string, std::string> documented()
{
    std::ifstream file(STATUS_FILE);
    const std::regex row("\\| `([A-Za-z]+)` \\| [a-z /]+ \\| ([0-9]+|-) \\| .*");
    std::map<std::string, std::string> rows;
    std::smatch match;
    for (std::string line; std::getline(file, line);)
    {
        if (std::regex_match(line, match, row))
        {
            EXPECT_TRUE(rows.emplace(match[1], match[2]).second) << line;
        }
    }
    return rows;
}

TEST(codes, every_reason_has_the_documented_status)
{
    const auto rows = documented();
    for (std::size_t i = 0; i < binding::reason_count; ++i)
    {
        const auto why = static_cast<reason>(i);
        if (why == reason::unset || why == reason::certificate_active)
        {
            EXPECT_EQ(api::http_status_of(why), 201) << "no reason of Ready";
            continue;
        }
        ASSERT_TRUE(rows.contains(std::string(name_of(why)))) << name_of(why);
        const auto& code = rows.at(std::string(name_of(why)));
        EXPECT_EQ(std::to_string(api::http_status_of(why)), code == "-" ? "202" : code) << name_of(why);
    }
}

}  // namespace
