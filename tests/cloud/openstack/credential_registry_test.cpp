#include "cloud/openstack/credential_registry.hpp"

#include "cloud/openstack/fixture.hpp"

#include <gmock/gmock.h>

namespace {

using cloud::openstack::allowed_urls;
using cloud::openstack::credential_registry;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class credentials : public test::openstack
{
protected:
    std::shared_ptr<cloud::credential> read(const std::string& yaml)
    {
        return registry.read({yaml, "", "", "Secret shop/cloud: clouds.yaml"}).value();
    }

    static std::string yaml(const std::string& password)
    {
        return "clouds: {prod: {auth: {auth_url: 'http://127.0.0.1:15000', user_id: u, password: " +
               password + ", project_id: q}}}";
    }

    void use(const std::shared_ptr<cloud::credential>& credential)
    {
        const auto scope = run(credential->client->locate("sao1"));
        ASSERT_TRUE(scope) << scope.error().message;
        EXPECT_EQ(scope->identity, credential->identity);
    }

    credential_registry registry{
        http, clock(), random, allowed_urls::parse({"http://127.0.0.1:15000/v3"}).value()
    };
};

TEST_F(credentials, of_the_same_content_are_one_with_one_token)
{
    const auto first = read(yaml("a"));
    const auto again = read("# the same\n" + yaml("a"));
    EXPECT_EQ(first, again);
    EXPECT_EQ(first->identity, "http://127.0.0.1:15000/v3");
    use(first);
    use(again);
    EXPECT_EQ(tokens_issued, 1);
}

TEST_F(credentials, of_other_content_are_others)
{
    const auto first = read(yaml("a"));
    const auto second = read(yaml("b"));
    EXPECT_NE(first, second);
    EXPECT_NE(first->id, second->id);
    use(first);
    use(second);
    EXPECT_EQ(tokens_issued, 2);
}

TEST_F(credentials, that_nobody_holds_any_more_are_forgotten_with_their_token)
{
    auto held = read(yaml("a"));
    use(held);
    const std::weak_ptr<cloud::credential> watched = held;
    held.reset();
    EXPECT_TRUE(watched.expired());
    held = read(yaml("a"));
    use(held);
    EXPECT_EQ(tokens_issued, 2);
}

TEST_F(credentials, with_keys_that_nobody_knows_are_taken_and_the_keys_are_told_once)
{
    const std::string slips =
        "clouds: {prod: {insterface: canary, verfy: false, auth: {auth_url: "
        "'http://127.0.0.1:15000', user_id: u, password: a, project_id: q}}}";
    const std::string line =
        "Secret shop/cloud: clouds.yaml: cloud \"prod\" has keys that nobody knows: "
        "insterface, verfy; they have no effect";
    use(read(slips));
    EXPECT_THAT(log.text(), AllOf(HasSubstr(line), Not(HasSubstr("canary"))));
    const auto told = log.text();
    read(slips);
    EXPECT_EQ(log.text(), told);
}

TEST_F(credentials, the_controllers_own_is_shared_like_any_other)
{
    entry.id = "own";
    const auto own = registry.share(entry);
    EXPECT_EQ(own, registry.share(entry));
    use(own);
}

TEST_F(credentials, that_lead_elsewhere_are_refused)
{
    const auto refused = registry.read(
        {"clouds: {prod: {auth: {auth_url: 'http://canary.example', user_id: u, password: canary, "
         "project_id: q}}}",
         "",
         "",
         "Secret shop/cloud: clouds.yaml"}
    );
    ASSERT_FALSE(refused);
    EXPECT_THAT(
        refused.error().message,
        AllOf(
            HasSubstr("Secret shop/cloud: clouds.yaml: cloud \"prod\": auth.auth_url"),
            Not(HasSubstr("canary"))
        )
    );
    EXPECT_TRUE(http.requests().empty());
}

// Another program than Keystone may answer at an admitted URL. The client must not show its words.
TEST_F(credentials, no_answer_is_quoted_that_is_not_of_the_service_that_was_asked)
{
    const auto credential = read(yaml("a"));
    for (const auto& answer :
         {net::http_response{404, {{"Content-Type", "text/plain"}}, "canary"},
          net::http_response{401, {{"Content-Type", "text/html"}}, "<h1>canary</h1>"},
          net::http_response{200, {{"Content-Type", "application/json"}}, R"({"canary":"canary"})"},
          net::http_response{
              403, {{"Content-Type", "application/json"}}, R"({"message":"canary","code":403})"
          },
          net::http_response{500, {{"Content-Type", "application/json"}}, R"(["canary"])"},
          net::http_response{302, {{"Location", "http://canary.example"}}, "canary"},
          net::http_response{
              201,
              {{"Content-Type", "application/json"}, {"X-Subject-Token", "canary"}},
              R"({"token":"canary"})"
          }})
    {
        http.on(ask_token, {answer});
        const auto scope = run(credential->client->locate("sao1"));
        ASSERT_FALSE(scope);
        EXPECT_THAT(scope.error().message, AllOf(HasSubstr("Keystone"), Not(HasSubstr("canary"))));
        advance(std::chrono::minutes(10));
    }
    EXPECT_THAT(log.text(), Not(HasSubstr("canary")));
}

}  // namespace
