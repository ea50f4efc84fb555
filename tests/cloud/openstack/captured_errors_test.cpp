// The errors that real services gave, byte for byte, each with its class and its message.
#include "cloud/openstack/captured.hpp"
#include "cloud/openstack/errors.hpp"
#include "fakes/cloud/spelled.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace {

using cloud::failure;
using cloud::openstack::judge;
using cloud::openstack::question;
using cloud::openstack::service;

const std::string key_manager = "http://127.0.0.1:19311/v1";
const std::string unknown_secret = key_manager + "/secrets/11111111-2222-4333-8444-555555555555";
const std::string balancer_of_the_lab = "a007098a-7152-433b-9410-3d6ae742f041";

const question get_listener{service::octavia, "Listener " + captured::listener_id, false};
const question put_listener{service::octavia, "Listener " + captured::listener_id, true};
const question put_unknown_listener{service::octavia, "Listener " + captured::unknown_id, true};
const question get_secret{service::barbican, "secret " + captured::secret_id, false};
const question get_unknown_secret{service::barbican, "secret " + captured::unknown_id, false};
const question get_unknown_container{service::barbican, "container " + captured::unknown_id, false};
const question get_token{service::keystone, "cloud \"lab\"", false};

const net::header keystone_challenge{"WWW-Authenticate", R"(Keystone uri="http://127.0.0.1:15000/v3")"};

net::http_response answer(int status, const std::string& body, std::vector<net::header> more = {})
{
    more.push_back({"Content-Type", "application/json"});
    more.push_back({"Connection", "close"});
    return {status, std::move(more), body};
}

// A fault in the format of Octavia.
net::http_response fault(int status, const std::string& faultstring)
{
    return answer(
        status,
        "{\"faultcode\": \"" + std::string(status < 500 ? "Client" : "Server") + "\", \"faultstring\": \"" +
            faultstring + "\", \"debuginfo\": null}"
    );
}

// A page of haproxy or nginx in front of a service that is down.
net::http_response page(int status, const std::string& title)
{
    return {
        status,
        {{"Content-Type", "text/html"}, {"Cache-Control", "no-cache"}},
        "<html><body><h1>" + title + "</h1>\nNo server is available to handle this request.\n</body></html>\n"
    };
}

const std::string unauthorized =
    R"({"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}})";

const std::string keystone_down =
    R"({"message": "The server is currently unavailable. Please try again at a later time.<br /><br />\nThe Keystone service is temporarily unavailable.\n\n", "code": "503 Service Unavailable", "title": "Service Unavailable"})";

struct row
{
    const char* name;  // the name of the exchange where it was captured
    question asked;
    net::http_response answer;
    failure kind;
    std::string message;
    std::vector<std::string> refs{};
};

void PrintTo(const row& captured_row, std::ostream* out)
{
    *out << captured_row.name;
}

std::string of(const question& asked, int status, const std::string& rest)
{
    return cloud::openstack::name_of(asked.asked) + " answers " + std::to_string(status) + " for " +
           asked.object + rest;
}

const std::string not_readable =
    "The PKCS12 bundle is unreadable. Please check the PKCS12 bundle validity. In "
    "addition, make sure it does not require a pass phrase. Error: ";

const row rows[] = {
    // ---- Keystone ----
    {"02 token-appcred-wrong-secret-401",
     get_token,
     answer(401, unauthorized, {keystone_challenge}),
     failure::credentials_invalid,
     of(get_token, 401, ": The request you have made requires authentication")},
    {"app credential unknown id: 404",
     get_token,
     answer(
         404,
         R"({"error":{"code":404,"message":"Could not find Application Credential: deadbeef.","title":"Not Found"}})"
         "\n"
     ),
     failure::credentials_invalid,
     of(get_token, 404, ": Could not find Application Credential: deadbeef")},
    {"token body malformed: 400, which quotes the request",
     get_token,
     answer(
         400,
         R"({"error":{"code":400,"message":"'identity' is a required property\n\nFailed validating 'required' in schema:\n    {'properties': {'identity': {'properties': {'methods': {'items': {'type': 'string'},","title":"Bad Request"}})"
     ),
     failure::credentials_invalid,
     of(get_token, 400, "")},
    {"a token of Keystone that is down",
     get_token,
     page(503, "503 Service Unavailable"),
     failure::transient,
     of(get_token, 503, ", but not in the format of this service (did a proxy answer?)")},

    // ---- Barbican ----
    {"11 secret-get-404",
     get_unknown_secret,
     answer(404, R"({"code": 404, "title": "Not Found", "description": "Secret not found."})"),
     failure::not_found,
     of(get_unknown_secret, 404, ": Secret not found")},
    {"24 container-get-404",
     get_unknown_container,
     answer(404, R"({"code": 404, "title": "Not Found", "description": "Secrets container not found."})"),
     failure::not_found,
     of(get_unknown_container, 404, ": Secrets container not found")},
    {"12 secret-get-401, expired and revoked tokens",
     get_secret,
     answer(401, unauthorized, {keystone_challenge}),
     failure::credentials_invalid,
     of(get_secret, 401, ": The request you have made requires authentication")},
    {"13 secret-get-other-tenant-403",
     get_secret,
     answer(
         403,
         R"({"code": 403, "title": "Forbidden", "description": "Secret retrieval attempt not allowed - please review your user/project privileges"})"
     ),
     failure::access_denied,
     of(get_secret, 403, ": Secret retrieval attempt not allowed - please review your user/project privileges"
     )},
    {"keystone down, token not seen before, of Barbican",
     get_secret,
     answer(503, keystone_down),
     failure::transient,
     of(get_secret, 503, ": The server is currently unavailable. Please try again at a later time")},

    // ---- Octavia, reading ----
    {"63 listener-get-403-noroles",
     get_listener,
     fault(403, "Policy does not allow this request to be performed."),
     failure::access_denied,
     of(get_listener, 403, ": Policy does not allow this request to be performed")},
    {"GET deleted listener: 404",
     get_listener,
     fault(404, "Listener " + captured::listener_id + " not found."),
     failure::not_found,
     of(get_listener, 404, ": Listener " + captured::listener_id + " not found")},
    {"expired token: 401",
     get_listener,
     answer(401, unauthorized, {keystone_challenge}),
     failure::credentials_invalid,
     of(get_listener, 401, ": The request you have made requires authentication")},
    {"keystone down, token not seen before, GET: 503 without Retry-After",
     get_listener,
     answer(503, keystone_down),
     failure::transient,
     of(get_listener, 503, ": The server is currently unavailable. Please try again at a later time")},
    {"an HTML page of a proxy, 404",
     get_listener,
     page(404, "404 Not Found"),
     failure::transient,
     of(get_listener, 404, ", but not in the format of this service (did a proxy answer?)")},

    // ---- Octavia, writing ----
    {"86 hold-put-409, the load balancer is PENDING_UPDATE",
     put_listener,
     fault(409, "Load Balancer " + balancer_of_the_lab + " is immutable and cannot be updated."),
     failure::busy,
     of(put_listener, 409, ": Load Balancer " + balancer_of_the_lab + " is immutable and cannot be updated")},
    {"PUT listener while LB is ERROR: 409 in the same words",
     put_listener,
     fault(409, "Load Balancer 75d1309b-e865-4730-96f5-d464a03e6d25 is immutable and cannot be updated."),
     failure::busy,
     of(put_listener,
        409,
        ": Load Balancer 75d1309b-e865-4730-96f5-d464a03e6d25 is immutable and cannot be updated")},
    {"45 listener-put-400-unknown-ref",
     put_listener,
     fault(400, "Could not retrieve certificate: ['" + unknown_secret + "']"),
     failure::refused,
     of(put_listener, 400, ": Could not retrieve certificate: ['" + unknown_secret + "']"),
     {unknown_secret}},
    {"53 listener-put-400-other-tenants-secret, which names the bad one alone",
     put_listener,
     fault(
         400,
         "Could not retrieve certificate: ['" + key_manager +
             "/secrets/72f7a836-ae04-43e4-b23e-93856ef006e4']"
     ),
     failure::refused,
     of(put_listener,
        400,
        ": Could not retrieve certificate: ['" + key_manager +
            "/secrets/72f7a836-ae04-43e4-b23e-93856ef006e4']"),
     {key_manager + "/secrets/72f7a836-ae04-43e4-b23e-93856ef006e4"}},
    {"barbican down, PUT refs: 400 in the words of a bad ref",
     put_listener,
     fault(
         400,
         "Could not retrieve certificate: ['" + key_manager +
             "/secrets/6b2c6f3e-2b94-43d9-be1f-2dfb21a07abb']"
     ),
     failure::refused,
     of(put_listener,
        400,
        ": Could not retrieve certificate: ['" + key_manager +
            "/secrets/6b2c6f3e-2b94-43d9-be1f-2dfb21a07abb']"),
     {key_manager + "/secrets/6b2c6f3e-2b94-43d9-be1f-2dfb21a07abb"}},
    {"stock 11.0.0, appcred token, PUT refs: 400 in the words of a bad ref",
     put_listener,
     fault(
         400,
         "Could not retrieve certificate: ['" + key_manager +
             "/secrets/52a64fe8-bf83-4647-a04f-f4024651c2a7']"
     ),
     failure::refused,
     of(put_listener,
        400,
        ": Could not retrieve certificate: ['" + key_manager +
            "/secrets/52a64fe8-bf83-4647-a04f-f4024651c2a7']"),
     {key_manager + "/secrets/52a64fe8-bf83-4647-a04f-f4024651c2a7"}},
    {"a certificate without a common name: 400 with a bare ref",
     put_listener,
     fault(400, "Could not retrieve certificate: " + unknown_secret),
     failure::refused,
     of(put_listener, 400, ": Could not retrieve certificate: " + unknown_secret),
     {unknown_secret}},
    {"51 listener-put-400-p12-with-password, which names no ref",
     put_listener,
     fault(400, not_readable + "[('PKCS12 routines', '', 'mac verify failure')]"),
     failure::refused,
     of(put_listener, 400, ": " + not_readable + "[('PKCS12 routines', '', 'mac verify failure')]")},
    {"49 listener-put-400-plain-pem-secret, which names no ref",
     put_listener,
     fault(
         400,
         not_readable + "[('asn1 encoding routines', '', 'wrong tag'), ('asn1 encoding routines', '', "
                        "'nested asn1 error')]"
     ),
     failure::refused,
     of(put_listener,
        400,
        ": " + not_readable +
            "[('asn1 encoding routines', '', 'wrong tag'), ('asn1 encoding routines', '', 'nested asn1 "
            "error')]")},
    {"54 listener-put-400-unknown-field",
     put_listener,
     fault(400, "Unknown attribute for argument listener_.listener: nosuch"),
     failure::refused,
     of(put_listener, 400, ": Unknown attribute for argument listener_.listener: nosuch")},
    {"55 listener-put-400-bad-json",
     put_listener,
     fault(400, "Request is not in valid JSON format"),
     failure::refused,
     of(put_listener, 400, ": Request is not in valid JSON format")},
    {"PUT refs on an HTTP listener: 400",
     put_listener,
     fault(
         400,
         "Validation failure: Certificate container references are not allowed on HTTP protocol listeners."
     ),
     failure::refused,
     of(put_listener,
        400,
        ": Validation failure: Certificate container references are not allowed on HTTP protocol listeners")},
    {"57 listener-put-404",
     put_unknown_listener,
     fault(404, "Listener " + captured::unknown_id + " not found."),
     failure::not_found,
     of(put_unknown_listener, 404, ": Listener " + captured::unknown_id + " not found")},
    {"60 listener-put-401",
     put_listener,
     answer(401, unauthorized, {keystone_challenge}),
     failure::credentials_invalid,
     of(put_listener, 401, ": The request you have made requires authentication")},
    {"64 listener-put-403-other-tenant",
     put_listener,
     fault(403, "Policy does not allow this request to be performed."),
     failure::access_denied,
     of(put_listener, 403, ": Policy does not allow this request to be performed")},
    {"keystone down, PUT: 503, which may be after it has taken effect",
     put_listener,
     answer(503, keystone_down),
     failure::ambiguous,
     of(put_listener, 503, ": The server is currently unavailable. Please try again at a later time")},
    {"two PUTs at once on SQLite: 500 with SQL",
     put_listener,
     fault(
         500,
         R"((sqlite3.OperationalError) database is locked\n[SQL: UPDATE load_balancer SET updated_at=?, provisioning_status=? WHERE load_balancer.id = ?]\n[parameters: ('20')"
     ),
     failure::ambiguous,
     of(put_listener, 500, ": (sqlite3.OperationalError) database is locked")},
    {"a ref of 200 characters: 500 with SQL",
     put_listener,
     fault(
         500,
         R"((pymysql.err.DataError) (1406, \"Data too long for column 'tls_container_id' at row 1\")\n[SQL: INSERT INTO sni (listener_id, tls_container_id, `position`) VALUES (%(listener_id)s, %(tls_container_id)s, %(position)s)]\n[parameters: {'listener_id': 'bbf51668-d040-4795-bf08-7beb09d8d262', 'position': None}]\n(Background on this error at: https://sqlalche.me/e/14/9h9h))"
     ),
     failure::ambiguous,
     of(put_listener,
        500,
        ": (pymysql.err.DataError) (1406, \"Data too long for column 'tls_container_id' at row 1\")")},
    {"an HTML page of a proxy, 504",
     put_listener,
     page(504, "504 Gateway Time-out"),
     failure::ambiguous,
     of(put_listener, 504, ", but not in the format of this service (did a proxy answer?)")},
};

class captured_error : public testing::TestWithParam<row>
{};

TEST_P(captured_error, has_its_class_and_its_words)
{
    const row& captured_row = GetParam();
    const auto judged = judge(captured_row.asked, captured_row.answer, support::secret());
    ASSERT_TRUE(judged);
    EXPECT_EQ(static_cast<int>(judged->kind), static_cast<int>(captured_row.kind));
    EXPECT_EQ(judged->message, captured_row.message);
    EXPECT_EQ(test::spelled(judged->refs), captured_row.refs);
    EXPECT_EQ(judged->retry_after, std::nullopt) << "none of them says when to come again";
}

INSTANTIATE_TEST_SUITE_P(errors, captured_error, testing::ValuesIn(rows), [](const auto& info) {
    std::string name;
    for (const char c : std::string(info.param.name))
    {
        name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    }
    return name;
});

}  // namespace
