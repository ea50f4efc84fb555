// The HTTP door in front of a real OpenStack: each code that its documentation lists, by a real request.
#include "testbed/bindings_api.hpp"

#include "openstack/world.hpp"
#include "testbed/ports.hpp"

#include <gmock/gmock.h>

namespace openstack_test {
namespace {

using testbed::api_answer;
using testbed::bindings_of;
using testbed::body_of_binding;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

// The id at the end of a ref.
std::string id_of(const std::string& ref)
{
    return ref.substr(ref.rfind('/') + 1);
}

class bindings_api_story : public world
{
protected:
    void open(const std::string& entry = "shop", const std::vector<std::string>& more_flags = {})
    {
        const int port = testbed::free_port();
        auto flags = testbed::bindings_api_flags(port, name_space);
        flags.insert(flags.end(), more_flags.begin(), more_flags.end());
        start_controller(entry, flags);
        script = {"http://127.0.0.1:" + std::to_string(port), token_of("script", "create,get,list,delete")};
        ASSERT_TRUE(testbed::eventually("the API answers", [&] {
            return script.ask("GET", "/openapi.json").status == 200;
        }));
    }

    api_answer bind(const std::string& ref, const std::string& to, bool sni = false) const
    {
        return script.ask("POST", bindings_of(id_of(ref)) + "?wait=60", body_of_binding(to, sni));
    }

    testbed::bindings_api_client script;
};

TEST_F(bindings_api_story, a_certificate_is_bound_shown_and_unbound)
{
    const auto a = seed({"certificate", "a.example.com"});
    open();
    const auto created = bind(a, listener, true);
    ASSERT_EQ(created.status, 201) << created.body;
    EXPECT_EQ(created.body["binding"]["status"], "active");
    EXPECT_THAT(sni_of(listener), UnorderedElementsAre(a));
    EXPECT_EQ(seed({"served", listener}), "a.example.com foreign.example.com");

    const auto again = bind(a, listener, true);
    EXPECT_EQ(again.status, 409);
    const auto shown = script.ask("GET", "/v1/certificates/" + id_of(a));
    EXPECT_EQ(shown.body["certificate"]["status"], "active");
    EXPECT_EQ(shown.body["certificate"]["bindings"].size(), 1U);

    const auto path = bindings_of(id_of(a)) + "/" + created.body["binding"]["id"].get<std::string>();
    EXPECT_EQ(script.ask("DELETE", path + "?wait=60").status, 204);
    EXPECT_EQ(seed({"served", listener}), "foreign.example.com");
    EXPECT_EQ(script.ask("GET", path).status, 404);
}

TEST_F(bindings_api_story, what_cannot_be_bound_is_refused_and_leaves_nothing)
{
    const auto unfinished = seed({"secret"});
    const auto over = seed({"certificate", "over.example.com", "--days", "-1"});
    const auto theirs = seed({"--as", "other", "certificate", "theirs.example.com"});
    const auto a = seed({"certificate", "a.example.com"});
    const auto plain = seed({"listener", balancer, "--protocol", "HTTP", "--port", "80"});
    const std::string unknown = "12345678-1234-4234-8234-123456789abc";
    open();
    struct refused
    {
        std::string certificate;
        std::string listener;
        int status;
        std::string words;
    };
    for (const refused& each : std::vector<refused>{
             {unknown, listener, 404, "CertificateNotFound"},
             {theirs, listener, 404, "CertificateAccessDenied"},
             {a, unknown, 404, "ListenerNotFound"},
             {a, plain, 400, "ListenerProtocol"},
             {unfinished, listener, 409, "CertificateNotActive"},
             {over, listener, 409, "CertificateExpired"},
         })
    {
        const auto answer = bind(each.certificate, each.listener, true);
        EXPECT_EQ(answer.status, each.status) << answer.body;
        EXPECT_EQ(answer.body["error"]["code"], each.status);
        EXPECT_THAT(answer.body["error"].value("message", ""), HasSubstr(each.words));
    }
    EXPECT_EQ(bind(a, "no-uuid").status, 400);
    EXPECT_EQ(
        (testbed::bindings_api_client{script.url, "no-token"}
             .ask("POST", bindings_of(id_of(a)), body_of_binding(listener))
             .status),
        401
    );
    EXPECT_EQ(kubectl({"get", "certbind", "-o", "name"}), "");
    EXPECT_EQ(seed({"served", listener}), "foreign.example.com");
}

TEST_F(bindings_api_story, a_cloud_that_does_not_answer_is_500_and_the_controller_goes_on)
{
    const auto a = seed({"certificate", "a.example.com"});
    open();
    seed({"down", "load-balancer", "on"});
    const auto failed =
        script.ask("POST", bindings_of(id_of(a)) + "?wait=5", body_of_binding(listener, true));
    EXPECT_EQ(failed.status, 500) << failed.body;
    EXPECT_THAT(failed.body["error"].value("details", ""), HasSubstr("the controller goes on"));
    seed({"down", "load-balancer", "off"});
    ASSERT_TRUE(testbed::eventually("the certificate is attached", [&] {
        return sni_of(listener) == std::vector<std::string>{a};
    }));
}

}  // namespace
}  // namespace openstack_test
