#include "cloud/openstack/octavia.hpp"

#include "cloud/openstack/fixture.hpp"
#include "cloud/openstack/octavia_answers.hpp"
#include "fakes/cloud/spelled.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using cloud::failure;
using cloud::listener_change;
using cloud::provisioning_status;
using cloud::openstack::read_listener;
using cloud::openstack::read_load_balancer;
using cloud::openstack::write_change;
using nlohmann::json;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const support::uuid listener_id = support::uuid::parse(captured::listener_id).value();
const support::uuid load_balancer_id = support::uuid::parse(captured::load_balancer_id).value();
const std::string a = captured::key_manager + "/secrets/8b81683b-fd7a-4249-926f-3886cf326256";
const std::string b = captured::key_manager + "/secrets/" + captured::secret_id;
using cloud::container_ref;
const std::string no_refs = R"("default_tls_container_ref":null,"sni_container_refs":[])";

TEST(octavia, reads_a_listener)
{
    const auto read = read_listener(
        captured::listener(
            R"("default_tls_container_ref":")" + a + R"(","sni_container_refs":[")" + b + R"(",")" + a +
            R"("])"
        )
            .body,
        listener_id
    );
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->id, listener_id);
    EXPECT_EQ(read->load_balancer_id, load_balancer_id);
    EXPECT_EQ(read->project_id, "4df7978bb2cf4afc91391260ded6416d");
    EXPECT_EQ(read->protocol, "TERMINATED_HTTPS");
    EXPECT_EQ(read->status, provisioning_status::active);
    EXPECT_EQ(read->default_ref.value().str(), a);
    EXPECT_EQ(test::spelled(read->sni_refs), (std::vector{a, b})) << "sorted";
    EXPECT_EQ(read->client_ca_ref, std::nullopt);
    EXPECT_EQ(read->client_crl_ref, std::nullopt);
}

TEST(octavia, the_sni_refs_are_a_set)
{
    const auto read = read_listener(
        captured::listener(
            R"("default_tls_container_ref":null,"sni_container_refs":[")" + b + R"(",")" + a + R"(",")" + b +
            R"("])"
        )
            .body,
        listener_id
    );
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->default_ref, std::nullopt);
    EXPECT_EQ(test::spelled(read->sni_refs), (std::vector{a, b}));
}

TEST(octavia, every_provisioning_status_is_known)
{
    for (const auto& [word, status] : std::initializer_list<std::pair<const char*, provisioning_status>>{
             {"ACTIVE", provisioning_status::active},
             {"PENDING_CREATE", provisioning_status::pending},
             {"PENDING_UPDATE", provisioning_status::pending},
             {"PENDING_DELETE", provisioning_status::pending},
             {"ERROR", provisioning_status::error},
             {"DELETED", provisioning_status::deleted},
         })
    {
        EXPECT_EQ(read_listener(captured::listener(no_refs, word).body, listener_id)->status, status) << word;
        EXPECT_EQ(read_load_balancer(captured::load_balancer(word).body, load_balancer_id)->status, status)
            << word;
    }
    EXPECT_FALSE(read_listener(captured::listener(no_refs, "active").body, listener_id));
    EXPECT_FALSE(read_load_balancer(captured::load_balancer("PENDING_MIGRATE").body, load_balancer_id));
}

TEST(octavia, reads_which_listeners_a_load_balancer_has)
{
    auto whole = json::parse(captured::load_balancer("ACTIVE").body);
    auto& listeners = whole["loadbalancer"]["listeners"];
    EXPECT_THAT(read_load_balancer(whole.dump(), load_balancer_id)->listeners, IsEmpty());
    listeners = json{{{"id", captured::listener_id}}, {{"id", captured::load_balancer_id}}};
    const auto read = read_load_balancer(whole.dump(), load_balancer_id);
    ASSERT_TRUE(read) << read.error();
    EXPECT_THAT(read->listeners, UnorderedElementsAre(listener_id, load_balancer_id));
    EXPECT_TRUE(std::ranges::is_sorted(read->listeners));
    for (const json& malformed :
         {json(nullptr), json("x"), json::object(), json{"x"}, json{{{"id", "x"}}}, json{{{"name", "x"}}}})
    {
        listeners = malformed;
        EXPECT_FALSE(read_load_balancer(whole.dump(), load_balancer_id)) << malformed;
    }
    whole["loadbalancer"].erase("listeners");
    EXPECT_FALSE(read_load_balancer(whole.dump(), load_balancer_id));
}

TEST(octavia, what_is_not_wholly_this_listener_is_none)
{
    const auto whole = json::parse(captured::listener(no_refs).body);
    const auto changed = [&whole](const std::string& key, const json& value) {
        auto other = whole;
        other["listener"][key] = value;
        return other.dump();
    };
    const auto without = [&whole](const std::string& key) {
        auto other = whole;
        other["listener"].erase(key);
        return other.dump();
    };
    for (const std::string& body : {
             std::string(),
             std::string("<html>"),
             std::string("null"),
             std::string("[]"),
             std::string(R"({"listener":null})"),
             std::string(R"({"listeners":[]})"),
             whole.dump().substr(0, whole.dump().size() - 1),
             whole["listener"].dump(),
             changed("id", captured::unknown_id),
             changed("id", 7),
             without("id"),
             without("provisioning_status"),
             changed("loadbalancers", json::array()),
             changed("loadbalancers", json{{{"id", "x"}}}),
             changed("loadbalancers", "x"),
             without("protocol"),
             without("project_id"),
             without("default_tls_container_ref"),
             changed("default_tls_container_ref", 7),
             without("sni_container_refs"),
             changed("sni_container_refs", nullptr),
             changed("sni_container_refs", json{1}),
             changed("client_ca_tls_container_ref", json::object()),
             changed("client_crl_container_ref", false),
         })
    {
        EXPECT_FALSE(read_listener(body, listener_id)) << body;
    }
    EXPECT_TRUE(read_listener(whole.dump(), listener_id));
    EXPECT_TRUE(read_listener(without("client_crl_container_ref"), listener_id))
        << "older versions have none";
    EXPECT_EQ(
        read_listener(changed("client_ca_tls_container_ref", a), listener_id)->client_ca_ref.value().str(), a
    );
    EXPECT_EQ(
        read_listener(changed("client_crl_container_ref", b), listener_id)->client_crl_ref.value().str(), b
    );
}

TEST(octavia, a_deep_answer_is_odd_and_nothing_worse)
{
    constexpr std::size_t depth = 100'000;
    const std::string deep = std::string(depth, '[') + std::string(depth, ']');
    EXPECT_FALSE(read_listener(deep, listener_id));
    EXPECT_FALSE(read_listener(R"({"listener":)" + deep + "}", listener_id));
    EXPECT_FALSE(read_listener(std::string(depth, '['), listener_id));
}

TEST(octavia, a_change_has_only_the_keys_that_change)
{
    EXPECT_EQ(write_change({}), R"({"listener":{}})");
    EXPECT_EQ(
        write_change({.default_ref = std::optional(container_ref(a)), .sni_refs = {}}),
        R"({"listener":{"default_tls_container_ref":")" + a + R"("}})"
    );
    EXPECT_EQ(
        write_change({.default_ref = std::optional<container_ref>(), .sni_refs = {}}),
        R"({"listener":{"default_tls_container_ref":null}})"
    );
    EXPECT_EQ(
        write_change({.default_ref = {}, .sni_refs = std::vector<container_ref>()}),
        R"({"listener":{"sni_container_refs":[]}})"
    );
    EXPECT_EQ(
        json::parse(write_change(
            {.default_ref = std::optional(container_ref(a)),
             .sni_refs = std::vector{container_ref(a), container_ref(b)}}
        )),
        (json{{"listener", {{"default_tls_container_ref", a}, {"sni_container_refs", {a, b}}}}})
    );
}

class octavia_client : public test::openstack
{
protected:
    static inline const std::string get_load_balancer =
        "GET " + captured::load_balancing + "/loadbalancers/" + captured::load_balancer_id;

    cloud::answer<cloud::listener> get() { return run(octavia.get_listener("sao1", listener_id)); }
    cloud::answer<cloud::listener> put()
    {
        listener_change change{.default_ref = std::optional(container_ref(a)), .sni_refs = {}};
        return run(octavia.update_listener("sao1", listener_id, std::move(change), clock().now() + 30s));
    }

    cloud::openstack::octavia octavia{services};
};

TEST_F(octavia_client, reads_and_writes_a_listener)
{
    http.on(get_listener, {captured::listener(no_refs)});
    EXPECT_TRUE(get());
    http.on(
        put_listener,
        {captured::listener(
            R"("default_tls_container_ref":")" + a + R"(","sni_container_refs":[])", "PENDING_UPDATE"
        )}
    );
    const auto changed = put();
    ASSERT_TRUE(changed) << changed.error().message;
    EXPECT_EQ(changed->default_ref.value().str(), a);
    EXPECT_EQ(changed->status, provisioning_status::pending);
    EXPECT_EQ(http.requests().back().body, R"({"listener":{"default_tls_container_ref":")" + a + R"("}})");
}

TEST_F(octavia_client, reads_a_load_balancer)
{
    http.on(get_load_balancer, {captured::load_balancer("ERROR")});
    const auto read = run(octavia.get_load_balancer("sao1", load_balancer_id));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->status, provisioning_status::error);
    http.on(
        get_load_balancer,
        {captured::octavia_fault(404, "Load Balancer " + captured::load_balancer_id + " not found.")}
    );
    EXPECT_EQ(run(octavia.get_load_balancer("sao1", load_balancer_id)).error().kind, failure::not_found);
    http.on(get_load_balancer, {captured::load_balancer("ACTIVE", captured::unknown_id)});
    EXPECT_EQ(run(octavia.get_load_balancer("sao1", load_balancer_id)).error().kind, failure::transient);
}

TEST_F(octavia_client, a_listener_is_gone_only_by_its_own_name)
{
    http.on(get_listener, {captured::listener_not_found(captured::listener_id)});
    EXPECT_EQ(get().error().kind, failure::not_found);
    http.on(get_listener, {captured::listener_not_found(captured::unknown_id)});
    EXPECT_EQ(get().error().kind, failure::transient);
    http.on(get_listener, {captured::html(404)});
    EXPECT_EQ(get().error().kind, failure::transient);
}

TEST_F(octavia_client, an_odd_success_proves_nothing)
{
    for (const auto& odd :
         {captured::json(200, "{}"),
          captured::html(200),
          captured::listener(no_refs, "ACTIVE", captured::unknown_id)})
    {
        http.on(get_listener, {odd});
        http.on(put_listener, {odd});
        EXPECT_EQ(get().error().kind, failure::transient);
        EXPECT_EQ(put().error().kind, failure::ambiguous);
    }
}

TEST_F(octavia_client, a_locked_load_balancer_is_busy)
{
    http.on(put_listener, {captured::immutable()});
    EXPECT_EQ(put().error().kind, failure::busy);
}

TEST_F(octavia_client, a_refusal_tells_which_refs)
{
    http.on(put_listener, {captured::octavia_fault(400, "Could not retrieve certificate: ['" + a + "']")});
    const auto refused = put();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, failure::refused);
    EXPECT_EQ(test::spelled(refused.error().refs), std::vector{a});
}

}  // namespace
