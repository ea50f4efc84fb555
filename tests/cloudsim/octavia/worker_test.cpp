// Octavia's worker, and the certificates that TLS clients get. The expectations come from the code of
// Octavia 11.0.0 and 19.0.0 (rest_api_driver), because the real services under test have no data plane.
#include "cloudsim/cloud/lab.hpp"

#include <gmock/gmock.h>

namespace cloudsim::test {
namespace {

using namespace std::chrono_literals;
using tls = control::tls_answer;

const tls nothing{.certificate = std::nullopt, .source = "none"};

class worker_test : public lab
{
protected:
    const std::string balancer_ = sim.add_load_balancer({.project = project_a});

    control::certificate make(const std::string& name)
    {
        return sim.add_certificate({.project = project_a, .names = {name}});
    }

    std::string listen(const std::string& default_ref, const std::set<std::string>& sni_refs = {})
    {
        return sim.add_listener(
            {.load_balancer = balancer_, .default_ref = default_ref, .sni_refs = sni_refs, .port = ++port_}
        );
    }

    // A change of a listener that has nothing to do with its certificates.
    void change(const std::string& listener)
    {
        EXPECT_EQ(put(listener, {{"description", "changed"}}).status, 200);
        settle();
    }

private:
    int port_ = 1000;
};

TEST_F(worker_test, what_a_put_has_stored_is_served_when_the_pending_time_is_over)
{
    const auto before = make("before");
    const auto after = make("after");
    const auto listener = listen(before.ref);
    EXPECT_EQ(put(listener, {{"default_tls_container_ref", after.ref}}).status, 200);
    advance(49ms);
    EXPECT_EQ(sim.load_balancer_status(balancer_), "PENDING_UPDATE");
    EXPECT_EQ(sim.tls(listener).certificate, before.ref);
    advance(1ms);
    EXPECT_EQ(sim.load_balancer_status(balancer_), "ACTIVE");
    EXPECT_EQ(sim.get_listener(listener).status, "ACTIVE");
    EXPECT_EQ(sim.tls(listener).certificate, after.ref);
}

TEST_F(worker_test, a_deleted_certificate_is_served_until_anything_on_its_load_balancer_changes)
{
    const auto doomed = make("doomed");
    const auto victim = listen(make("good").ref, {doomed.ref});
    const auto other = listen(make("other").ref);
    sim.remove_certificate(doomed.id);
    EXPECT_EQ(sim.tls(victim, "doomed").certificate, doomed.ref);

    change(other);

    EXPECT_EQ(sim.tls(victim, "good"), nothing) << "the whole listener is left out for one ref";
    EXPECT_EQ(sim.get_listener(victim).status, "ERROR");
    EXPECT_EQ(sim.get_listener(other).status, "ACTIVE");
    EXPECT_EQ(sim.tls(other).source, "default");
    EXPECT_EQ(sim.load_balancer_status(balancer_), "ACTIVE");
}

TEST_F(worker_test, a_listener_on_another_load_balancer_is_not_touched)
{
    const auto doomed = make("doomed");
    const auto away = sim.add_listener(
        {.load_balancer = sim.add_load_balancer({.project = project_a}), .default_ref = doomed.ref}
    );
    sim.remove_certificate(doomed.id);
    change(listen(make("here").ref));
    EXPECT_EQ(sim.get_listener(away).status, "ACTIVE");
    EXPECT_EQ(sim.tls(away).certificate, doomed.ref);
}

TEST_F(worker_test, dropping_the_dead_ref_heals)
{
    const auto good = make("good");
    const auto doomed = make("doomed");
    const auto listener = listen(good.ref, {doomed.ref});
    sim.remove_certificate(doomed.id);
    change(listener);
    ASSERT_EQ(sim.get_listener(listener).status, "ERROR");

    EXPECT_EQ(put(listener, {{"sni_container_refs", json::array()}}).status, 200);
    settle();

    EXPECT_EQ(sim.get_listener(listener).status, "ACTIVE");
    EXPECT_EQ(sim.tls(listener, "good").certificate, good.ref);
}

struct unreadable_row
{
    const char* name;
    control::certificate_order certificate;
    std::string removed_part;  // "all": the whole certificate
};

TEST_F(worker_test, what_makes_a_certificate_unreadable)
{
    const unreadable_row rows[] = {
        {"container deleted", {.kind = "container"}, "all"},
        {"its certificate deleted", {.kind = "container"}, "certificate"},
        {"its key deleted", {.kind = "container"}, "private_key"},
        {"secret deleted", {.kind = "pkcs12"}, "all"},
        {"container without a key", {.kind = "container", .state = "no_key"}, ""},
        {"container with a key without a payload", {.kind = "container", .state = "no_payload"}, ""},
        {"secret without a payload", {.kind = "pkcs12", .state = "no_payload"}, ""},
        {"secret expired in Barbican", {.kind = "pkcs12", .state = "expired"}, ""},
        {"PEM in a secret", {.kind = "pem"}, ""},
        {"PKCS12 with a pass phrase", {.kind = "pkcs12", .pass_phrase = "x"}, ""},
        {"no name at all", {.kind = "container", .names = {}}, ""},
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.name);
        auto wanted = row.certificate;
        wanted.project = project_a;
        const auto certificate = sim.add_certificate(wanted);
        const auto listener = listen(make("good").ref, {certificate.ref});
        if (!row.removed_part.empty())
        {
            sim.remove_certificate(certificate.id, row.removed_part == "all" ? "" : row.removed_part);
        }
        change(listener);
        EXPECT_EQ(sim.get_listener(listener).status, "ERROR");
        EXPECT_EQ(sim.tls(listener, "good"), nothing);
    }
}

TEST_F(worker_test, a_certificate_past_its_not_after_is_served_all_the_same)
{
    const auto old = sim.add_certificate(
        {.project = project_a, .kind = "pkcs12", .names = {"old"}, .not_after = now().wall - 24h * 30}
    );
    const auto listener = listen(old.ref);
    change(listener);
    EXPECT_EQ(sim.get_listener(listener).status, "ACTIVE");
    EXPECT_EQ(sim.tls(listener).certificate, old.ref);
}

TEST_F(worker_test, a_certificate_that_octavia_was_never_let_into_is_unreadable)
{
    for (const auto* kind : {"container", "pkcs12"})
    {
        SCOPED_TRACE(kind);
        const auto listener = listen(make("good").ref);
        sim.set_listener_refs(listener, sim.add_certificate({.project = project_a, .kind = kind}).ref, {});
        change(listener);
        EXPECT_EQ(sim.get_listener(listener).status, "ERROR");
    }
}

TEST_F(worker_test, an_unreadable_client_ca_is_as_bad)
{
    const auto ca = sim.add_certificate({.project = project_a, .kind = "ca", .names = {"Clients"}});
    const auto listener = sim.add_listener(
        {.load_balancer = balancer_, .default_ref = make("good").ref, .client_ca_ref = ca.ref}
    );
    EXPECT_NE(sim.tls(listener), nothing);
    sim.remove_certificate(ca.id);
    change(listen(make("other").ref));
    EXPECT_EQ(sim.tls(listener), nothing);
}

TEST_F(worker_test, barbican_down_at_the_end_of_a_change_takes_every_tls_listener_down)
{
    const auto first = listen(make("first").ref);
    const auto second = listen(make("second").ref);
    EXPECT_EQ(put(first, {{"description", "x"}}).status, 200);
    sim.set({{"down", {"key-manager"}}});
    settle();
    EXPECT_EQ(sim.tls(first), nothing);
    EXPECT_EQ(sim.tls(second), nothing);
    EXPECT_EQ(sim.load_balancer_status(balancer_), "ACTIVE");

    sim.set({{"down", json::array()}});
    change(first);
    EXPECT_EQ(sim.get_listener(first).status, "ACTIVE");
    EXPECT_EQ(sim.get_listener(second).status, "ERROR") << "only the changed one's status is set back";
    EXPECT_NE(sim.tls(second), nothing) << "but it is in the configuration again";
}

TEST_F(worker_test, a_new_listener_with_an_old_dead_one_beside_it_works)
{
    const auto doomed = make("doomed");
    const auto victim = listen(doomed.ref);
    sim.remove_certificate(doomed.id);
    const json wanted = {
        {"listener",
         {{"protocol", "TERMINATED_HTTPS"},
          {"protocol_port", 443},
          {"loadbalancer_id", balancer_},
          {"default_tls_container_ref", make("new").ref}}}
    };
    const auto answer = ask(
        {.method = "POST",
         .url = load_balancer("/v2/lbaas/listeners"),
         .token = token_a,
         .body = wanted.dump()}
    );
    ASSERT_EQ(answer.status, 201);
    settle();
    EXPECT_NE(sim.tls(json::parse(answer.body)["listener"]["id"].get<std::string>()), nothing);
    EXPECT_EQ(sim.tls(victim), nothing);
}

TEST_F(worker_test, a_held_worker_leaves_everything_pending)
{
    const auto listener = listen(make("good").ref);
    sim.set({{"worker_held", true}});
    EXPECT_EQ(put(listener, {{"name", "x"}}).status, 200);
    advance(1h);
    EXPECT_EQ(sim.get_listener(listener).status, "PENDING_UPDATE");
    EXPECT_EQ(put(listener, {{"name", "y"}}).status, 401) << "the token has ended meanwhile";
    sim.set({{"worker_held", false}});
    EXPECT_EQ(sim.get_listener(listener).status, "ACTIVE");
}

TEST_F(worker_test, a_failing_worker_leaves_the_new_refs_and_the_old_service)
{
    const auto good = make("good");
    const auto listener = listen(good.ref);
    const auto wanted = make("wanted");
    sim.set({{"worker_fails", true}});
    EXPECT_EQ(put(listener, {{"default_tls_container_ref", wanted.ref}}).status, 200);
    settle();
    EXPECT_EQ(sim.get_listener(listener).status, "ERROR");
    EXPECT_EQ(sim.get_listener(listener).default_ref, wanted.ref);
    EXPECT_EQ(sim.load_balancer_status(balancer_), "ACTIVE");
    EXPECT_EQ(sim.tls(listener).certificate, good.ref);
}

struct name_row
{
    const char* server_name;
    const char* expected;  // the first name of the certificate
    const char* source;
};

TEST_F(worker_test, a_client_gets_the_certificate_of_its_server_name)
{
    const auto fallback = sim.add_certificate({.project = project_a, .names = {"default.example.com"}});
    const auto exact =
        sim.add_certificate({.project = project_a, .kind = "pkcs12", .names = {"a.example.com"}});
    const auto wild = sim.add_certificate({.project = project_a, .names = {"*.example.com", "example.org"}});
    const auto listener = listen(fallback.ref, {exact.ref, wild.ref});
    const std::map<std::string, std::string> refs = {
        {"default", fallback.ref}, {"exact", exact.ref}, {"wild", wild.ref}
    };
    const name_row rows[] = {
        {"a.example.com", "exact", "sni"},
        {"A.Example.COM", "exact", "sni"},
        {"b.example.com", "wild", "sni"},
        {"example.org", "wild", "sni"},
        {"a.b.example.com", "default", "default"},
        {"example.com", "default", "default"},
        {"default.example.com", "default", "default"},
        {"other.example.net", "default", "default"},
        {"", "default", "default"},
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.server_name);
        EXPECT_EQ(
            sim.tls(listener, row.server_name),
            (tls{.certificate = refs.at(row.expected), .source = row.source})
        );
    }
}

TEST_F(worker_test, without_a_default_nothing_is_served_by_tls)
{
    const auto one = make("one");
    const auto listener = listen(one.ref, {one.ref, make("two").ref});
    EXPECT_EQ(put(listener, {{"default_tls_container_ref", nullptr}}).status, 200);
    settle();
    EXPECT_EQ(sim.get_listener(listener).status, "ACTIVE");
    EXPECT_EQ(sim.tls(listener, "one"), nothing);
}

TEST_F(worker_test, a_listener_without_any_certificate_serves_none)
{
    const auto listener = listen(make("good").ref);
    EXPECT_EQ(put(listener, {{"default_tls_container_ref", nullptr}}).status, 200);
    settle();
    EXPECT_EQ(sim.get_listener(listener).status, "ACTIVE");
    EXPECT_EQ(sim.tls(listener), nothing);
}

TEST_F(worker_test, each_commit_is_in_the_history)
{
    const auto good = make("good");
    const auto listener = listen(good.ref);
    const auto since = sim.last_sequence();
    change(listener);
    std::vector<std::string> commits;
    for (const auto& commit : sim.history(listener, since))
    {
        EXPECT_EQ(commit.object["default_tls_container_ref"], good.ref);
        commits.push_back(commit.cause + " " + commit.object["provisioning_status"].get<std::string>());
    }
    EXPECT_THAT(commits, testing::ElementsAre("put PENDING_UPDATE", "worker ACTIVE"));
}

}  // namespace
}  // namespace cloudsim::test
