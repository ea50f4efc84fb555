#include "chart/cluster.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <set>
#include <sstream>

// values.yaml, its schema and the chart's README name the same values.
namespace test {
namespace {

using testing::IsEmpty;

json schema()
{
    return json::parse(testbed::read_file(std::string(chart_folder) + "/values.schema.json"));
}

// The values of values.yaml.
json defaults()
{
    const auto release = helm("install", {"--dry-run=client", "-o", "json"});
    EXPECT_TRUE(succeeds(release));
    return json::parse(release.out).at("chart").at("values");
}

using visitor = std::function<void(const std::string& path, const json& shape, const json& value)>;

// Every value without nested values of the chart; null is a value without a default.
void for_each_value(const json& shape, const json& value, const std::string& path, const visitor& visit)
{
    if (!shape.contains("properties"))
    {
        visit(path, shape, value);
        return;
    }
    for (const auto& [name, inner] : value.items())
    {
        EXPECT_TRUE(shape.at("properties").contains(name)) << path << "." << name << " is not in the schema";
    }
    for (const auto& [name, inner] : shape.at("properties").items())
    {
        const auto inner_path = path.empty() ? name : path + "." + name;
        for_each_value(inner, value.is_object() ? value.value(name, json()) : json(), inner_path, visit);
    }
}

// Rows of the table of values; a default is JSON.
struct row
{
    std::string path;
    std::string description;
    json value;

    auto operator<=>(const row&) const = default;
};

std::ostream& operator<<(std::ostream& stream, const row& value)
{
    return stream << "| `" << value.path << "` | " << value.description << " | `" << value.value << "` |";
}

std::set<row> rows_of_readme()
{
    std::istringstream lines(testbed::read_file(std::string(chart_folder) + "/README.md"));
    std::set<row> rows;
    for (std::string line; std::getline(lines, line);)
    {
        std::istringstream cells(line);
        std::string part;
        row read;
        if (line.starts_with("| `") && std::getline(cells, part, '`') &&
            std::getline(cells, read.path, '`') && std::getline(cells, part, '|') &&
            std::getline(cells, read.description, '|') && std::getline(cells, part, '`') &&
            std::getline(cells, part, '`'))
        {
            read.description = read.description.substr(1, read.description.size() - 2);
            read.value = json::parse(part);
            EXPECT_TRUE(rows.insert(read).second) << line << " is there twice";
        }
    }
    return rows;
}

TEST(readme_of_the_chart, describes_every_value_as_the_schema_does_with_its_default)
{
    std::set<row> expected;
    for_each_value(
        schema(),
        defaults(),
        "",
        [&](const std::string& path, const json& shape, const json& value) {
            expected.insert({path, shape.value("description", ""), value});
        }
    );
    EXPECT_EQ(rows_of_readme(), expected);
}

TEST(schema_of_the_chart, describes_everything_and_admits_nothing_else_but_globals_of_other_charts)
{
    const std::function<void(const json&, const std::string&)> check = [&](const json& shape,
                                                                           const std::string& path) {
        SCOPED_TRACE(path);
        EXPECT_EQ(shape.at("additionalProperties"), path == "global.");
        for (const auto& [name, inner] : shape.at("properties").items())
        {
            EXPECT_THAT(inner.value("description", ""), Not(IsEmpty())) << name;
            EXPECT_TRUE(inner.contains("type")) << name;
            if (inner.contains("properties"))
            {
                check(inner, path + name + ".");
            }
        }
    };
    check(schema(), "");
}

// Helm passes `global` to every chart. A default of `enabled` would override the tags of a parent chart.
TEST(schema_of_the_chart, has_no_value_without_a_default_but_those_of_a_parent_chart)
{
    const std::function<void(const json&, const json&, const std::string&)> check =
        [&](const json& shape, const json& value, const std::string& path) {
            for (const auto& [name, inner] : shape.value("properties", json::object()).items())
            {
                if (path + name == "global" || path + name == "enabled")
                {
                    EXPECT_FALSE(value.contains(name)) << name;
                    continue;
                }
                EXPECT_TRUE(value.contains(name)) << path + name;
                check(inner, value.value(name, json::object()), path + name + ".");
            }
        };
    check(schema(), defaults(), "");
}

}  // namespace
}  // namespace test
