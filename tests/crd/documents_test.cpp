#include "binding/resource/reason.hpp"
#include "crd/cluster.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <sstream>

// The samples are valid, and docs/status.md agrees with the code.
namespace test {
namespace {

namespace fs = std::filesystem;

TEST_F(crd, accepts_the_samples_as_they_are)
{
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"create", "-f", PROJECT_FOLDER "/manifests/samples"})));
    const auto names = kubernetes->kubectl({"get", "certbind", "-o", "name"}).out;
    const auto files = std::distance(fs::directory_iterator(PROJECT_FOLDER "/manifests/samples"), {});
    EXPECT_EQ(std::ranges::count(names, '\n'), files);
}

// Reason to state, as the table of the page has it.
std::map<std::string, std::string> reasons_of_page()
{
    const auto page = testbed::read_file(PROJECT_FOLDER "/docs/status.md");
    std::istringstream lines(page.substr(page.find("\n## Reasons\n")));
    std::map<std::string, std::string> reasons;
    for (std::string line; std::getline(lines, line);)
    {
        std::istringstream cells(line);
        std::string bar;
        std::string reason;
        std::string state;
        if (line.starts_with("| `") && std::getline(cells, bar, '`') && std::getline(cells, reason, '`'))
        {
            EXPECT_TRUE(std::getline(cells, bar, '|') && cells >> state) << line;
            EXPECT_TRUE(reasons.emplace(reason, state).second) << reason << " is there twice";
        }
    }
    return reasons;
}

TEST(status_page, has_one_row_for_each_reason_with_its_state)
{
    std::map<std::string, std::string> expected;
    for (int i = 1; i <= static_cast<int>(binding::reason::certificate_active); ++i)
    {
        const auto reason = static_cast<binding::reason>(i);
        expected.emplace(binding::name_of(reason), binding::name_of(binding::state_of(reason)));
    }
    EXPECT_EQ(reasons_of_page(), expected);
}

// Fields that may be left out, below spec: with the name of their default in the description. `path` is for
// messages.
void expect_defaults_in_words(const json& shape, const std::string& path)
{
    const auto required = shape.value("required", std::vector<std::string>{});
    for (const auto& [name, field] : shape.value("properties", json::object()).items())
    {
        const auto words = field.value("description", "");
        if (std::ranges::find(required, name) == required.end())
        {
            const json none;
            const json& value = field.contains("default") ? field.at("default") : none;
            const auto text = value.is_string() ? value.get<std::string>()
                              : value.is_null() ? ""
                                                : value.dump();
            EXPECT_THAT(words, testing::HasSubstr("Default: " + text)) << path + "." + name;
        }
        expect_defaults_in_words(field, path + "." + name);
    }
}

TEST(definition, names_the_default_of_each_field_in_its_description)
{
    const auto shown = kubernetes->kubectl({"get", "crd", crd_name, "-o", "json"});
    ASSERT_TRUE(succeeds(shown));
    const auto path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec"_json_pointer;
    expect_defaults_in_words(json::parse(shown.out).at(path), "spec");
}

}  // namespace
}  // namespace test
