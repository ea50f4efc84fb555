// Octavia's API, against the captured answers.
#include "cloudsim/cloud/lab.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace cloudsim::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;
using testing::UnorderedElementsAre;

constexpr const char* unknown = "11111111-2222-4333-8444-555555555555";

class octavia_test : public lab
{
protected:
    const control::certificate first_ = p12("a.example.com");
    const control::certificate second_ = p12("b.example.com");
    const std::string balancer_ = sim.add_load_balancer({.project = project_a});
    const std::string listener_ =
        sim.add_listener({.load_balancer = balancer_, .default_ref = first_.ref, .sni_refs = {second_.ref}});

    control::certificate p12(const std::string& name, const std::string& state = "active")
    {
        return sim.add_certificate({.project = project_a, .kind = "pkcs12", .names = {name}, .state = state});
    }

    std::string fault(const reply& answer)
    {
        return json::parse(answer.body)["faultstring"].get<std::string>();
    }
    json text(const std::string& faultstring)
    {
        return {{"faultcode", "Client"}, {"faultstring", faultstring}, {"debuginfo", nullptr}};
    }
    json get()
    {
        return ask_json({.method = "GET", .url = listener_url(listener_), .token = token_a})["listener"];
    }
};

TEST_F(octavia_test, a_new_load_balancer_is_as_captured)
{
    const json wanted = {
        {"loadbalancer",
         {{"name", "lab-lb"},
          {"vip_subnet_id", "9f2a6c1e-0000-4000-8000-000000000001"},
          {"project_id", project_a}}}
    };
    const auto answer = ask(
        {.method = "POST",
         .url = load_balancer("/v2/lbaas/loadbalancers"),
         .token = token_a,
         .body = wanted.dump()}
    );
    EXPECT_EQ(answer.status, 201);
    const auto shown = json::parse(answer.body)["loadbalancer"];
    EXPECT_EQ(
        shown,
        json::parse(
            R"({"listeners":[],"pools":[],"id":")" + shown["id"].get<std::string>() +
            R"(","name":"lab-lb","description":"","provisioning_status":"PENDING_CREATE","operating_status":"OFFLINE",
            "admin_state_up":true,"project_id":")" +
            project_a +
            R"(","created_at":"2026-11-24T03:27:20","updated_at":null,"vip_address":"198.51.100.2","vip_port_id":")" +
            shown["vip_port_id"].get<std::string>() +
            R"(","vip_subnet_id":"9f2a6c1e-0000-4000-8000-000000000001","vip_network_id":")" +
            shown["vip_network_id"].get<std::string>() +
            R"(","additional_vips":[],"provider":"amphora","flavor_id":null,"vip_qos_policy_id":null,"tags":[],
            "availability_zone":null,"tenant_id":")" +
            project_a + R"("})"
        )
    );
    settle();
    EXPECT_EQ(sim.load_balancer_status(shown["id"].get<std::string>()), "ACTIVE");
}

TEST_F(octavia_test, a_new_listener_is_as_captured)
{
    const json wanted = {
        {"listener",
         {{"name", "https"},
          {"protocol", "TERMINATED_HTTPS"},
          {"protocol_port", 8443},
          {"loadbalancer_id", balancer_},
          {"default_tls_container_ref", first_.ref},
          {"sni_container_refs", {second_.ref}}}}
    };
    const auto answer = ask(
        {.method = "POST",
         .url = load_balancer("/v2/lbaas/listeners"),
         .token = token_a,
         .body = wanted.dump()}
    );
    EXPECT_EQ(answer.status, 201);
    auto shown = json::parse(answer.body)["listener"];
    EXPECT_THAT(shown["tls_ciphers"].get<std::string>(), StartsWith("TLS_AES_256_GCM_SHA384:"));
    shown["tls_ciphers"] = "";
    EXPECT_EQ(
        shown,
        json::parse(
            R"({"id":")" + shown["id"].get<std::string>() +
            R"(","name":"https","description":"","provisioning_status":"PENDING_CREATE","operating_status":"OFFLINE",
            "admin_state_up":true,"protocol":"TERMINATED_HTTPS","protocol_port":8443,"connection_limit":-1,
            "default_tls_container_ref":")" +
            first_.ref + R"(","sni_container_refs":[")" + second_.ref + R"("],"project_id":")" + project_a +
            R"(","default_pool_id":null,"l7policies":[],"insert_headers":{},"created_at":"2026-11-24T03:27:20",
            "updated_at":null,"loadbalancers":[{"id":")" +
            balancer_ +
            R"("}],"timeout_client_data":50000,"timeout_member_connect":5000,"timeout_member_data":50000,
            "timeout_tcp_inspect":0,"tags":[],"client_ca_tls_container_ref":null,"client_authentication":"NONE",
            "client_crl_container_ref":null,"allowed_cidrs":null,"tls_ciphers":"","tls_versions":["TLSv1.2","TLSv1.3"],
            "alpn_protocols":["h2","http/1.1","http/1.0"],"tenant_id":")" +
            project_a + R"("})"
        )
    );
    settle();
    const auto id = shown["id"].get<std::string>();
    EXPECT_EQ(sim.get_listener(id).status, "ACTIVE");
    EXPECT_EQ(sim.tls(id).certificate, first_.ref);
}

TEST_F(octavia_test, a_put_answers_pending_with_what_it_has_stored)
{
    const auto answer =
        put(listener_,
            {{"default_tls_container_ref", second_.ref},
             {"sni_container_refs", {second_.ref, first_.ref, second_.ref}}});
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(
        answer.headers,
        UnorderedElementsAre(
            Pair("Content-Type", "application/json"), Pair("x-openstack-request-id", StartsWith("req-"))
        )
    );
    const auto shown = json::parse(answer.body)["listener"];
    EXPECT_EQ(shown["provisioning_status"], "PENDING_UPDATE");
    EXPECT_EQ(shown["updated_at"], "2026-11-24T03:27:20");
    EXPECT_EQ(shown["default_tls_container_ref"], second_.ref);
    EXPECT_EQ(shown["sni_container_refs"], json(std::set<std::string>{first_.ref, second_.ref}))
        << "a set, sorted";
    EXPECT_EQ(get(), shown);
    settle();
    EXPECT_EQ(get()["provisioning_status"], "ACTIVE");
}

struct change_row
{
    const char* name;
    json change;
    bool keeps_default;
    bool keeps_sni;
};

TEST_F(octavia_test, what_a_put_leaves_out_stays_and_null_empties)
{
    const change_row rows[] = {
        {"only a name", {{"name", "x"}}, true, true},
        {"no SNI", {{"sni_container_refs", json::array()}}, true, false},
        {"null SNI", {{"sni_container_refs", nullptr}}, true, false},
        {"null default", {{"default_tls_container_ref", nullptr}}, false, true},
        {"neither",
         {{"default_tls_container_ref", nullptr}, {"sni_container_refs", json::array()}},
         false,
         false},
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.name);
        sim.set_listener_refs(listener_, first_.ref, {second_.ref});
        EXPECT_EQ(put(listener_, row.change).status, 200);
        settle();
        const auto state = sim.get_listener(listener_);
        EXPECT_EQ(state.status, "ACTIVE");
        EXPECT_EQ(state.default_ref.has_value(), row.keeps_default);
        EXPECT_EQ(!state.sni_refs.empty(), row.keeps_sni);
    }
}

TEST_F(octavia_test, a_put_of_what_is_there_already_locks_all_the_same)
{
    EXPECT_EQ(put(listener_, {{"default_tls_container_ref", first_.ref}}).status, 200);
    EXPECT_EQ(sim.load_balancer_status(balancer_), "PENDING_UPDATE");
}

TEST_F(octavia_test, the_lock_is_the_load_balancers_and_its_text_is_the_same_in_error)
{
    const auto other =
        sim.add_listener({.load_balancer = balancer_, .default_ref = first_.ref, .port = 8443});
    const json immutable = text("Load Balancer " + balancer_ + " is immutable and cannot be updated.");

    EXPECT_EQ(put(other, {{"name", "x"}}).status, 200);
    EXPECT_EQ(get()["provisioning_status"], "ACTIVE");
    const auto pending = put(listener_, {{"sni_container_refs", json::array()}});
    EXPECT_EQ(pending.status, 409);
    EXPECT_EQ(json::parse(pending.body), immutable);

    settle();
    sim.set_load_balancer_status(balancer_, "ERROR");
    const auto error = put(listener_, {{"name", "x"}});
    EXPECT_EQ(error.status, 409);
    EXPECT_EQ(json::parse(error.body), immutable);
}

TEST_F(octavia_test, a_listener_in_error_can_be_changed)
{
    sim.set_listener_status(listener_, "ERROR");
    EXPECT_EQ(put(listener_, {{"name", "x"}}).status, 200);
    settle();
    EXPECT_EQ(get()["provisioning_status"], "ACTIVE");
}

struct refusal_row
{
    const char* name;
    json change;
    std::string faultstring;
};

TEST_F(octavia_test, a_ref_that_cannot_be_retrieved_is_named)
{
    const auto theirs = sim.add_certificate({.project = project_b, .kind = "pkcs12"});
    const auto expired = p12("expired", "expired");
    const auto deleted = p12("deleted");
    sim.remove_certificate(deleted.id);
    const auto no_key = sim.add_certificate({.project = project_a, .state = "no_key"});
    const auto no_payload = sim.add_certificate({.project = project_a, .state = "no_payload"});
    const auto lost_part = sim.add_certificate({.project = project_a});
    sim.remove_certificate(lost_part.id, "intermediates");
    const auto unknown_secret = key_manager("/v1/secrets/" + std::string(unknown));
    const auto unknown_container = key_manager("/v1/containers/" + std::string(unknown));
    const auto one = [](const std::string& ref) { return json{{"default_tls_container_ref", ref}}; };
    const auto named = [](const std::string& refs) {
        return "Could not retrieve certificate: [" + refs + "]";
    };
    const refusal_row rows[] = {
        {"unknown secret", one(unknown_secret), named("'" + unknown_secret + "'")},
        {"unknown container", one(unknown_container), named("'" + unknown_container + "'")},
        {"not a URL", one("x"), named("'x'")},
        {"expired", one(expired.ref), named("'" + expired.ref + "'")},
        {"deleted", one(deleted.ref), named("'" + deleted.ref + "'")},
        {"container without a key", one(no_key.ref), named("'" + no_key.ref + "'")},
        {"container without a key's payload", one(no_payload.ref), named("'" + no_payload.ref + "'")},
        {"another tenant's", {{"sni_container_refs", {first_.ref, theirs.ref}}}, named("'" + theirs.ref + "'")
        },
        {"several, SNI first",
         {{"default_tls_container_ref", theirs.ref},
          {"sni_container_refs", {unknown_secret, second_.ref, "y"}}},
         named("'" + unknown_secret + "', 'y', '" + theirs.ref + "'")},
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.name);
        const auto answer = put(listener_, row.change);
        EXPECT_EQ(answer.status, 400);
        EXPECT_EQ(json::parse(answer.body), text(row.faultstring));
        EXPECT_EQ(sim.load_balancer_status(balancer_), "ACTIVE") << "nothing was locked";
    }
    EXPECT_EQ(put(listener_, one(lost_part.ref)).status, 200) << "intermediates are not needed";
    EXPECT_EQ(sim.get_listener(listener_).default_ref, lost_part.ref);
}

TEST_F(octavia_test, an_unreadable_pkcs12_is_told_without_its_ref)
{
    const auto locked = sim.add_certificate({.project = project_a, .kind = "pkcs12", .pass_phrase = "x"});
    const auto pem = sim.add_certificate({.project = project_a, .kind = "pem"});
    const auto empty = p12("empty", "no_payload");
    const std::string front =
        "The PKCS12 bundle is unreadable. Please check the PKCS12 bundle validity. In addition, make sure it "
        "does "
        "not require a pass phrase. Error: ";
    const refusal_row rows[] = {
        {"pass phrase",
         {{"default_tls_container_ref", locked.ref}},
         front + "[('PKCS12 routines', '', 'mac verify failure')]"},
        {"PEM",
         {{"default_tls_container_ref", pem.ref}},
         front + "[('asn1 encoding routines', '', 'wrong tag'), ('asn1 encoding routines', '', 'nested asn1 "
                 "error')]"},
        {"no payload",
         {{"sni_container_refs", {empty.ref}}},
         front + "[('asn1 encoding routines', '', 'not enough data')]"},
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.name);
        const auto answer = put(listener_, row.change);
        EXPECT_EQ(answer.status, 400);
        EXPECT_EQ(json::parse(answer.body), text(row.faultstring));
    }
}

TEST_F(octavia_test, a_certificate_without_a_common_name_is_refused_behind_the_lock)
{
    const auto nameless = sim.add_certificate({.project = project_a, .kind = "pkcs12", .names = {}});
    const json refused = text("Could not retrieve certificate: " + nameless.ref);
    EXPECT_EQ(json::parse(put(listener_, {{"default_tls_container_ref", nameless.ref}}).body), refused);
    EXPECT_EQ(json::parse(put(listener_, {{"sni_container_refs", {nameless.ref}}}).body), refused);
    EXPECT_EQ(sim.load_balancer_status(balancer_), "ACTIVE");
    sim.set_load_balancer_status(balancer_, "PENDING_UPDATE");
    EXPECT_EQ(put(listener_, {{"default_tls_container_ref", nameless.ref}}).status, 409);
}

TEST_F(octavia_test, only_the_refs_of_its_own_body_are_looked_at)
{
    sim.remove_certificate(first_.id);
    EXPECT_EQ(put(listener_, {{"name", "x"}}).status, 200);
}

TEST_F(octavia_test, one_project_cannot_send_a_list_that_holds_anothers_ref)
{
    const auto theirs = sim.add_certificate({.project = project_b, .kind = "pkcs12"});
    sim.set_listener_refs(listener_, first_.ref, {second_.ref, theirs.ref});
    EXPECT_EQ(
        fault(put(listener_, {{"sni_container_refs", {second_.ref, theirs.ref, first_.ref}}})),
        "Could not retrieve certificate: ['" + theirs.ref + "']"
    );
}

TEST_F(octavia_test, anothers_ref_is_refused_although_octavia_reads_it_already)
{
    const auto theirs = sim.add_certificate({.project = project_b, .kind = "pkcs12"});
    sim.add_listener(
        {.load_balancer = sim.add_load_balancer({.project = project_b}), .default_ref = theirs.ref}
    );
    EXPECT_EQ(put(listener_, {{"default_tls_container_ref", theirs.ref}}).status, 400);
}

TEST_F(octavia_test, only_its_creator_lends_a_private_secret)
{
    const auto owned = sim.add_certificate(
        {.project = project_a, .kind = "pkcs12", .is_private = true, .user = "tenant-a-user"}
    );
    sim.add_user("colleague", project_a);
    const auto with = [&](const std::string& token) {
        return ask({.method = "PUT",
                    .url = listener_url(listener_),
                    .token = token,
                    .body = json({{"listener", {{"default_tls_container_ref", owned.ref}}}}).dump()})
            .status;
    };
    EXPECT_EQ(with(password_token("colleague", "tenant-a")), 400);
    EXPECT_EQ(with(token_a), 200);
}

TEST_F(octavia_test, the_client_ca_that_is_there_is_looked_at_again_on_every_put)
{
    const auto ca = sim.add_certificate({.project = project_a, .kind = "ca", .names = {"Clients"}});
    const auto with_ca = sim.add_listener(
        {.load_balancer = balancer_,
         .default_ref = first_.ref,
         .client_ca_ref = ca.ref,
         .client_crl_ref = ca.crl_ref,
         .port = 8443}
    );
    EXPECT_EQ(put(with_ca, {{"name", "x"}}).status, 200);
    settle();
    sim.remove_certificate(ca.id);
    const auto answer = put(with_ca, {{"name", "y"}});
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(fault(answer), "Could not retrieve certificate: ['" + ca.ref + "']");
}

TEST_F(octavia_test, a_client_ca_must_be_a_certificate)
{
    const auto answer = put(listener_, {{"client_ca_tls_container_ref", first_.ref}});
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(
        fault(answer), StartsWith("Validation failure: The client authentication CA certificate is invalid.")
    );
}

TEST_F(octavia_test, without_barbican_or_keystone_a_good_ref_looks_bad)
{
    for (const auto* service : {"key-manager", "identity"})
    {
        sim.set({{"down", {service}}});
        EXPECT_EQ(
            fault(put(listener_, {{"sni_container_refs", {first_.ref}}})),
            "Could not retrieve certificate: ['" + first_.ref + "']"
        );
        EXPECT_EQ(put(listener_, {{"description", "x"}}).status, 200);
        sim.set({{"down", json::array()}});
        settle();
        sim.set_listener_status(listener_, "ACTIVE");
    }
}

TEST_F(octavia_test, stock_octavia_11_refuses_the_refs_of_delegated_tokens)
{
    const auto refs = [&](const std::string& token) {
        return ask({.method = "PUT",
                    .url = listener_url(listener_),
                    .token = token,
                    .body = json({{"listener", {{"sni_container_refs", {first_.ref}}}}}).dump()})
            .status;
    };
    EXPECT_EQ(refs(application_token()), 200);
    settle();
    sim.set({{"refuse_delegated_refs", true}});
    EXPECT_EQ(refs(application_token()), 400);
    EXPECT_EQ(refs(token_a), 200);
}

TEST_F(octavia_test, the_host_of_a_ref_does_not_matter)
{
    const auto other_host = "https://key-manager.example.com:9311/v1/secrets/" + second_.id;
    EXPECT_EQ(put(listener_, {{"default_tls_container_ref", other_host}}).status, 200);
    EXPECT_EQ(get()["default_tls_container_ref"], other_host);
}

TEST_F(octavia_test, a_sni_ref_beyond_128_characters_ends_in_sql)
{
    const auto longer = "http://127.0.0.1:19311/" + std::string(128, 'x') + "/v1/secrets/" + second_.id;
    const auto answer = put(listener_, {{"sni_container_refs", {longer}}});
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(json::parse(answer.body)["faultcode"], "Server");
    EXPECT_THAT(fault(answer), HasSubstr("[SQL: INSERT INTO sni"));
    EXPECT_EQ(sim.load_balancer_status(balancer_), "ACTIVE");
    EXPECT_EQ(put(listener_, {{"default_tls_container_ref", longer}}).status, 200) << "255 fit there";
    settle();
    EXPECT_THAT(
        fault(put(listener_, {{"default_tls_container_ref", "http://" + std::string(250, 'x')}})),
        HasSubstr("Value should have a maximum character requirement of 255")
    );
}

TEST_F(octavia_test, a_sni_ref_in_other_letters_cannot_take_the_place_of_one)
{
    auto loud = second_.ref;
    std::ranges::transform(loud.end() - 36, loud.end(), loud.end() - 36, [](char c) {
        return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    for (const json& refs : {json::array({loud}), json::array({loud, second_.ref})})
    {
        const auto answer = put(listener_, {{"sni_container_refs", refs}});
        EXPECT_EQ(answer.status, 500);
        EXPECT_THAT(fault(answer), HasSubstr("1062, \"Duplicate entry '" + listener_));
    }
    EXPECT_EQ(sim.load_balancer_status(balancer_), "ACTIVE");
    EXPECT_EQ(put(listener_, {{"sni_container_refs", json::array()}}).status, 200);
    settle();
    EXPECT_EQ(put(listener_, {{"sni_container_refs", {loud}}}).status, 200);
}

struct rights_row
{
    const char* name;
    std::string method;
    std::string id;
    std::string token;
    std::string body;
    int status;
    json answer;
};

TEST_F(octavia_test, who_may_not_and_what_is_not_there_is_as_captured)
{
    sim.add_user("reader", project_a, std::set<std::string>{"reader"});
    const auto reader = password_token("reader", "tenant-a");
    const json forbidden = text("Policy does not allow this request to be performed.");
    const json missing = text("Listener " + std::string(unknown) + " not found.");
    const std::string name = R"({"listener": {"name": "x"}})";
    const rights_row rows[] = {
        {"a reader", "GET", listener_, reader, "", 403, forbidden},
        {"another tenant, reading", "GET", listener_, token_b, "", 403, forbidden},
        {"another tenant, writing", "PUT", listener_, token_b, name, 403, forbidden},
        {"unknown, reading", "GET", unknown, token_a, "", 404, missing},
        {"unknown, writing", "PUT", unknown, token_a, name, 404, missing},
        {"no uuid", "GET", "x", token_a, "", 404, text("Listener x not found.")},
        {"unknown field",
         "PUT",
         listener_,
         token_a,
         R"({"listener": {"nosuch": 1}})",
         400,
         text("Unknown attribute for argument listener_.listener: nosuch")},
        {"not JSON",
         "PUT",
         listener_,
         token_a,
         R"({"listener":)",
         400,
         text("Request is not in valid JSON format")},
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.name);
        const auto answer =
            ask({.method = row.method, .url = listener_url(row.id), .token = row.token, .body = row.body});
        EXPECT_EQ(answer.status, row.status);
        EXPECT_EQ(json::parse(answer.body), row.answer);
        EXPECT_TRUE(find_header(answer.headers, "x-openstack-request-id"));
    }
}

TEST_F(octavia_test, certificates_are_for_listeners_that_terminate_tls)
{
    const refusal_row rows[] = {
        {"HTTP",
         {{"default_tls_container_ref", first_.ref}},
         "Validation failure: Certificate container references are not allowed on HTTP protocol listeners."},
        {"UDP",
         {{"default_tls_container_ref", first_.ref}},
         "Validation failure: UDP protocol listener does not support TLS or header insertion."},
    };
    int port = 8000;
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.name);
        const auto plain =
            sim.add_listener({.load_balancer = balancer_, .protocol = row.name, .port = ++port});
        const auto answer = put(plain, row.change);
        EXPECT_EQ(answer.status, 400);
        EXPECT_EQ(json::parse(answer.body), text(row.faultstring));
    }
    const auto metrics =
        sim.add_listener({.load_balancer = balancer_, .protocol = "PROMETHEUS", .port = 9000});
    EXPECT_EQ(put(metrics, {{"default_tls_container_ref", first_.ref}}).status, 200);
}

TEST_F(octavia_test, a_terminating_listener_is_not_made_without_a_certificate)
{
    const json wanted = {
        {"listener",
         {{"protocol", "TERMINATED_HTTPS"}, {"protocol_port", 9443}, {"loadbalancer_id", balancer_}}}
    };
    const auto answer = ask(
        {.method = "POST",
         .url = load_balancer("/v2/lbaas/listeners"),
         .token = token_a,
         .body = wanted.dump()}
    );
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(fault(answer), HasSubstr("must be provided for TERMINATED_HTTPS protocol listeners."));
}

TEST_F(octavia_test, a_deleted_listener_is_there_until_the_worker_is_done)
{
    const asked get{.method = "GET", .url = listener_url(listener_), .token = token_a};
    EXPECT_EQ(ask({.method = "DELETE", .url = listener_url(listener_), .token = token_a}).status, 204);
    EXPECT_EQ(ask_json(get)["listener"]["provisioning_status"], "PENDING_DELETE");
    settle();
    const auto answer = ask(get);
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(json::parse(answer.body), text("Listener " + listener_ + " not found."));
    EXPECT_EQ(sim.load_balancer_status(balancer_), "ACTIVE");
}

TEST_F(octavia_test, both_spellings_of_the_version_work_and_other_paths_are_not_told_as_faults)
{
    EXPECT_EQ(
        ask({.method = "GET", .url = load_balancer("/v2.0/lbaas/listeners/" + listener_), .token = token_a})
            .status,
        200
    );
    const auto nowhere =
        ask({.method = "GET", .url = load_balancer("/v3/listeners/" + listener_), .token = token_a});
    EXPECT_EQ(nowhere.status, 404);
    EXPECT_EQ(
        json::parse(nowhere.body), json::parse(R"({"code": 404, "title": "Not Found", "description": null})")
    );
}

}  // namespace
}  // namespace cloudsim::test
