#include "chart/cluster.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <unistd.h>

// The chart as a dependency of a parent chart.
namespace test {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

class parent_chart : public testing::Test
{
protected:
    fs::path folder = fs::path(testing::TempDir()) / ("parent-chart-" + std::to_string(::getpid()));

    void SetUp() override
    {
        fs::create_directories(folder / "charts");
        fs::create_directories(folder / "templates");
        fs::copy(chart_folder, folder / "charts" / controller_name, fs::copy_options::recursive);
        testbed::write_file(
            folder / "Chart.yaml",
            "apiVersion: v2\n"
            "name: platform\n"
            "version: 1.0.0\n"
            "dependencies:\n"
            "  - name: certificate-binding-controller\n"
            "    version: " PROJECT_VERSION
            "\n"
            "    condition: certificate-binding-controller.enabled\n"
            "    tags: [tls]\n"
        );
        testbed::write_file(
            folder / "templates" / "own.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: own\n"
        );
        testbed::write_file(
            folder / "values.yaml",
            "certificate-binding-controller:\n  cloudConfig:\n    existingSecret: cloud-config\n"
        );
    }

    void TearDown() override { fs::remove_all(folder); }

    testbed::outcome render(std::vector<std::string> flags) const
    {
        flags.insert(flags.begin(), {"template", "platform", folder, "--namespace", controller_namespace});
        return kubernetes->helm(std::move(flags));
    }

    // The objects, as the API server would store them.
    std::vector<json> rendered_with(const std::vector<std::string>& flags) const
    {
        const auto result = render(flags);
        EXPECT_TRUE(succeeds(result));
        return as_served(result.out);
    }

    bool has_controller(const std::vector<std::string>& flags) const
    {
        return std::ranges::any_of(rendered_with(flags), [](const json& object) {
            return object.at("kind") == "Deployment";
        });
    }
};

TEST_F(parent_chart, switches_the_controller_by_its_condition)
{
    EXPECT_TRUE(has_controller({}));
    EXPECT_TRUE(has_controller({"--set=certificate-binding-controller.enabled=true"}));
    EXPECT_FALSE(has_controller({"--set=certificate-binding-controller.enabled=false"}));
}

TEST_F(parent_chart, switches_the_controller_by_a_tag)
{
    EXPECT_TRUE(has_controller({"--set=tags.tls=true"}));
    EXPECT_FALSE(has_controller({"--set=tags.tls=false"}));
    // A condition goes before tags.
    EXPECT_TRUE(has_controller({"--set=tags.tls=false", "--set=certificate-binding-controller.enabled=true"})
    );
}

TEST_F(parent_chart, passes_its_globals)
{
    const auto objects = rendered_with({
        R"(--set-json=global={"imageRegistry":"mirror.example","imagePullSecrets":["regcred"],)"
        R"("commonLabels":{"team":"edge"},"storageClass":"fast","postgresql":{"auth":{}}})",
    });
    const json deployment = first_of(objects, "Deployment");
    EXPECT_EQ(deployment.at("metadata").at("labels").at("team"), "edge");
    const json& pod = deployment.at("spec").at("template").at("spec");
    EXPECT_EQ(pod.at("imagePullSecrets").dump(), R"([{"name":"regcred"}])");
    EXPECT_EQ(
        pod.at("containers")[0].at("image"), "mirror.example/certificate-binding-controller:" PROJECT_VERSION
    );
}

TEST_F(parent_chart, may_pass_an_empty_global)
{
    EXPECT_TRUE(has_controller({"--set-json=global={}"}));
    EXPECT_TRUE(has_controller({"--set-json=global=null"}));
}

TEST_F(parent_chart, without_a_condition_is_told_to_name_one)
{
    testbed::write_file(
        folder / "Chart.yaml",
        "apiVersion: v2\nname: platform\nversion: 1.0.0\ndependencies:\n"
        "  - name: certificate-binding-controller\n    version: " PROJECT_VERSION "\n    alias: tls\n"
    );
    testbed::write_file(folder / "values.yaml", "tls:\n  cloudConfig:\n    existingSecret: cloud-config\n");
    EXPECT_TRUE(has_controller({"--set=tls.enabled=true"}));
    const auto refused = render({"--set=tls.enabled=false"});
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(refused.err, HasSubstr("set condition: tls.enabled at this dependency"));
}

TEST_F(parent_chart, is_told_of_a_value_that_the_chart_does_not_know)
{
    const auto refused = render({"--set=certificate-binding-controller.replicas=2"});
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(refused.err, HasSubstr("additional properties 'replicas' not allowed"));
}

}  // namespace
}  // namespace test
