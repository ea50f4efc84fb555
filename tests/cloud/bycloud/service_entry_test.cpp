#include "cloud/bycloud/service_entry.hpp"

#include <gmock/gmock.h>

namespace {

using cloud::bycloud::entry_text;
using cloud::bycloud::understand_entry;
using testing::HasSubstr;
using testing::Not;

entry_text text(const std::string& endpoint, const std::string& key, const std::string& token = "")
{
    return {
        "prod", "clouds.yaml: cloud \"prod\"", endpoint, support::secret(key), support::secret(token), ""
    };
}

std::string problem_of(const entry_text& of)
{
    const auto read = understand_entry(of);
    return read ? "none" : read.error().message;
}

TEST(an_entry, has_an_endpoint_and_a_key_or_a_token)
{
    const auto read = understand_entry(text("https://api.example.com/", "AKIA1:secret")).value();
    EXPECT_EQ(read.endpoint.str(), "https://api.example.com");
    EXPECT_EQ(read.sent().reveal(), "AKIA1:secret");
    EXPECT_EQ(
        understand_entry(text("https://api.example.com", "", "ey.x.y")).value().sent().reveal(), "ey.x.y"
    );
}

TEST(an_endpoint, may_be_written_with_the_version)
{
    EXPECT_EQ(
        understand_entry(text("https://api.example.com/v1", "a:b")).value().endpoint.str(),
        "https://api.example.com"
    );
    EXPECT_EQ(
        understand_entry(text("https://example.com/api/v1/", "a:b")).value().endpoint.str(),
        "https://example.com/api"
    );
}

TEST(an_entry, that_is_wrong_is_named_with_the_way_out_and_without_its_secrets)
{
    EXPECT_THAT(problem_of(text("", "a:b")), HasSubstr("endpoint is missing"));
    EXPECT_THAT(problem_of(text("api.example.com", "a:b")), HasSubstr("endpoint must be"));
    EXPECT_THAT(problem_of(text("https://api.example.com?x=1", "a:b")), HasSubstr("endpoint must be"));
    EXPECT_THAT(problem_of(text("https://api.example.com", "")), HasSubstr("api_key is missing"));
    EXPECT_THAT(problem_of(text("https://api.example.com", "a:b", "t")), HasSubstr("remove one of them"));
    for (const char* key : {"hush", ":hush", "hush:"})
    {
        const auto problem = problem_of(text("https://api.example.com", key));
        EXPECT_THAT(problem, HasSubstr("api_key must be \"<access key id>:<secret access key>\""));
        EXPECT_THAT(problem, Not(HasSubstr("hush")));
    }
    EXPECT_THAT(problem_of(text("https://api.example.com", "a:hush\n")), HasSubstr("one word"));
    auto with_ca = text("https://api.example.com", "a:b");
    with_ca.ca_pem = "nothing";
    EXPECT_THAT(problem_of(with_ca), HasSubstr("cacert"));
}

TEST(entries, are_the_same_if_their_content_is)
{
    const auto id = [](const entry_text& of) { return understand_entry(of).value().id; };
    const auto first = id(text("https://api.example.com", "a:b"));
    EXPECT_EQ(first, id(text("https://api.example.com/v1/", "a:b")));
    EXPECT_NE(first, id(text("https://api.example.com", "a:c")));
    EXPECT_NE(first, id(text("https://api2.example.com", "a:b")));
    EXPECT_NE(id(text("https://api.example.com", "", "a:b")), first);
}

}  // namespace
