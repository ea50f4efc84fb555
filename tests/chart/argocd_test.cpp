#include "chart/cluster.hpp"
#include "testbed/files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

// The ways of docs/gitops.md to bring the health check into Argo CD's ConfigMap.
namespace test {
namespace {

namespace fs = std::filesystem;

constexpr auto folder = PROJECT_FOLDER "/manifests/argocd";
constexpr auto key = "resource.customizations.health.certificates.bycloud.io_CertificateBinding";

// An argocd-cm with a setting of its own, in this namespace.
json argocd_cm(const json& metadata)
{
    return {
        {"apiVersion", "v1"},
        {"kind", "ConfigMap"},
        {"metadata", metadata},
        {"data", {{"admin.enabled", "false"}}},
    };
}

void expect_both_settings(const json& config_map)
{
    EXPECT_EQ(config_map.at("metadata").at("name"), "argocd-cm");
    EXPECT_EQ(config_map.at("data").value("admin.enabled", ""), "false");
    EXPECT_EQ(config_map.at("data").value(key, ""), testbed::read_file(std::string(folder) + "/health.lua"));
}

TEST(argocd, is_patched_by_kubectl)
{
    const json metadata{{"name", "argocd-cm"}, {"namespace", team_a}};
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"create", "-f", "-"}, argocd_cm(metadata).dump())));
    const auto patched = kubernetes->kubectl(
        {"patch",
         "configmap",
         "argocd-cm",
         "--namespace",
         team_a,
         "--patch-file",
         std::string(folder) + "/argocd-cm.yaml",
         "-o",
         "json"}
    );
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"delete", "configmap", "argocd-cm", "--namespace", team_a})));
    ASSERT_TRUE(succeeds(patched));
    expect_both_settings(json::parse(patched.out));
}

TEST(argocd, is_patched_by_the_kustomize_component)
{
    const fs::path overlay = fs::path(testing::TempDir()) / ("argocd-" + std::to_string(::getpid()));
    // Argo CD's own manifest names no namespace. Other manifests name one.
    for (const json& metadata :
         {json{{"name", "argocd-cm"}}, json{{"name", "argocd-cm"}, {"namespace", "argocd"}}})
    {
        fs::create_directories(overlay);
        fs::copy(folder, overlay / "argocd", fs::copy_options::recursive);
        testbed::write_file(overlay / "install.yaml", argocd_cm(metadata).dump());
        testbed::write_file(
            overlay / "kustomization.yaml",
            "namespace: argocd\nresources:\n  - install.yaml\ncomponents:\n  - argocd\n"
        );
        const auto built = kubernetes->kubectl({"kustomize", overlay});
        fs::remove_all(overlay);
        ASSERT_TRUE(succeeds(built));
        const auto read = kubernetes->kubectl(
            {"create", "--dry-run=client", "--validate=false", "-o", "json", "-f", "-"}, built.out
        );
        ASSERT_TRUE(succeeds(read));
        const json config_map = json::parse(read.out);
        EXPECT_EQ(config_map.at("metadata").at("namespace"), "argocd");
        expect_both_settings(config_map);
    }
}

TEST(argocd, gets_the_value_of_its_helm_chart)
{
    // Helm reads the flag alike for every chart. In this one, podAnnotations takes any key.
    const auto set = helm(
        "install",
        {"--dry-run=client",
         "-o",
         "json",
         R"(--set-file=podAnnotations.resource\.customizations\.health\.certificates\.bycloud\.io_CertificateBinding=)" +
             std::string(folder) + "/health.lua"}
    );
    ASSERT_TRUE(succeeds(set));
    EXPECT_EQ(
        json::parse(set.out).at("config").at("podAnnotations").value(key, ""),
        testbed::read_file(std::string(folder) + "/health.lua")
    );
}

}  // namespace
}  // namespace test
