#include "cloud/openstack/allowed_urls.hpp"

#include <gtest/gtest.h>

namespace {

using cloud::openstack::allowed_urls;

bool admits(const std::vector<std::string>& list, const std::string& url)
{
    return allowed_urls::parse(list)->admit(net::parse_url(url).value());
}

TEST(allowed_urls, admit_what_is_listed_and_what_lies_below)
{
    const std::vector<std::string> list{"https://ks.example:5000/v3", "https://cloud.example/identity"};
    EXPECT_TRUE(admits(list, "https://ks.example:5000/v3"));
    EXPECT_TRUE(admits(list, "https://KS.example:5000/v3/"));
    EXPECT_TRUE(admits(list, "https://cloud.example/identity/v3"));
    EXPECT_TRUE(admits({"https://ks.example:5000"}, "https://ks.example:5000/v3"));
}

TEST(allowed_urls, refuse_every_other_scheme_host_port_and_path)
{
    const std::vector<std::string> list{"https://ks.example/identity"};
    for (const std::string url :
         {"http://ks.example/identity/v3",
          "https://ks.example:5000/identity/v3",
          "https://ks.example.evil.example/identity/v3",
          "https://ks.example./identity/v3",
          "https://evil.example/identity/v3",
          "https://ks.example/v3",
          "https://ks.example/identity-of-mine/v3",
          "https://ks.example/identity/../evil/v3",
          "https://ks.example/identity/%2e%2e/evil/v3",
          "https://ks.example/identity//evil/v3",
          "https://ks.example/identity/v3?x=y"})
    {
        EXPECT_FALSE(admits(list, url)) << url;
    }
    EXPECT_FALSE(admits({}, "https://ks.example/v3"));
}

TEST(allowed_urls, a_star_admits_every_plain_url)
{
    EXPECT_TRUE(admits({"https://ks.example", "*"}, "http://10.0.0.7/v3"));
    EXPECT_FALSE(admits({"*"}, "http://10.0.0.7/x/../v3"));
}

TEST(allowed_urls, of_the_configuration_are_plain_urls)
{
    for (const auto& [text, message] : std::initializer_list<std::pair<std::string, std::string>>{
             {"ks.example", "\"ks.example\" is not a URL such as https://host:5000/v3"},
             {"file:///etc/passwd", "\"file:///etc/passwd\" is not an http or https URL"},
             {"https://ks.example/a/../b",
              "\"https://ks.example/a/../b\" must be a URL without a query, dots or % in its path"},
             {"https://ks.example/?a",
              "\"https://ks.example/?a\" must be a URL without a query, dots or % in its path"},
         })
    {
        const auto read = allowed_urls::parse({text});
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().message, message);
    }
}

}  // namespace
