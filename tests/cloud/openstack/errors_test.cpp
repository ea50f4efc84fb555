#include "cloud/openstack/errors.hpp"

#include "cloud/openstack/captured.hpp"
#include "fakes/cloud/spelled.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace cloud {

std::ostream& operator<<(std::ostream& out, failure kind)
{
    constexpr const char* names[] = {
        "not_found",
        "access_denied",
        "no_endpoint",
        "busy",
        "refused",
        "credentials_invalid",
        "rate_limited",
        "transient",
        "too_late",
        "ambiguous",
        "not_supported",
        "no_route"
    };
    return out << names[static_cast<int>(kind)];
}

}  // namespace cloud

namespace {

using namespace std::chrono_literals;
using cloud::failure;
using cloud::openstack::judge;
using cloud::openstack::question;
using cloud::openstack::service;

const support::secret no_secret;

question read_listener()
{
    return {service::octavia, "Listener " + captured::listener_id, false};
}

question write_listener()
{
    return {service::octavia, "Listener " + captured::listener_id, true};
}

question read_secret()
{
    return {service::barbican, "secret " + captured::secret_id, false};
}

question ask_token()
{
    return {service::keystone, "cloud \"prod\"", false};
}

net::http_response octavia_404()
{
    return captured::listener_not_found(captured::listener_id);
}

net::http_response gateway_json(int status)
{
    return captured::json(status, R"({"message":"API rate limit exceeded"})");
}

net::http_response plain(int status)
{
    return {status, {}, ""};
}

net::http_response redirect_to_https()
{
    return {301, {{"Location", "https://lb.example/"}}, ""};
}

net::http_response mislabelled(net::http_response answer)
{
    answer.headers = {{"Content-Type", "text/html"}};
    return answer;
}

struct row
{
    const char* name;
    question asked;
    net::http_response answer;
    failure kind;
};

const row table[] = {
    // Octavia, reading
    {"listener gone", read_listener(), octavia_404(), failure::not_found},
    {"another listener gone",
     read_listener(),
     captured::listener_not_found(captured::unknown_id),
     failure::transient},
    {"404 of a proxy", read_listener(), captured::html(404), failure::transient},
    {"404 labelled as HTML", read_listener(), mislabelled(octavia_404()), failure::transient},
    {"404 without a body", read_listener(), plain(404), failure::transient},
    {"404 in other JSON", read_listener(), captured::json(404, R"({"error":"not found"})"), failure::transient
    },
    {"404 cut short",
     read_listener(),
     captured::json(404, R"({"faultcode":"Client","faultstring":"Listener )"),
     failure::transient},
    {"404 of Barbican", read_listener(), captured::secret_not_found(), failure::transient},
    {"403 of another project", read_listener(), captured::forbidden_by_octavia(), failure::access_denied},
    {"403 of a proxy", read_listener(), captured::html(403), failure::transient},
    {"401", read_listener(), captured::unauthorized(), failure::credentials_invalid},
    {"401 in plain text", read_listener(), plain(401), failure::credentials_invalid},
    {"503 while Keystone is down", read_listener(), captured::keystone_down(), failure::transient},
    {"503 of a proxy", read_listener(), captured::html(503), failure::transient},
    {"500", read_listener(), captured::octavia_fault(500, "oops"), failure::transient},
    {"429", read_listener(), gateway_json(429), failure::rate_limited},
    {"429 of a proxy", read_listener(), captured::html(429), failure::rate_limited},
    {"400", read_listener(), captured::octavia_fault(400, "Invalid input"), failure::transient},
    {"409", read_listener(), captured::immutable(), failure::transient},
    {"a redirect", read_listener(), plain(302), failure::transient},
    {"a redirect to https", read_listener(), redirect_to_https(), failure::transient},
    // Octavia, writing
    {"listener gone", write_listener(), octavia_404(), failure::not_found},
    {"another listener gone",
     write_listener(),
     captured::listener_not_found(captured::unknown_id),
     failure::transient},
    {"404 of a proxy", write_listener(), captured::html(404), failure::ambiguous},
    {"load balancer locked", write_listener(), captured::immutable(), failure::busy},
    {"409 of a proxy", write_listener(), captured::html(409), failure::ambiguous},
    {"ref not readable",
     write_listener(),
     captured::octavia_fault(400, "Could not retrieve certificate: ['x']"),
     failure::refused},
    {"bundle not readable",
     write_listener(),
     captured::octavia_fault(
         400, "The PKCS12 bundle is unreadable. Please check the PKCS12 bundle validity."
     ),
     failure::refused},
    {"unknown field",
     write_listener(),
     captured::octavia_fault(400, "Unknown attribute for argument listener_.listener: nosuch"),
     failure::refused},
    {"400 of a proxy", write_listener(), captured::html(400), failure::ambiguous},
    {"403 of another project", write_listener(), captured::forbidden_by_octavia(), failure::access_denied},
    {"403 of a proxy", write_listener(), captured::html(403), failure::ambiguous},
    {"401", write_listener(), captured::unauthorized(), failure::credentials_invalid},
    {"401 of a proxy", write_listener(), captured::html(401), failure::ambiguous},
    {"413 of Octavia",
     write_listener(),
     captured::octavia_fault(413, "Request is too large."),
     failure::refused},
    {"413 of a proxy", write_listener(), captured::html(413), failure::ambiguous},
    {"414 of a proxy", write_listener(), captured::html(414), failure::ambiguous},
    {"429 of a gateway", write_listener(), gateway_json(429), failure::rate_limited},
    {"429 of a proxy", write_listener(), captured::html(429), failure::ambiguous},
    {"500", write_listener(), captured::octavia_fault(500, "oops"), failure::ambiguous},
    {"501 of a provider",
     write_listener(),
     captured::octavia_fault(501, "Provider 'ovn' does not support a requested action: x"),
     failure::ambiguous},
    {"502", write_listener(), captured::html(502), failure::ambiguous},
    {"503 while Keystone is down", write_listener(), captured::keystone_down(), failure::ambiguous},
    {"504", write_listener(), captured::html(504), failure::ambiguous},
    {"a redirect", write_listener(), plain(307), failure::ambiguous},
    {"a redirect to https", write_listener(), redirect_to_https(), failure::ambiguous},
    // Barbican
    {"secret gone", read_secret(), captured::secret_not_found(), failure::not_found},
    {"container gone", read_secret(), captured::container_not_found(), failure::not_found},
    {"404 of a wrong path",
     read_secret(),
     captured::json(
         404, R"({"code":404,"title":"Not Found","description":"The resource could not be found."})"
     ),
     failure::transient},
    {"404 that says another code",
     read_secret(),
     captured::json(404, R"({"code":500,"title":"Not Found","description":"Secret not found."})"),
     failure::transient},
    {"404 of a proxy", read_secret(), captured::html(404), failure::transient},
    {"404 of Octavia", read_secret(), octavia_404(), failure::transient},
    {"403 of another project", read_secret(), captured::forbidden_by_barbican(), failure::access_denied},
    {"403 of a proxy", read_secret(), captured::html(403), failure::transient},
    {"401", read_secret(), captured::unauthorized(), failure::credentials_invalid},
    {"406",
     read_secret(),
     captured::json(
         406, R"({"code":406,"title":"Not Acceptable","description":"Wrong payload content-type"})"
     ),
     failure::transient},
    {"500",
     read_secret(),
     captured::json(
         500, R"({"code":500,"title":"Internal Server Error","description":"Secret retrieval failure"})"
     ),
     failure::transient},
    {"503 while Keystone is down", read_secret(), captured::keystone_down(), failure::transient},
    // Keystone
    {"wrong password", ask_token(), captured::unauthorized(), failure::credentials_invalid},
    {"unknown application credential",
     ask_token(),
     captured::unknown_application_credential(),
     failure::credentials_invalid},
    {"404 of a wrong auth_url", ask_token(), captured::html(404), failure::transient},
    {"404 of a wrong path",
     ask_token(),
     captured::json(
         404, R"({"error":{"code":404,"message":"The requested URL was not found","title":"Not Found"}})"
     ),
     failure::transient},
    {"no domain",
     ask_token(),
     captured::json(
         400, R"({"error":{"code":400,"message":"Expecting to find domain in user.","title":"Bad Request"}})"
     ),
     failure::credentials_invalid},
    {"400 of a proxy", ask_token(), captured::html(400), failure::transient},
    {"not allowed",
     ask_token(),
     captured::json(403, R"({"error":{"code":403,"message":"You are not authorized","title":"Forbidden"}})"),
     failure::credentials_invalid},
    {"too many", ask_token(), gateway_json(429), failure::rate_limited},
    {"down", ask_token(), captured::html(503), failure::transient},
};

TEST(errors, each_answer_has_its_class)
{
    for (const auto& [name, asked, answer, kind] : table)
    {
        const auto judged = judge(asked, answer, no_secret);
        ASSERT_TRUE(judged) << name;
        EXPECT_EQ(judged->kind, kind)
            << cloud::openstack::name_of(asked.asked) << (asked.write ? ", writing: " : ": ") << name;
        EXPECT_FALSE(judged->message.empty());
        EXPECT_EQ(judged->message.find('\n'), std::string::npos);
    }
}

TEST(errors, a_success_is_no_error)
{
    for (const int status : {200, 201, 202, 204})
    {
        EXPECT_FALSE(judge(write_listener(), plain(status), no_secret)) << status;
    }
}

TEST(errors, a_write_that_was_never_sent_is_not_ambiguous)
{
    using support::errc;
    const auto kind = [](const question& asked, errc code) {
        return judge(asked, support::error{code, "it failed", 0, std::nullopt, false}).kind;
    };
    EXPECT_EQ(kind(write_listener(), errc::unreachable), failure::transient);
    EXPECT_EQ(kind(write_listener(), errc::interrupted), failure::ambiguous);
    EXPECT_EQ(kind(write_listener(), errc::bad_answer), failure::ambiguous);
    EXPECT_EQ(kind(read_listener(), errc::interrupted), failure::transient);
    EXPECT_EQ(kind(read_listener(), errc::bad_answer), failure::transient);
}

TEST(errors, an_odd_success_of_a_write_is_ambiguous)
{
    EXPECT_EQ(cloud::openstack::judge_odd(write_listener(), "no JSON").kind, failure::ambiguous);
    EXPECT_EQ(cloud::openstack::judge_odd(read_listener(), "no JSON").kind, failure::transient);
}

std::vector<std::string> refs_of(const std::string& fault_text)
{
    return test::spelled(judge(write_listener(), captured::octavia_fault(400, fault_text), no_secret)->refs);
}

TEST(errors, a_refusal_names_its_refs)
{
    using testing::Test;
    const std::string a = captured::key_manager + "/secrets/" + captured::unknown_id;
    const std::string b = captured::key_manager + "/containers/" + captured::container_id;
    EXPECT_EQ(refs_of("Could not retrieve certificate: ['" + a + "']"), std::vector{a});
    EXPECT_EQ(refs_of("Could not retrieve certificate: ['" + a + "', '" + b + "']"), (std::vector{a, b}));
    EXPECT_EQ(refs_of("Could not retrieve certificate: " + a), std::vector{a});
    EXPECT_EQ(
        refs_of(R"(Could not retrieve certificate: [\"it's odd\"])"), std::vector<std::string>{"it's odd"}
    );
    EXPECT_TRUE(refs_of("Could not retrieve certificate: []").empty());
    EXPECT_TRUE(refs_of("Could not retrieve certificate: ['cut").empty());
    EXPECT_TRUE(
        refs_of("The PKCS12 bundle is unreadable. Error: [('asn1 encoding routines', '', 'wrong tag')]")
            .empty()
    );
}

TEST(errors, the_message_is_one_clean_line_that_names_what_was_asked)
{
    EXPECT_EQ(
        judge(read_listener(), captured::forbidden_by_octavia(), no_secret)->message,
        "Octavia answers 403 for Listener bbf51668-d040-4795-bf08-7beb09d8d262: Policy does not allow this "
        "request to "
        "be performed"
    );
    EXPECT_EQ(
        judge(read_listener(), captured::keystone_down(), no_secret)->message,
        "Octavia answers 503 for Listener bbf51668-d040-4795-bf08-7beb09d8d262: The server is currently "
        "unavailable. "
        "Please try again at a later time"
    );
    EXPECT_EQ(
        judge(read_listener(), captured::html(502), no_secret)->message,
        "Octavia answers 502 for Listener bbf51668-d040-4795-bf08-7beb09d8d262, but not in the "
        "format of this service (did a proxy answer?)"
    );
}

TEST(errors, sql_does_not_reach_people)
{
    const auto judged = judge(
        write_listener(),
        captured::octavia_fault(
            500,
            R"((pymysql.err.DataError) (1406, 'Data too long')\n[SQL: INSERT INTO sni (listener_id) VALUES (%s)]\n)"
            R"([parameters: ('20')])"
        ),
        no_secret
    );
    EXPECT_EQ(
        judged->message,
        "Octavia answers 500 for Listener bbf51668-d040-4795-bf08-7beb09d8d262: (pymysql.err.DataError) "
        "(1406, 'Data "
        "too long')"
    );
}

// The name of the cloud is the tenant's, and so is the password.
TEST(errors, no_secret_keeps_the_message_from_its_end)
{
    for (const std::string secret : {"*", "**", "***", "****", "*******", "o", "cloud"})
    {
        const question asked{service::keystone, "cloud \"cloud *** ******** o\""};
        const auto judged = judge(
            asked,
            captured::json(
                401, R"({"error":{"code":401,"message":"no )" + secret + R"( cloud","title":"Unauthorized"}})"
            ),
            support::secret(secret)
        );
        ASSERT_TRUE(judged);
        EXPECT_TRUE(judged->message.starts_with("Keystone answers 401 for cloud \"cloud *** ******** o\": "))
            << judged->message;
    }
}

// Stars in place of the letter would tell it.
TEST(errors, a_text_that_holds_a_short_secret_is_not_shown)
{
    const auto judged =
        judge(read_listener(), captured::octavia_fault(400, "Listener not found"), support::secret("o"));
    EXPECT_TRUE(judged->message.ends_with(": (its text is not shown)")) << judged->message;
}

TEST(errors, what_we_sent_in_secret_is_not_repeated)
{
    const support::secret token("gAAAAABr-canary");
    const auto judged = judge(
        read_listener(), captured::octavia_fault(400, "odd token gAAAAABr-canary, gAAAAABr-canary"), token
    );
    EXPECT_EQ(judged->message.find("canary"), std::string::npos) << judged->message;
    EXPECT_NE(judged->message.find("odd token ***, ***"), std::string::npos) << judged->message;

    const auto long_text = judge(
        read_listener(), captured::octavia_fault(400, std::string(250, 'x') + "gAAAAABr-canary"), token
    );
    EXPECT_EQ(long_text->message.find("gAA"), std::string::npos) << long_text->message;
}

TEST(errors, validation_errors_of_keystone_are_not_quoted)
{
    const auto judged = judge(
        ask_token(),
        captured::json(
            400,
            R"({"error":{"code":400,"message":"Invalid input for field 'identity': {'password': 'it\\'s canary'}","title":"x"}})"
        ),
        support::secret("it's canary")
    );
    EXPECT_EQ(judged->message, "Keystone answers 400 for cloud \"prod\": Invalid input for field");
}

TEST(errors, the_server_is_asked_again_when_it_says)
{
    auto answer = captured::html(503);
    EXPECT_EQ(judge(read_listener(), answer, no_secret)->retry_after, std::nullopt);
    answer.headers.push_back({"Retry-After", "7"});
    EXPECT_EQ(judge(read_listener(), answer, no_secret)->retry_after, 7s);
}

}  // namespace
