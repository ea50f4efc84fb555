// The status as `helm install --wait` understands it. Helm 4 waits until kstatus is Current, and stops if
// kstatus is Failed.
#include "e2e/world.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

namespace e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto binding_template = R"(apiVersion: certificates.bycloud.io/v1alpha1
kind: CertificateBinding
metadata:
  name: {{ .Release.Name }}
spec:
  certificateId: {{ .Values.certificate }}
  resourceId: {{ .Values.listener }}
  region: sao1
)";

class helm_wait : public world
{
protected:
    helm_wait()
    {
        chart = folder / "shop";
        std::filesystem::create_directories(chart / "templates");
        testbed::write_file(chart / "Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
        testbed::write_file(chart / "templates" / "binding.yaml", binding_template);
    }

    // The binding has the name of the release.
    testbed::outcome install(const std::string& release, const std::string& certificate_id) const
    {
        return kubernetes().helm(
            {"install",
             release,
             chart.string(),
             "--namespace",
             name_space,
             "--set",
             "certificate=" + certificate_id + ",listener=" + listener,
             "--wait",
             "--timeout=2m"}
        );
    }

    std::filesystem::path chart;
};

TEST_F(helm_wait, ends_well_when_the_binding_is_ready)
{
    const auto a = certificate("a.example.com");
    start_controller();
    sim->set({{"pending_ms", 2000}});
    const auto outcome = install("web", a.id);
    EXPECT_EQ(outcome.code, 0) << outcome;
    // The command ends at once.
    EXPECT_EQ(binding("web")["status"]["state"], "active");
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
}

TEST_F(helm_wait, ends_with_what_the_binding_says_when_it_failed)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    start_controller();
    apply({{.name = "first", .certificate = a.id, .listener = listener}});
    // The attached binding keeps the slot, even if both were created in the same second.
    ASSERT_TRUE(is_active("first"));
    const auto outcome = install("second", b.id);
    EXPECT_NE(outcome.code, 0);
    EXPECT_THAT(
        outcome.err,
        AllOf(
            HasSubstr("CertificateBinding/" + name_space + "/second not ready. status: Failed"),
            Not(HasSubstr("deadline exceeded"))
        )
    );
    EXPECT_TRUE(becomes("second", "Conflict"));
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
}

}  // namespace
}  // namespace e2e
