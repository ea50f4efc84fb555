// The controller on a real Kubernetes API server and a real OpenStack, with the roles that it needs and no
// others.
#include "openstack/world.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace openstack_test {
namespace {

using nlohmann::json;
using testbed::eventually;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class controller_story : public world
{};

TEST_F(controller_story, the_default_is_attached_and_goes_back)
{
    const auto a = seed({"certificate", "a.example.com"});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener}});
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(default_of(listener), a);
    EXPECT_EQ(shown(listener)["provisioning_status"], "ACTIVE");
    remove("web");
    ASSERT_TRUE(is_gone("web"));
    EXPECT_EQ(default_of(listener), foreign);
}

TEST_F(controller_story, containers_and_pkcs12_are_attached_by_name)
{
    const auto a = seed({"certificate", "a.example.com"});
    const auto b = seed({"certificate", "b.example.com", "--kind", "pkcs12"});
    start_controller();
    apply(
        {{.name = "a", .certificate = a, .listener = listener, .sni = true},
         {.name = "b", .certificate = b, .listener = listener, .sni = true}}
    );
    ASSERT_TRUE(is_active("a"));
    ASSERT_TRUE(is_active("b"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(a, b));
    EXPECT_NE(binding("a")["status"]["certificate"].value("expiresAt", ""), "");
    EXPECT_NE(binding("b")["status"]["certificate"].value("expiresAt", ""), "");
    remove("a");
    ASSERT_TRUE(is_gone("a"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(b));
    EXPECT_EQ(default_of(listener), foreign);
}

TEST_F(controller_story, an_sni_certificate_is_ready_only_beside_a_default_certificate)
{
    const auto a = seed({"certificate", "a.example.com"});
    const auto b = seed({"certificate", "b.example.com"});
    const auto bare = seed({"listener", balancer, "--sni", foreign, "--port", "8443"});
    start_controller();
    apply({{.name = "a", .certificate = a, .listener = bare, .sni = true}});
    ASSERT_TRUE(becomes("a", "NoDefaultCertificate"));
    EXPECT_THAT(sni_of(bare), UnorderedElementsAre(a, foreign));
    EXPECT_THAT(seed({"served", bare}), Not(HasSubstr("a.example.com")));
    apply({{.name = "main", .certificate = b, .listener = bare}});
    ASSERT_TRUE(is_active("a"));
    ASSERT_TRUE(is_active("main"));
    EXPECT_THAT(seed({"served", bare}), HasSubstr("a.example.com b.example.com"));
}

TEST_F(controller_story, a_certificate_without_a_payload_is_waited_for)
{
    const auto a = seed({"secret"});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(becomes("web", "CertificateNotActive"));
    EXPECT_THAT(message("web"), HasSubstr("payload"));
    EXPECT_THAT(sni_of(listener), IsEmpty());
    seed({"complete", a, "a.example.com"});
    ASSERT_TRUE(is_active("web"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(a));
}

TEST_F(controller_story, a_certificate_that_is_over_and_what_is_not_ours_are_told_apart)
{
    start_controller();
    apply(
        {{.name = "over",
          .certificate = seed({"certificate", "over.example.com", "--days", "-1"}),
          .listener = listener},
         {.name = "theirs",
          .certificate = seed({"--as", "other", "certificate", "theirs.example.com"}),
          .listener = listener,
          .sni = true},
         {.name = "unknown",
          .certificate = "12345678-1234-4234-8234-123456789abc",
          .listener = listener,
          .sni = true},
         {.name = "keyless",
          .certificate = seed({"certificate", "keyless.example.com", "--without", "private_key"}),
          .listener = listener,
          .sni = true},
         {.name = "nowhere", .certificate = foreign, .listener = "12345678-1234-4234-8234-123456789abc"}}
    );
    EXPECT_TRUE(becomes("over", "CertificateExpired"));
    EXPECT_TRUE(becomes("theirs", "CertificateAccessDenied"));
    EXPECT_TRUE(becomes("unknown", "CertificateNotFound"));
    EXPECT_TRUE(becomes("keyless", "CertificateNotActive"));
    EXPECT_TRUE(becomes("nowhere", "ListenerNotFound"));
    EXPECT_EQ(default_of(listener), foreign);
    EXPECT_THAT(sni_of(listener), IsEmpty());
}

TEST_F(controller_story, bad_certificates_do_not_keep_the_good_one_off)
{
    const auto good = seed({"certificate", "good.example.com"});
    const auto locked =
        seed({"certificate", "locked.example.com", "--kind", "pkcs12", "--passphrase", "secret"});
    const auto pem = seed({"certificate", "pem.example.com", "--kind", "pem"});
    start_controller();
    apply(
        {{.name = "locked", .certificate = locked, .listener = listener, .sni = true},
         {.name = "good", .certificate = good, .listener = listener, .sni = true},
         {.name = "pem", .certificate = pem, .listener = listener, .sni = true}}
    );
    ASSERT_TRUE(is_active("good"));
    ASSERT_TRUE(becomes("locked", "CertificateRefused"));
    ASSERT_TRUE(becomes("pem", "CertificateRefused"));
    EXPECT_THAT(message("locked"), HasSubstr("pass phrase"));
    EXPECT_THAT(message("pem"), HasSubstr("the payload is PEM"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(good));
    EXPECT_EQ(seed({"served", listener}), "foreign.example.com good.example.com");
}

TEST_F(controller_story, a_listener_that_does_not_terminate_tls_is_left_alone)
{
    const auto plain = seed({"listener", balancer, "--protocol", "HTTP", "--port", "80"});
    const auto metrics = seed({"listener", balancer, "--protocol", "PROMETHEUS", "--port", "90"});
    start_controller();
    apply(
        {{.name = "plain", .certificate = foreign, .listener = plain},
         {.name = "metrics", .certificate = foreign, .listener = metrics, .sni = true}}
    );
    ASSERT_TRUE(becomes("plain", "ListenerProtocol"));
    ASSERT_TRUE(becomes("metrics", "ListenerProtocol"));
    EXPECT_EQ(default_of(plain), "none");
    EXPECT_THAT(sni_of(metrics), IsEmpty());
}

TEST_F(controller_story, a_busy_load_balancer_is_waited_for)
{
    const auto a = seed({"certificate", "a.example.com"});
    const auto other = seed({"listener", balancer, "--port", "444", "--default", foreign});
    seed({"hold", "on"});
    seed({"begin", other, R"({"name": "busy"})"});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(becomes("web", "LoadBalancerBusy"));
    seed({"hold", "off"});
    ASSERT_TRUE(is_active("web"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(a));
}

TEST_F(controller_story, a_change_that_octavia_could_not_finish_is_made_again)
{
    const auto a = seed({"certificate", "a.example.com"});
    seed({"fail", "on"});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(becomes("web", "ListenerError"));
    seed({"fail", "off"});
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(shown(listener)["provisioning_status"], "ACTIVE");
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(a));
}

TEST_F(controller_story, nothing_is_written_to_a_load_balancer_in_error_until_it_is_repaired)
{
    const auto a = seed({"certificate", "a.example.com"});
    seed({"break", balancer});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(becomes("web", "LoadBalancerError"));
    EXPECT_EQ(binding("web")["status"].value("attachments", json::array()), json::array());
    EXPECT_THAT(sni_of(listener), IsEmpty());
    seed({"repair", balancer});
    ASSERT_TRUE(is_active("web"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(a));
    EXPECT_EQ(seed({"served", listener}), "a.example.com foreign.example.com");
}

TEST_F(controller_story, nothing_is_written_over_a_deleted_certificate_of_others)
{
    const auto a = seed({"certificate", "a.example.com"});
    const auto doomed = seed({"certificate", "doomed.example.com"});
    seed({"put", listener, R"({"sni_container_refs": [")" + doomed + R"("]})"});
    seed({"delete", doomed, "private_key"});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(becomes("web", "BlockedByUnreadableRef"));
    EXPECT_THAT(message("web"), HasSubstr(doomed));
    EXPECT_EQ(shown(listener)["provisioning_status"], "ACTIVE");
    seed({"put", listener, R"({"sni_container_refs": []})"});
    ASSERT_TRUE(is_active("web"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(a));
}

TEST_F(controller_story, a_deleted_certificate_of_ours_is_left_out_of_the_next_change)
{
    const auto a = seed({"certificate", "a.example.com"});
    const auto b = seed({"certificate", "b.example.com"});
    start_controller();
    apply({{.name = "a", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("a"));
    seed({"delete", a, "private_key"});
    ASSERT_TRUE(becomes("a", "CertificateNotActive"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(a));
    apply({{.name = "b", .certificate = b, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("b"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(b));
    EXPECT_EQ(seed({"served", listener}), "b.example.com foreign.example.com");
    EXPECT_TRUE(eventually("an event says so", [&] { return !events("DeadRefRemoved").empty(); }));
}

// Octavia reads the certificates of all listeners of a load balancer whenever it changes one of them.
TEST_F(controller_story, a_deleted_certificate_of_ours_on_another_listener_goes_first)
{
    const auto other_listener = seed({"listener", balancer, "--port", "444", "--default", foreign});
    const auto a = seed({"certificate", "a.example.com"});
    const auto b = seed({"certificate", "b.example.com"});
    start_controller();
    apply({{.name = "a", .certificate = a, .listener = other_listener, .sni = true}});
    ASSERT_TRUE(is_active("a"));
    seed({"delete", a});
    ASSERT_TRUE(becomes("a", "CertificateNotFound"));
    EXPECT_THAT(sni_of(other_listener), UnorderedElementsAre(a));
    apply({{.name = "b", .certificate = b, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("b"));
    EXPECT_THAT(sni_of(other_listener), IsEmpty());
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(b));
    EXPECT_EQ(seed({"served", other_listener}), "foreign.example.com");
    EXPECT_EQ(seed({"served", listener}), "b.example.com foreign.example.com");
}

TEST_F(controller_story, a_deleted_certificate_of_others_on_another_listener_is_named_and_stops_us)
{
    const auto a = seed({"certificate", "a.example.com"});
    const auto b = seed({"certificate", "b.example.com"});
    const auto doomed = seed({"certificate", "doomed.example.com"});
    const auto other_listener =
        seed({"listener", balancer, "--port", "444", "--default", foreign, "--sni", a, "--sni", doomed});
    seed({"delete", doomed});
    start_controller();
    apply(
        {{.name = "a", .certificate = a, .listener = other_listener, .sni = true},
         {.name = "b", .certificate = b, .listener = listener, .sni = true}}
    );
    ASSERT_TRUE(is_active("a"));
    ASSERT_TRUE(becomes("b", "BlockedByUnreadableRef"));
    EXPECT_THAT(message("b"), AllOf(HasSubstr(other_listener), HasSubstr(doomed)));
    EXPECT_THAT(sni_of(listener), IsEmpty());
    EXPECT_EQ(seed({"served", other_listener}), "a.example.com doomed.example.com foreign.example.com");
    seed({"put", other_listener, R"({"sni_container_refs": [")" + a + R"("]})"});
    ASSERT_TRUE(is_active("b"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(b));
    EXPECT_EQ(seed({"served", other_listener}), "a.example.com foreign.example.com");
}

TEST_F(controller_story, barbican_may_be_away)
{
    const auto a = seed({"certificate", "a.example.com"});
    seed({"down", "key-manager", "on"});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    EXPECT_TRUE(becomes("web", "CloudUnavailable"));
    seed({"down", "key-manager", "off"});
    ASSERT_TRUE(is_active("web"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(a));
}

// Octavia accepts a shorter list without a read of Barbican, and its worker then stops serving the listener
// that it cannot read.
TEST_F(controller_story, nothing_is_taken_off_while_barbican_is_away)
{
    const auto a = seed({"certificate", "a.example.com"});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("web"));
    const auto before = shown(listener);
    seed({"down", "key-manager", "on"});
    remove("web");
    ASSERT_TRUE(eventually("the deletion waits for the certificate service", [&] {
        const auto object = binding("web");
        const auto message = object.is_null() ? "" : object["status"].value("errorMessage", "");
        return testing::AssertionResult(message.contains("certificate service")) << "it says " << object;
    }));
    EXPECT_EQ(shown(listener), before);
    seed({"down", "key-manager", "off"});
    ASSERT_TRUE(is_gone("web"));
    EXPECT_THAT(sni_of(listener), IsEmpty());
    EXPECT_EQ(seed({"served", listener}), "foreign.example.com");
}

TEST_F(controller_story, tokens_that_expire_are_renewed_without_anybody_noticing)
{
    const auto a = seed({"secret"});
    seed({"short-tokens", "on"});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(becomes("web", "CertificateNotActive"));
    seed({"outlive-tokens"});
    seed({"complete", a, "a.example.com"});
    ASSERT_TRUE(is_active("web"));
    remove("web");
    ASSERT_TRUE(is_gone("web"));
    EXPECT_THAT(controller_log(), Not(HasSubstr("authentication failed")));
}

TEST_F(controller_story, keystone_may_be_away)
{
    const auto a = seed({"certificate", "a.example.com"});
    seed({"down", "identity", "on"});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    EXPECT_TRUE(becomes("web", "CloudUnavailable"));
    seed({"down", "identity", "off"});
    ASSERT_TRUE(is_active("web"));
}

TEST_F(controller_story, octavia_may_be_away)
{
    const auto a = seed({"certificate", "a.example.com"});
    seed({"down", "load-balancer", "on"});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    EXPECT_TRUE(becomes("web", "CloudUnavailable"));
    seed({"down", "load-balancer", "off"});
    ASSERT_TRUE(is_active("web"));
}

TEST_F(controller_story, a_listener_of_another_project_is_not_ours_to_read)
{
    const auto a = seed({"--as", "other", "certificate", "a.example.com"});
    start_controller("other");
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    EXPECT_TRUE(becomes("web", "ListenerAccessDenied"));
    EXPECT_THAT(sni_of(listener), IsEmpty());
}

TEST_F(controller_story, who_may_read_a_listener_but_not_change_it_is_told_so)
{
    const auto a = seed({"certificate", "a.example.com"});
    start_controller("shop-observer");
    apply(
        {{.name = "there", .certificate = foreign, .listener = listener},
         {.name = "web", .certificate = a, .listener = listener, .sni = true}}
    );
    ASSERT_TRUE(becomes("web", "ListenerAccessDenied"));
    EXPECT_THAT(message("web"), HasSubstr("403"));
    EXPECT_TRUE(is_active("there"));
    EXPECT_THAT(sni_of(listener), IsEmpty());
    remove("web");
    EXPECT_TRUE(is_gone("web"));
}

TEST_F(controller_story, with_a_wrong_password_what_is_attached_stays)
{
    const auto a = seed({"certificate", "a.example.com"});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("web"));
    stop_controller(SIGTERM);
    start_controller("shop-wrong-password");
    ASSERT_TRUE(becomes("web", "CredentialsInvalid"));
    EXPECT_THAT(message("web"), HasSubstr("401"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(a));
    stop_controller(SIGTERM);
    start_controller();
    EXPECT_TRUE(is_active("web"));
}

TEST_F(controller_story, an_application_credential_that_is_unknown_is_refused_and_said)
{
    const auto a = seed({"certificate", "a.example.com"});
    start_controller("shop-unknown");
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(becomes("web", "CredentialsInvalid"));
    EXPECT_THAT(message("web"), HasSubstr("404"));
    EXPECT_THAT(sni_of(listener), IsEmpty());
}

TEST_F(controller_story, a_listener_that_is_removed_lets_its_bindings_go)
{
    const auto a = seed({"certificate", "a.example.com"});
    start_controller();
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("web"));
    seed({"remove", "listener", listener});
    remove("web");
    EXPECT_TRUE(is_gone("web"));
}

// Octavia 11 exchanges the token for one of its own. Keystone does not allow this for application
// credentials. The controller believes the refusal when Octavia has given it five times.
TEST_F(controller_story, octavia_11_refuses_certificates_from_an_application_credential)
{
    const auto a = seed({"certificate", "a.example.com"});
    start_controller("shop-application-credential");
    apply({{.name = "web", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(becomes("web", "CertificateRefused"));
    EXPECT_THAT(message("web"), HasSubstr("Could not retrieve certificate"));
    EXPECT_THAT(message("web"), AllOf(HasSubstr("11.0.1"), HasSubstr("application credential")));
    EXPECT_THAT(sni_of(listener), IsEmpty());
    remove("web");
    EXPECT_TRUE(is_gone("web"));
}

// The controller adopts a certificate that is on the listener, and takes it off again. The test above shows
// how far an attach comes, because Octavia's answer there is more than a missing right.
TEST_F(controller_story, an_application_credential_with_the_access_rules_of_the_docs_can_do_what_we_ask)
{
    const auto a = seed({"certificate", "a.example.com"});
    const auto b = seed({"certificate", "b.example.com", "--kind", "pkcs12"});
    seed({"put", listener, R"({"sni_container_refs": [")" + a + R"("]})"});
    start_controller("shop-restricted");
    apply(
        {{.name = "a", .certificate = a, .listener = listener, .sni = true},
         {.name = "b", .certificate = b, .listener = listener, .sni = true}}
    );
    ASSERT_TRUE(is_active("a"));
    ASSERT_TRUE(becomes("b", "CertificateRefused"));
    EXPECT_THAT(message("b"), HasSubstr("Could not retrieve certificate"));
    remove("a");
    remove("b");
    EXPECT_TRUE(is_gone("a"));
    EXPECT_TRUE(is_gone("b"));
    EXPECT_THAT(sni_of(listener), IsEmpty());
}

TEST_F(controller_story, what_access_rules_leave_out_is_refused_and_said)
{
    const auto a = seed({"certificate", "a.example.com"});
    seed({"put", listener, R"({"sni_container_refs": [")" + a + R"("]})"});
    start_controller("shop-reading");
    apply({{.name = "a", .certificate = a, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("a"));
    const auto b = seed({"certificate", "b.example.com"});
    apply({{.name = "b", .certificate = b, .listener = listener, .sni = true}});
    ASSERT_TRUE(becomes("b", "CredentialsInvalid"));
    EXPECT_THAT(message("b"), HasSubstr("401"));
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(a));
}

}  // namespace
}  // namespace openstack_test
