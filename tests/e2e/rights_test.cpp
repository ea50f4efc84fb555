// Missing rights: the controller names them, waits for them, and goes on as soon as they are granted.
#include "e2e/world.hpp"
#include "testbed/ports.hpp"

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

    // Lets the controller into a namespace.
    void grant(const std::string& in_namespace) const
    {
        kubectl(
            {"create",
             "rolebinding",
             "controller",
             "--clusterrole=certificate-binding-controller",
             "--serviceaccount=certificate-binding:certificate-binding-controller",
             "--namespace",
             in_namespace}
        );
    }

    testing::AssertionResult page_says(
        const std::string& path, const testing::Matcher<const std::string&>& text
    ) const
    {
        return testbed::eventually("a text of " + path, [&] {
            const auto url = "http://127.0.0.1:" + std::to_string(pages) + path;
            const auto page =
                testbed::run({.program = "curl", .arguments = {"--silent", "--noproxy", "*", url}}).out;
            return testing::AssertionResult(text.Matches(page)) << page;
        });
    }

    void start_with_pages(std::vector<std::string> flags = {})
    {
        flags.push_back("--metrics-bind-address=127.0.0.1:" + std::to_string(pages));
        start_controller(flags);
    }

    const int pages = testbed::free_port();

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

TEST_F(rights, that_went_with_a_namespace_hold_back_this_namespace_alone)
{
    const auto granted =
        kubectl({"get", "clusterrolebinding", "certificate-binding-controller", "-o", "json"});
    const auto gone = name_space + "-gone";
    kubectl({"create", "namespace", gone});
    grant(gone);
    grant(name_space);
    kubectl({"delete", "clusterrolebinding", "certificate-binding-controller"});
    kubectl({"delete", "namespace", gone});
    ASSERT_TRUE(may_not({"list", "certificatebindings.certificates.bycloud.io", "--namespace", gone}));
    start_with_pages({"--namespace", gone});
    a_binding_is_attached();
    EXPECT_TRUE(
        page_says("/readyz", testing::StrEq("ok, without these namespaces: " + gone + " (forbidden)\n"))
    );
    EXPECT_TRUE(page_says("/metrics", HasSubstr("\ncertificatebinding_unlisted_namespaces 1\n")));
    EXPECT_TRUE(page_says(
        "/readyz?verbose", HasSubstr("[!]rights missing: list certificatebindings in namespace " + gone)
    ));
    EXPECT_TRUE(logs(HasSubstr("the controller lacks rights; grant them to its account")));
    EXPECT_TRUE(logs(HasSubstr("bindings of namespaces that are not watched cannot be counted")));

    kubectl({"create", "namespace", gone});
    grant(gone);
    EXPECT_TRUE(page_says("/readyz", testing::StrEq("ok\n")));
    kubectl({"delete", "namespace", gone, "--wait=false"});
    auto again = nlohmann::json::parse(granted);
    again["metadata"].erase("uid");
    again["metadata"].erase("resourceVersion");
    kubectl({"apply", "-f", "-"}, again.dump());
}

TEST_F(rights, in_all_namespaces_show_the_bindings_that_nobody_watches)
{
    const auto other = "a-" + name_space;
    kubectl({"create", "namespace", other});
    const auto binding = R"({"apiVersion":"certificates.bycloud.io/v1alpha1","kind":"CertificateBinding",
        "metadata":{"name":"web"},"spec":{"certificateId":"550e8400-e29b-41d4-a716-446655440001",
        "resourceId":"550e8400-e29b-41d4-a716-446655440002","region":"sao1"}})";
    kubectl({"apply", "--namespace", other, "-f", "-"}, binding);
    start_with_pages();
    EXPECT_TRUE(logs(AllOf(HasSubstr("in namespaces that this controller does not watch"), HasSubstr(other)))
    );
    EXPECT_TRUE(page_says("/metrics", testing::ContainsRegex("\ncertificatebinding_unwatched [1-9]")));
    const auto ids = kubectl({"get", "certbind", "web", "--namespace", other, "-o", "jsonpath={.status}"});
    EXPECT_EQ(ids, R"({"observedGeneration":-1})") << "it is not touched";
    kubectl({"delete", "namespace", other, "--wait=false"});
}

}  // namespace
}  // namespace e2e
