// The demo from start to end, and the processes that it leaves running.
#include "testbed/files.hpp"
#include "testbed/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

// The lines of `text` with this beginning, without the beginning.
std::vector<std::string> lines_after(const std::string& beginning, const std::string& text)
{
    std::vector<std::string> lines;
    std::stringstream stream(text);
    for (std::string line; std::getline(stream, line);)
    {
        if (line.starts_with(beginning))
        {
            lines.push_back(line.substr(beginning.size()));
        }
    }
    return lines;
}

// The certificate of a binding in the tables that kubectl printed.
std::string certificate_of(const std::string& name, const std::string& shown)
{
    for (const auto& row : lines_after(name + " ", shown))
    {
        // Of the two ids that a wide row shows, the certificate's is the first.
        static const std::regex id("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
        if (std::smatch match; std::regex_search(row, match, id))
        {
            return match.str();
        }
    }
    ADD_FAILURE() << "no wide row of " << name;
    return "none";
}

struct listener
{
    std::string default_ref;
    std::vector<std::string> sni_refs;
};

std::vector<listener> listeners_in(const std::string& shown)
{
    std::vector<listener> listeners;
    for (const auto& line : lines_after("the listener: ", shown))
    {
        const auto read = json::parse(line);
        listeners.push_back(
            {read["default_tls_container_ref"].get<std::string>(),
             read["sni_container_refs"].get<std::vector<std::string>>()}
        );
    }
    return listeners;
}

// The environment of a user who reaches the clone by a symbolic link, and the internet by a proxy.
class demo : public testing::Test
{
protected:
    demo() { fs::create_directory_symlink(SOURCE_FOLDER, link_); }
    ~demo() override { fs::remove(link_); }

    testbed::outcome run(const std::string& script, std::vector<std::string> arguments = {}) const
    {
        return testbed::run(
            {.program = link_ / "tests/demo" / script,
             .arguments = std::move(arguments),
             .environment = {{"http_proxy", "http://127.0.0.1:1"}}}
        );
    }

private:
    fs::path link_ = fs::path(testing::TempDir()) / ("clone-" + std::to_string(::getpid()));
};

TEST_F(demo, shows_its_story_and_stops)
{
    const auto shown = run("demo");
    ASSERT_EQ(shown.code, 0) << shown;
    EXPECT_THAT(
        shown.out, HasSubstr("certificatebinding.certificates.bycloud.io/shop-default condition met")
    );
    EXPECT_THAT(
        lines_after("shop-sni ", shown.out),
        testing::Contains(ContainsRegex("CertificateNotActive .*payload")).Times(1)
    );
    EXPECT_THAT(shown.out, HasSubstr("certificatebinding.certificates.bycloud.io/shop-sni condition met"));
    EXPECT_THAT(shown.out, HasSubstr("\"shop-default\" deleted"));
    EXPECT_THAT(shown.out, HasSubstr("export KUBECONFIG="));

    const auto states = listeners_in(shown.out);
    ASSERT_EQ(states.size(), 6U) << shown;
    const auto default_ref = EndsWith("/" + certificate_of("shop-default", shown.out));
    const auto sni_refs = ElementsAre(EndsWith("/" + certificate_of("shop-sni", shown.out)));
    EXPECT_THAT(states[0].default_ref, testing::Not(default_ref));
    EXPECT_THAT(states[0].sni_refs, IsEmpty());
    EXPECT_THAT(states[1].default_ref, default_ref);
    EXPECT_THAT(states[1].sni_refs, IsEmpty());
    EXPECT_THAT(states[2].default_ref, default_ref);
    EXPECT_THAT(states[2].sni_refs, sni_refs);
    EXPECT_EQ(states[3].default_ref, states[0].default_ref) << "the one from before";
    EXPECT_THAT(states[3].sni_refs, sni_refs);
    EXPECT_THAT(shown.out, ContainsRegex("\\{\"binding\":\\{\"id\":.*\"status\":\"active\""));
    EXPECT_THAT(states[4].default_ref, default_ref) << "bound by the API";
    EXPECT_EQ(states[5].default_ref, states[0].default_ref) << "and taken off by the API";

    const auto after = testbed::run(
        {.program = SOURCE_FOLDER "/build/bin/kubectl",
         .arguments =
             {"--kubeconfig",
              SOURCE_FOLDER "/build/demo/servers/admin.kubeconfig",
              "get",
              "certbind",
              "shop-sni"}}
    );
    EXPECT_EQ(after.code, 0) << after;
    EXPECT_THAT(after.out, HasSubstr("Attached"));

    const auto many = run("demo-many", {"20"});
    EXPECT_EQ(many.code, 0) << many;
    // Fewer PUTs than bindings; how many depends on the speed of kubectl on this machine.
    EXPECT_THAT(many.out, ContainsRegex("20 bindings on one listener: 1?[0-9] PUT.s.;.* is served: sni"));

    std::vector<pid_t> running;
    for (const char* name : {"controller", "cloudsim"})
    {
        running.push_back(
            std::stoi(testbed::read_file(SOURCE_FOLDER "/build/demo/" + std::string(name) + ".pid"))
        );
        EXPECT_TRUE(testbed::process_runs(running.back())) << name;
    }
    const auto down = run("demo-down");
    EXPECT_EQ(down.code, 0) << down;
    for (const pid_t pid : running)
    {
        EXPECT_FALSE(testbed::process_runs(pid)) << pid;
    }
    const auto again = run("demo-down");
    EXPECT_THAT(again.out, HasSubstr("not running"));
}

}  // namespace
