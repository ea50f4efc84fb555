#include "chart/cluster.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <unistd.h>

// The files that are generated or repeat the version are up to date.
namespace test {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

constexpr auto source = "crds/certificatebindings.yaml";
constexpr auto in_chart = "charts/certificate-binding-controller/templates/crds.yaml";
constexpr auto in_manifests = "manifests/crd/crd.yaml";
constexpr auto health_check = "manifests/argocd/health.lua";
constexpr auto health_patch = "manifests/argocd/argocd-cm.yaml";

testbed::outcome generate(const fs::path& project, const std::vector<std::string>& arguments)
{
    return testbed::run({.program = project / "hack" / "generate", .arguments = arguments});
}

TEST(generated_files, are_what_their_source_makes)
{
    EXPECT_TRUE(succeeds(generate(PROJECT_FOLDER, {"--check"})));
}

// A copy of the files that hack/generate reads and writes.
class generator : public testing::Test
{
protected:
    fs::path project = fs::path(testing::TempDir()) / ("generator-" + std::to_string(::getpid()));

    void SetUp() override
    {
        for (const auto* name : {"hack/generate", source, in_chart, in_manifests, health_check, health_patch})
        {
            fs::create_directories((project / name).parent_path());
            fs::copy(fs::path(PROJECT_FOLDER) / name, project / name);
        }
    }

    void TearDown() override { fs::remove_all(project); }

    void append_to(const std::string& name) const
    {
        testbed::write_file(project / name, testbed::read_file(project / name) + "# changed\n");
    }
};

TEST_F(generator, notices_a_change_of_the_source_and_carries_it_over)
{
    append_to(source);
    testbed::write_file(project / health_check, testbed::read_file(project / health_check) + "-- changed\n");
    const auto check = generate(project, {"--check"});
    EXPECT_EQ(check.code, 1);
    EXPECT_THAT(check.err, HasSubstr("does not match its source: run make generate"));

    EXPECT_TRUE(succeeds(generate(project, {})));
    EXPECT_TRUE(succeeds(generate(project, {"--check"})));
    EXPECT_THAT(testbed::read_file(project / in_chart), HasSubstr("# changed\n"));
    EXPECT_THAT(testbed::read_file(project / in_manifests), HasSubstr("# changed\n"));
    EXPECT_THAT(testbed::read_file(project / health_patch), HasSubstr("    -- changed\n"));
}

TEST_F(generator, notices_a_change_of_what_it_made)
{
    for (const auto* name : {in_chart, in_manifests, health_patch})
    {
        append_to(name);
        const auto check = generate(project, {"--check"});
        EXPECT_EQ(check.code, 1);
        EXPECT_THAT(check.err, HasSubstr(std::string(name) + " does not match"));
        EXPECT_TRUE(succeeds(generate(project, {})));
    }
}

TEST(version, is_the_same_everywhere)
{
    const auto chart = testbed::read_file(std::string(chart_folder) + "/Chart.yaml");
    EXPECT_THAT(chart, HasSubstr("\nversion: " PROJECT_VERSION "\n"));
    EXPECT_THAT(chart, HasSubstr("\nappVersion: " PROJECT_VERSION "\n"));
    EXPECT_THAT(
        testbed::read_file(PROJECT_FOLDER "/manifests/kustomization.yaml"),
        HasSubstr("newTag: " PROJECT_VERSION "\n")
    );
}

}  // namespace
}  // namespace test
