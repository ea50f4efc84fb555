// Missing rights: the controller names them, waits for them, and goes on as soon as they are granted.
#include "e2e/world.hpp"

#include <gmock/gmock.h>

namespace e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class rights : public world
{
protected:
    void a_binding_is_attached()
    {
        const auto a = certificate("a.example.com");
        apply({{.name = "web", .certificate = a.id, .listener = listener}});
        ASSERT_TRUE(is_active("web"));
        EXPECT_EQ(served(listener, "any.example.com"), a.ref);
    }

    // The API server needs a moment to apply a changed role.
    testing::AssertionResult may_not(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), {"auth", "can-i"});
        arguments.insert(
            arguments.end(),
            {"--as", "system:serviceaccount:certificate-binding:certificate-binding-controller"}
        );
        return testbed::eventually("the right is gone", [&] { return try_kubectl(arguments).out == "no\n"; });
    }

    testing::AssertionResult logs(const testing::Matcher<const std::string&>& line) const
    {
        return testbed::eventually("a line in the log", [&] {
            const std::string text = controller_log();
            return testing::AssertionResult(line.Matches(text)) << text;
        });
    }
};

TEST_F(rights, that_are_missing_are_said_and_waited_for)
{
    const auto granted =
        kubectl({"get", "clusterrolebinding", "certificate-binding-controller", "-o", "json"});
    kubectl({"delete", "clusterrolebinding", "certificate-binding-controller"});
    ASSERT_TRUE(may_not({"list", "certificatebindings.certificates.bycloud.io"}));
    start_controller();
    EXPECT_TRUE(logs(AllOf(
        HasSubstr("cannot list certificatebindings.certificates.bycloud.io"),
        HasSubstr("forbidden"),
        HasSubstr("trying again")
    )));
    auto again = nlohmann::json::parse(granted);
    again["metadata"].erase("uid");
    again["metadata"].erase("resourceVersion");
    kubectl({"apply", "-f", "-"}, again.dump());
    a_binding_is_attached();
}

TEST_F(rights, without_that_to_write_status_nothing_is_changed_in_the_cloud)
{
    const auto granted = kubectl({"get", "clusterrole", "certificate-binding-controller", "-o", "json"});
    auto less = nlohmann::json::parse(granted);
    for (auto& rule : less["rules"])
    {
        for (auto& resource : rule["resources"])
        {
            resource = resource == "certificatebindings/status" ? "nothing/status" : resource;
        }
    }
    kubectl({"apply", "-f", "-"}, less.dump());
    ASSERT_TRUE(may_not({"patch", "certificatebindings.certificates.bycloud.io", "--subresource=status"}));
    start_controller();
    const auto a = certificate("a.example.com");
    apply({{.name = "web", .certificate = a.id, .listener = listener}});
    EXPECT_TRUE(logs(AllOf(HasSubstr("the write to the binding failed"), HasSubstr("forbidden"))));
    EXPECT_EQ(sim->puts(), 0U) << "the ledger comes first";
    auto all = nlohmann::json::parse(granted);
    all["metadata"].erase("resourceVersion");
    kubectl({"apply", "-f", "-"}, all.dump());
    ASSERT_TRUE(is_active("web"));
}

}  // namespace
}  // namespace e2e
