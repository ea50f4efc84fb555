// docs/metrics.md has the table of the metrics, generated from the page itself.
#include "app/metrics_fixture.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <set>

namespace {

using namespace std::chrono_literals;

constexpr std::string_view begin_mark = "<!-- the table is generated: begin -->\n";
constexpr std::string_view end_mark = "<!-- the table is generated: end -->\n";

struct family
{
    std::string type;
    std::string help;
    std::set<std::string> labels;
};

class metrics_docs : public test::metrics_page
{
protected:
    // A page with at least one sample of every family.
    std::string whole_page()
    {
        services = {{"lab", 1, 2}};
        unwatched = 3;
        add("web", test::expiring("aaaaaaaa-0000-4000-8000-000000000001", "2026-12-01T00:00:00Z"));
        counted.requested({"kubernetes", "GET", net::origin{true, "a", 1}, 200, 1s});
        counted.requested({"identity", "POST", net::origin{true, "a", 1}, 200, 1s});
        app::metrics::state now{bindings, {}, {}, events, unwatched, services};
        now.requests = {{"kubernetes", {}}};
        now.election = app::metrics::leadership{"controller", true, 2};
        return page_of(now);
    }
};

std::map<std::string, family> families_of(const std::vector<std::string>& lines)
{
    std::map<std::string, family> families;
    std::string name;
    const std::regex label("([a-z_]+)=\"");
    for (const std::string& line : lines)
    {
        std::istringstream words(line);
        std::string hash;
        std::string keyword;
        words >> hash >> keyword;
        if (keyword == "HELP" || (hash == "#" && keyword == "TYPE"))
        {
            words >> name >> std::ws;
            std::string rest;
            std::getline(words, rest);
            (keyword == "HELP" ? families[name].help : families[name].type) = rest;
            continue;
        }
        for (std::sregex_iterator at(line.begin(), line.end(), label), end; at != end; ++at)
        {
            if (at->str(1) != "le")
            {
                families[name].labels.insert(at->str(1));
            }
        }
    }
    return families;
}

std::string as_markdown(const std::map<std::string, family>& families)
{
    std::string table = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
    for (const auto& [name, of] : families)
    {
        std::string labels;
        for (const std::string& label : of.labels)
        {
            labels += (labels.empty() ? "`" : ", `") + label + "`";
        }
        table += "| `" + name + "` | " + of.type + " | " + labels + (labels.empty() ? "| " : " | ") +
                 of.help + " |\n";
    }
    return table;
}

// WRITE_DOCS=1 writes the table instead.
TEST_F(metrics_docs, have_the_metrics_of_the_page)
{
    const std::string docs = testbed::read_file(METRICS_FILE);
    const auto begin = docs.find(begin_mark);
    const auto end = docs.find(end_mark);
    ASSERT_NE(begin, std::string::npos);
    ASSERT_NE(end, std::string::npos);
    const auto from = begin + begin_mark.size();
    const auto families = families_of(split(whole_page()));
    EXPECT_GT(families.size(), 30U);
    const std::string wanted = as_markdown(families);
    if (std::getenv("WRITE_DOCS") != nullptr)
    {
        std::ofstream(METRICS_FILE) << docs.substr(0, from) << wanted << docs.substr(end);
        return;
    }
    EXPECT_EQ(docs.substr(from, end - from), wanted)
        << "docs/metrics.md is not what the page says; WRITE_DOCS=1 in front of this test writes it";
}

}  // namespace
