#include "cloud/bycloud/answers.hpp"

#include "cloud/bycloud/api.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <random>

namespace {

using namespace test::bycloud;
using cloud::certificate_state;
using cloud::bycloud::read_certificate;
using cloud::bycloud::read_created_binding;
using nlohmann::json;

const auto certificate_uuid = support::uuid::parse(certificate_id).value();
const auto listener_uuid = support::uuid::parse(listener_id).value();

std::string body_with(const std::function<void(json&)>& change)
{
    json answer{{"certificate", certificate()}};
    answer["certificate"]["bindings"].push_back(binding());
    change(answer["certificate"]);
    return answer.dump();
}

std::string oddity_of(const std::function<void(json&)>& change)
{
    const auto read = read_certificate(body_with(change), certificate_uuid);
    return read ? "none" : read.error();
}

TEST(the_documented_certificate, is_read)
{
    const auto read = read_certificate(body_with([](json&) {}), certificate_uuid).value();
    EXPECT_EQ(read.id, certificate_uuid);
    EXPECT_EQ(read.state, certificate_state::active);
    EXPECT_EQ(read.status, "active");
    EXPECT_EQ(read.error_message, "");
    EXPECT_EQ(read.expires_at, std::chrono::sys_days(std::chrono::year(2027) / 2 / 22));
    EXPECT_EQ(
        read.dns_records,
        std::vector<std::string>{"_acme-challenge.shop.example CNAME shop.example.acme.bycloud.io"}
    );
    ASSERT_EQ(read.bindings.size(), 1U);
    const auto& bound = read.bindings.front();
    EXPECT_EQ(bound.id.str(), binding_id);
    EXPECT_EQ(bound.crn, "crn:sao1:certificate:binding:" + binding_id);
    EXPECT_EQ(bound.resource_id, listener_uuid);
    EXPECT_EQ(bound.sni, false);
    EXPECT_EQ(bound.status, "active");
    EXPECT_EQ(bound.updated_at.value() - bound.created_at.value(), std::chrono::seconds(5));
}

TEST(the_six_statuses, are_known_and_another_is_not_taken_for_active)
{
    const std::map<std::string, certificate_state> states{
        {"pending_dns", certificate_state::pending_dns},
        {"pending_issuance", certificate_state::pending_issuance},
        {"active", certificate_state::active},
        {"expired", certificate_state::expired},
        {"error", certificate_state::error},
        {"revoked", certificate_state::revoked},
        {"Active", certificate_state::unknown},
        {"renewing", certificate_state::unknown},
    };
    for (const auto& [status, state] : states)
    {
        const auto set = [&status](json& certificate) { certificate["status"] = status; };
        EXPECT_EQ(read_certificate(body_with(set), certificate_uuid).value().state, state) << status;
    }
}

TEST(an_odd_certificate, is_named_and_never_read_as_empty)
{
    const std::map<std::string, std::function<void(json&)>> oddities{
        {"it holds another certificate", [](json& c) { c["id"] = listener_id; }},
        {"it holds no list of bindings", [](json& c) { c.erase("bindings"); }},
        {"status is missing", [](json& c) { c["status"] = nullptr; }},
        {"expires_at is no time", [](json& c) { c["expires_at"] = "soon"; }},
        {"error_message is no text", [](json& c) { c["error_message"] = 7; }},
        {"a binding is no object", [](json& c) { c["bindings"][0] = "x"; }},
        {"a binding has no resource_type", [](json& c) { c["bindings"][0].erase("resource_type"); }},
        {"a binding is of another certificate",
         [](json& c) { c["bindings"][0]["certificate_id"] = listener_id; }},
        {"of a binding: id is no UUID", [](json& c) { c["bindings"][0]["id"] = "1"; }},
        {"of a binding: resource_id is no UUID", [](json& c) { c["bindings"][0].erase("resource_id"); }},
        {"of a binding: options is no object", [](json& c) { c["bindings"][0]["options"] = "sni"; }},
        {"of a binding: options.sni is no boolean",
         [](json& c) { c["bindings"][0]["options"]["sni"] = "false"; }},
        {"of a binding: status is missing", [](json& c) { c["bindings"][0].erase("status"); }},
        {"of a binding: created_at is no time", [](json& c) { c["bindings"][0]["created_at"] = "1"; }},
    };
    for (const auto& [words, change] : oddities)
    {
        EXPECT_EQ(oddity_of(change), words);
    }
    for (const char* body :
         {"", "null", "[]", "{}", R"({"certificate":null})", R"({"certificate":[]})", "{\"certificate\":"})
    {
        EXPECT_FALSE(read_certificate(body, certificate_uuid)) << body;
    }
}

TEST(fields, that_the_page_does_not_promise_may_be_missing_or_null)
{
    const auto read = read_certificate(
        body_with([](json& c) {
            c.erase("expires_at");
            c.erase("dns_setup");
            c["bindings"][0]["options"] = nullptr;
            c["bindings"][0]["created_at"] = nullptr;
            c["bindings"][0]["error_message"] = nullptr;
            c["bindings"][0].erase("crn");
        }),
        certificate_uuid
    );
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->bindings[0].sni, std::nullopt);
    EXPECT_EQ(oddity_of([](json& c) { c["bindings"] = nullptr; }), "none");
}

TEST(a_created_binding, is_read_if_the_answer_shows_it)
{
    const auto read = [](const json& body) {
        return read_created_binding(body.dump(), certificate_uuid, listener_uuid);
    };
    EXPECT_EQ(read({{"binding", binding()}}).value().value().id.str(), binding_id);
    EXPECT_EQ(read(json::object()).value(), std::nullopt);
    EXPECT_FALSE(read(json::array()));
    auto other = binding();
    other["resource_id"] = certificate_id;
    EXPECT_FALSE(read({{"binding", other}}));
}

// Whatever one byte of an answer becomes, the reader ends, and it finds a binding or an oddity: the binding
// is never lost without a word.
TEST(a_broken_byte, never_makes_a_binding_disappear)
{
    const std::string whole = body_with([](json&) {});
    std::mt19937_64 random(7);
    for (std::size_t at = 0; at < whole.size(); ++at)
    {
        std::string broken = whole;
        broken[at] = static_cast<char>(random() % 128);
        const auto read = read_certificate(broken, certificate_uuid);
        EXPECT_TRUE(!read || read->bindings.size() == 1) << broken;
        EXPECT_FALSE(read_certificate(whole.substr(0, at), certificate_uuid)) << "cut at " << at;
    }
}

}  // namespace
