#include "kubeconfigs/table.hpp"

#include "kube/kubeconfig.hpp"
#include "kubeconfigs/corpus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace kubeconfigs {
namespace {

using testing::HasSubstr;

constexpr auto begin_mark = "<!-- kubeconfig: written by a test, see docs/testing.md -->\n";
constexpr auto end_mark = "<!-- kubeconfig: end -->\n";

std::map<std::string, verdict> verdicts()
{
    std::map<std::string, verdict> all;
    for (const corpus_case& one : corpus())
    {
        EXPECT_TRUE(all.emplace(one.name, one.verdict).second) << one.name << " stands twice in the corpus";
    }
    return all;
}

TEST(kubeconfig_table, every_case_of_the_corpus_stands_in_a_row_and_agrees_with_it)
{
    const auto known = verdicts();
    std::set<std::string> shown;
    for (const table_row& row : table())
    {
        bool differs = row.cases.empty() && !row.difference.empty();
        for (const std::string& name : row.cases)
        {
            ASSERT_TRUE(known.contains(name)) << name;
            shown.insert(name);
            const verdict found = known.at(name);
            const bool alike = found == verdict::same || found == verdict::both_refuse;
            EXPECT_TRUE(alike || !row.difference.empty()) << row.field << ": " << name;
            differs = differs || !alike;
        }
        EXPECT_EQ(differs, !row.difference.empty()) << row.field;
    }
    for (const auto& [name, found] : known)
    {
        EXPECT_TRUE(shown.contains(name)) << name << " stands in no row";
    }
}

// Where a field stands, as a kubeconfig with the field at the mark.
struct place
{
    const char* section;
    const char* text;
};

constexpr place places[] = {
    {"The file",
     "@: null\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
     "clusters: [{name: k, cluster: {server: \"https://h\"}}]\nusers: [{name: u, user: {username: me}}]\n"},
    {"Contexts",
     "current-context: c\ncontexts: [{name: c, context: {@: null, <<: {cluster: k, user: u}}}]\n"
     "clusters: [{name: k, cluster: {server: \"https://h\"}}]\nusers: [{name: u, user: {username: me}}]\n"},
    {"Clusters",
     "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
     "clusters: [{name: k, cluster: {@: null, <<: {server: \"https://h\"}}}]\nusers: [{name: u, user: "
     "{username: me}}]\n"},
    {"Users",
     "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
     "clusters: [{name: k, cluster: {server: \"https://h\"}}]\nusers: [{name: u, user: {@: null, <<: "
     "{username: me}}}]\n"},
};

// The notices of a kubeconfig that has `key` in the section.
std::vector<std::string> notices_of(const std::string& text, const std::string& key)
{
    std::string filled = text;
    filled.replace(filled.find('@'), 1, key);
    const auto config = kube::read_kubeconfig({{"/kc", filled}}, "");
    return config ? config->notices : std::vector<std::string>();
}

// The fields of clientcmd/api/v1 in client-go 0.37. What the program does not know would be told as unknown.
TEST(kubeconfig_table, every_field_of_client_go_stands_in_a_row_and_is_known)
{
    const std::map<std::string, std::vector<std::string>> fields{
        {"The file",
         {"kind",
          "apiVersion",
          "preferences",
          "clusters",
          "users",
          "contexts",
          "current-context",
          "extensions"}},
        {"Contexts", {"cluster", "user", "namespace", "extensions"}},
        {"Clusters",
         {"server",
          "tls-server-name",
          "insecure-skip-tls-verify",
          "certificate-authority",
          "certificate-authority-data",
          "proxy-url",
          "disable-compression",
          "extensions"}},
        {"Users",
         {"client-certificate",
          "client-certificate-data",
          "client-key",
          "client-key-data",
          "token",
          "tokenFile",
          "as",
          "as-uid",
          "as-groups",
          "as-user-extra",
          "username",
          "password",
          "auth-provider",
          "exec",
          "extensions"}},
        {"Credential plugins (`exec`)",
         {"command",
          "args",
          "env",
          "name",
          "value",
          "apiVersion",
          "installHint",
          "provideClusterInfo",
          "interactiveMode"}},
    };
    for (const auto& [section, names] : fields)
    {
        std::string rows;
        for (const table_row& row : table())
        {
            rows += row.section == section ? row.field + "\n" : "";
        }
        for (const std::string& name : names)
        {
            EXPECT_THAT(rows, HasSubstr("`" + name + "`")) << section;
            for (const place& place : places)
            {
                if (place.section == section)
                {
                    EXPECT_THAT(notices_of(place.text, name), testing::IsEmpty()) << name;
                }
            }
        }
    }
    for (const place& place : places)
    {
        EXPECT_THAT(notices_of(place.text, "canary"), testing::ElementsAre(HasSubstr("unknown key canary")))
            << place.section;
    }
}

// WRITE_DOCS=1 writes the page instead.
TEST(kubeconfig_table, stands_in_the_docs_as_it_is)
{
    std::stringstream content;
    content << std::ifstream(COMPATIBILITY_PAGE).rdbuf();
    const std::string page = content.str();
    const auto begin = page.find(begin_mark);
    const auto end = page.find(end_mark);
    ASSERT_NE(begin, std::string::npos);
    ASSERT_NE(end, std::string::npos);
    const auto from = begin + std::string_view(begin_mark).size();
    const std::string wanted = as_markdown(table());
    if (std::getenv("WRITE_DOCS") != nullptr)
    {
        std::ofstream(COMPATIBILITY_PAGE) << page.substr(0, from) << wanted << page.substr(end);
        return;
    }
    EXPECT_TRUE(page.substr(from, end - from) == wanted)
        << "docs/compatibility.md is not what the table says; WRITE_DOCS=1 in front of this test writes it";
}

}  // namespace
}  // namespace kubeconfigs
