#include "cloud/bycloud/errors.hpp"

#include "cloud/bycloud/api.hpp"

#include <gmock/gmock.h>

#include <map>
#include <string>

namespace {

using cloud::failure;
using cloud::bycloud::call;
using cloud::bycloud::judge;
using cloud::bycloud::question;
using testing::HasSubstr;
using testing::Not;

const support::secret no_secret;

std::string name_of(failure kind)
{
    static const std::map<failure, std::string> names{
        {failure::not_found, "not_found"},
        {failure::access_denied, "access_denied"},
        {failure::busy, "busy"},
        {failure::refused, "refused"},
        {failure::credentials_invalid, "credentials_invalid"},
        {failure::rate_limited, "rate_limited"},
        {failure::transient, "transient"},
        {failure::too_late, "too_late"},
        {failure::ambiguous, "ambiguous"},
        {failure::not_supported, "not_supported"},
        {failure::no_route, "no_route"},
    };
    return names.at(kind);
}

net::http_response html(int status)
{
    return {status, {{"Content-Type", "text/html"}}, "<html>" + std::to_string(status) + "</html>"};
}

std::string classes_of(const net::http_response& answer)
{
    std::string all;
    for (const call asked : {call::read, call::create, call::remove})
    {
        const auto judged = judge(question{asked, "certificate x"}, answer, no_secret);
        all += (all.empty() ? "" : " ") + (judged ? name_of(judged->kind) : "ok");
    }
    return all;
}

struct expected
{
    int status;
    std::string of_api;    // read, create, remove
    std::string of_proxy;  // the same status with a page of HTML
};

class table : public testing::TestWithParam<expected>
{};

TEST_P(table, of_a_status_with_the_error_object_and_without)
{
    const auto& row = GetParam();
    EXPECT_EQ(classes_of(test::bycloud::fault(row.status, "words")), row.of_api);
    EXPECT_EQ(classes_of(html(row.status)), row.of_proxy);
}

INSTANTIATE_TEST_SUITE_P(
    errors,
    table,
    testing::Values(
        expected{200, "ok ok ok", "ok ok ok"},
        expected{201, "ok ok ok", "ok ok ok"},
        expected{204, "ok ok ok", "ok ok ok"},
        expected{301, "transient ambiguous ambiguous", "transient ambiguous ambiguous"},
        expected{400, "transient refused refused", "transient ambiguous ambiguous"},
        expected{
            401,
            "credentials_invalid credentials_invalid credentials_invalid",
            "credentials_invalid ambiguous ambiguous"
        },
        expected{403, "access_denied access_denied access_denied", "transient ambiguous ambiguous"},
        expected{404, "not_found not_found not_found", "transient ambiguous no_route"},
        expected{405, "transient refused not_supported", "transient ambiguous not_supported"},
        expected{408, "transient ambiguous ambiguous", "transient ambiguous ambiguous"},
        expected{409, "transient busy busy", "transient ambiguous ambiguous"},
        expected{422, "transient refused refused", "transient ambiguous ambiguous"},
        expected{429, "rate_limited rate_limited rate_limited", "rate_limited ambiguous ambiguous"},
        expected{500, "transient ambiguous ambiguous", "transient ambiguous ambiguous"},
        expected{501, "transient ambiguous not_supported", "transient ambiguous not_supported"},
        expected{503, "transient ambiguous ambiguous", "transient ambiguous ambiguous"}
    )
);

TEST(an_error_object, counts_only_if_its_code_repeats_the_status)
{
    auto answer = test::bycloud::fault(404, "not here");
    answer.status = 403;
    EXPECT_EQ(classes_of(answer), "transient ambiguous ambiguous");
    for (const char* body :
         {"",
          "{}",
          "[]",
          R"({"error":"x"})",
          R"({"error":{"code":"404","message":"x"}})",
          R"({"error":{"code":404}})"})
    {
        EXPECT_EQ(
            classes_of({404, {{"Content-Type", "application/json"}}, body}), "transient ambiguous no_route"
        ) << body;
    }
    auto mislabelled = test::bycloud::fault(404, "x");
    mislabelled.headers[0].value = "text/html";
    EXPECT_EQ(classes_of(mislabelled), "transient ambiguous no_route");
}

TEST(an_error_object, needs_no_request_id)
{
    const auto answer = test::bycloud::json(429, {{"error", {{"code", 429}, {"message", "slow down"}}}});
    const auto judged = judge({call::create, "a binding"}, answer, no_secret).value();
    EXPECT_EQ(judged.kind, failure::rate_limited);
    EXPECT_EQ(judged.message, "ByCloud answers 429 for a binding: slow down");
}

TEST(messages, quote_words_and_request_id_of_the_api_in_one_line)
{
    const auto answer = test::bycloud::json(
        409,
        {{"error",
          {{"code", 409},
           {"message", "certificate\nnot active."},
           {"details", "it is pending_dns"},
           {"request_id", "req-7"}}}}
    );
    EXPECT_EQ(
        judge({call::create, "a binding"}, answer, no_secret).value().message,
        "ByCloud answers 409 for a binding: certificate not active (it is pending_dns), request req-7"
    );
}

TEST(messages, never_hold_the_credential)
{
    const support::secret sent("AKIAEXAMPLE:verysecret");
    const auto judged = judge(
                            {call::read, "certificate x"},
                            test::bycloud::fault(401, "bad key AKIAEXAMPLE:verysecret, verysecret"),
                            sent
    )
                            .value();
    EXPECT_THAT(judged.message, Not(HasSubstr("verysecret")));
    EXPECT_THAT(judged.message, HasSubstr("bad key"));
}

std::string words_for(const std::string& credential, const std::string& text)
{
    return judge({call::read, "certificate x"}, test::bycloud::fault(401, text), support::secret(credential))
        .value()
        .message;
}

TEST(messages, never_hold_a_part_of_the_credential)
{
    const std::string key = "AKIAEXAMPLE:verysecret";
    EXPECT_THAT(
        words_for(key, "the access key AKIAEXAMPLE is unknown"), HasSubstr("access key *** is unknown")
    );
    EXPECT_THAT(words_for(key, "verysecret is no secret of it"), HasSubstr("*** is no secret of it"));
    EXPECT_THAT(words_for(key, "no AKIAEXAMPLE:verysecret here"), HasSubstr("no *** here"));
    EXPECT_THAT(words_for("token-canary", "no token-canary here"), HasSubstr("no *** here"));
    EXPECT_THAT(
        judge(
            {call::read, "certificate x"},
            {302, {{"Location", "https://id.example/AKIAEXAMPLE"}}, ""},
            support::secret(key)
        )
            .value()
            .message,
        Not(HasSubstr("AKIAEXAMPLE"))
    );
}

// The tenant writes the key, and may write into it what stands in place of a credential.
TEST(messages, end_whatever_the_credential_is)
{
    for (const std::string secret : {"*", "**", "***", "****", "*******", "o", "cloud"})
    {
        for (const auto& credential : {secret, "x:" + secret, secret + ":x", secret + ":" + secret})
        {
            const auto words = words_for(credential, "no " + secret + " cloud ********, " + credential);
            EXPECT_THAT(words, testing::StartsWith("ByCloud answers 401 for certificate x: ")) << credential;
            EXPECT_THAT(words, Not(HasSubstr("no " + credential + " cloud"))) << credential;
        }
    }
}

// Stars in place of the letter would tell it.
TEST(messages, that_hold_a_short_half_of_the_credential_are_not_shown)
{
    EXPECT_THAT(words_for("AKIAEXAMPLE:o", "Listener not found"), HasSubstr(": (its text is not shown)"));
    EXPECT_THAT(words_for("o:verysecret", "Listener not found"), HasSubstr(": (its text is not shown)"));
}

TEST(retry_after, is_passed_on_up_to_an_hour)
{
    auto answer = test::bycloud::fault(429, "slow down");
    answer.headers.push_back({"Retry-After", "1800"});
    EXPECT_EQ(judge({call::read, "x"}, answer, no_secret).value().retry_after, std::chrono::minutes(30));
    answer.headers.back().value = "999999";
    EXPECT_EQ(judge({call::read, "x"}, answer, no_secret).value().retry_after, std::chrono::hours(1));
}

TEST(without_an_answer, a_write_that_was_sent_is_ambiguous)
{
    using support::errc;
    const auto kind = [](call asked, errc code) {
        return name_of(judge(question{asked, "x"}, support::error{code, "why", 0, {}, false}).kind);
    };
    for (const call write : {call::create, call::remove})
    {
        EXPECT_EQ(kind(write, errc::interrupted), "ambiguous");
        EXPECT_EQ(kind(write, errc::bad_answer), "ambiguous");
        EXPECT_EQ(kind(write, errc::too_large), "ambiguous");
        EXPECT_EQ(kind(write, errc::unreachable), "transient");
        EXPECT_EQ(kind(write, errc::too_late), "too_late");
    }
    for (const errc code :
         {errc::interrupted, errc::bad_answer, errc::too_large, errc::unreachable, errc::too_late})
    {
        EXPECT_EQ(kind(call::read, code), "transient");
    }
}

TEST(an_odd_answer, of_a_write_is_ambiguous)
{
    EXPECT_EQ(cloud::bycloud::judge_odd({call::read, "x"}, "no id").kind, failure::transient);
    EXPECT_EQ(cloud::bycloud::judge_odd({call::create, "x"}, "no id").kind, failure::ambiguous);
}

}  // namespace
