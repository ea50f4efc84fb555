// Credentials of a namespace that may not use the controller's credential: a Secret, read with the Role of
// docs/operations.md. The controller has only the chart's rights.
#include "e2e/silent_port.hpp"
#include "e2e/world.hpp"
#include "testbed/audit_log.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto secret = "my-cloud";  // as the documentation has it

// The first YAML block in the documentation after these words.
std::string sample_after(const std::string& words)
{
    const std::string begin = "```yaml\n";
    const auto text = testbed::read_file(OPERATIONS_FILE);
    const auto from = text.find(begin, text.find(words)) + begin.size();
    return text.substr(from, text.find("```", from) - from);
}

void replace(std::string& text, const std::string& old, const std::string& with)
{
    const auto first = text.find(old);
    ASSERT_NE(first, std::string::npos) << "there is no " << old << " in:\n" << text;
    for (auto at = first; at != std::string::npos; at = text.find(old, at + with.size()))
    {
        text.replace(at, old.size(), with);
    }
}

class credentials : public world
{
protected:
    credentials()
    {
        a = certificate("a.example.com");
        user = sim->add_user("first", project);
        first = sim->add_application_credential(user, project);
        second = sim->add_application_credential(sim->add_user("second", project), project);
    }

    void start(std::vector<std::string> flags = {})
    {
        flags.insert(flags.begin(), {"--allow-controller-credentials", "certificate-binding"});
        start_controller(flags);
    }

    // The Secret with this content, created or replaced.
    void give(const std::string& content) const
    {
        testbed::write_file(folder / "secret.yaml", content);
        const auto file = "--from-file=clouds.yaml=" + (folder / "secret.yaml").string();
        const auto object =
            kubectl({"create", "secret", "generic", secret, file, "--dry-run=client", "-o", "yaml"});
        kubectl({"apply", "-f", "-"}, object);
    }
    void give(const cloudsim::control::credential& given) const { give(clouds_yaml(identity, given)); }

    void grant(const std::string& verbs = "[get, watch]") const
    {
        auto role = sample_after("The controller has no right on Secrets");
        replace(role, "namespace: shop", "namespace: " + name_space);
        replace(role, "verbs: [get, watch]", "verbs: " + verbs);
        kubectl({"apply", "-f", "-"}, role);
    }

    void bind(const cloudsim::control::certificate& certificate) const
    {
        const auto manifest =
            "apiVersion: certificates.bycloud.io/v1alpha1\n"
            "kind: CertificateBinding\n"
            "metadata: {name: web}\n" +
            sample_after("## Credentials") + "  certificateId: " + certificate.id +
            "\n  resourceId: " + listener + "\n  region: sao1\n";
        kubectl({"apply", "-f", "-"}, manifest);
    }

    // The code of the API server's answer to the controller's last watch of the Secret; 0: there was no
    // watch.
    int last_watch() const
    {
        int code = 0;
        for (const auto& request : testbed::read_audit_log(kubernetes().audit_log()))
        {
            const bool is_it = request.user.ends_with(":certificate-binding-controller") &&
                               request.resource == "secrets" && request.name == secret &&
                               request.object_namespace == name_space && request.verb == "watch";
            code = is_it ? request.code : code;
        }
        return code;
    }

    void first_ends() const
    {
        sim->remove_application_credential(first.id);
        sim->revoke_tokens(user);
    }

    cloudsim::control::certificate a;
    std::string user;
    cloudsim::control::credential first;
    cloudsim::control::credential second;
};

TEST_F(credentials, need_the_role_of_the_documentation_and_no_more)
{
    give(first);
    start();
    bind(a);
    ASSERT_TRUE(becomes("web", "CredentialsMissing"));
    EXPECT_THAT(
        message("web"),
        AllOf(
            HasSubstr("Secret " + name_space + "/" + secret + " may not be read"),
            HasSubstr("grant the controller's service account the verbs get and watch on it")
        )
    );
    EXPECT_THAT(sim->log(), IsEmpty()) << "the controller's own is not asked with";
    grant();
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
    EXPECT_TRUE(testbed::eventually("a watch of the Secret", [&] { return last_watch() == 200; }));
}

TEST_F(credentials, of_a_new_content_take_over_without_a_restart)
{
    const auto b = certificate("b.example.com");
    give(first);
    grant();
    start();
    bind(a);
    ASSERT_TRUE(is_active("web"));
    first_ends();
    bind(b);
    ASSERT_TRUE(becomes("web", "CredentialsInvalid"));
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
    give(second);
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(served(listener, "any.example.com"), b.ref);
}

// The resync period is longer than the test.
TEST_F(credentials, that_may_be_read_and_not_watched_are_read_again_while_a_binding_fails)
{
    give(first);
    first_ends();
    grant("[get]");
    start({"--resync-period", "1h"});
    bind(a);
    ASSERT_TRUE(becomes("web", "CredentialsInvalid"));
    EXPECT_TRUE(testbed::eventually("a watch is refused", [&] { return last_watch() == 403; }));
    give(second);
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
}

TEST_F(credentials, that_go_with_the_whole_namespace_still_detach)
{
    give(first);
    grant();
    start();
    bind(a);
    ASSERT_TRUE(is_active("web"));
    // The controller reconciles the binding after the Secret was deleted.
    sim->hold({.service = "load-balancer", .times = {}});
    kubernetes().kubectl({"delete", "namespace", name_space, "--wait=false"});
    ASSERT_TRUE(testbed::eventually("the Secret is gone", [&] {
        return kubectl({"get", "secret", secret, "--ignore-not-found"}).empty();
    }));
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
    sim->remove_rules();
    sim->release();
    EXPECT_EQ(
        kubernetes().kubectl({"wait", "--for=delete", "namespace/" + name_space, "--timeout=120s"}).code, 0
    );
    EXPECT_EQ(served(listener, "any.example.com"), foreign);
}

TEST_F(credentials, of_the_controller_are_not_for_a_namespace_that_is_not_admitted)
{
    start();
    apply({{.name = "web", .certificate = a.id, .listener = listener}});
    ASSERT_TRUE(becomes("web", "CredentialsMissing"));
    EXPECT_THAT(
        message("web"), HasSubstr("namespace " + name_space + " may not use the controller's own credential")
    );
    EXPECT_THAT(sim->log(), IsEmpty());
}

TEST_F(credentials, are_sent_to_no_server_that_is_not_admitted)
{
    const silent_port peer;
    give(clouds_yaml(peer.keystone(), first));
    grant();
    start();
    bind(a);
    ASSERT_TRUE(becomes("web", "CredentialsInvalid"));
    EXPECT_THAT(
        message("web"), AllOf(HasSubstr("auth_url is not admitted"), HasSubstr("--allowed-auth-urls"))
    );
    EXPECT_FALSE(peer.was_asked());
    EXPECT_THAT(sim->log(), IsEmpty());

    EXPECT_EQ(stop_controller(SIGTERM), 0);
    start({"--allowed-auth-urls", peer.keystone()});
    EXPECT_TRUE(testbed::eventually("it is asked where it is admitted", [&] { return peer.was_asked(); }));
}

}  // namespace
}  // namespace e2e
