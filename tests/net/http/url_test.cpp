#include "net/http/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;
using testing::Not;

struct accepted
{
    std::string_view text;
    net::origin origin;
    std::string_view path;
    std::string_view query;
    std::string_view written;  // by str()
};

const accepted accepted_urls[] = {
    {"http://host", {false, "host", 80}, "", "", "http://host"},
    {"http://host/", {false, "host", 80}, "", "", "http://host"},
    {"https://host:5000/v3", {true, "host", 5000}, "/v3", "", "https://host:5000/v3"},
    {"https://host/identity/v3//", {true, "host", 443}, "/identity/v3", "", "https://host/identity/v3"},
    {"HTTPS://Keystone.Example.COM:443/V3",
     {true, "keystone.example.com", 443},
     "/V3",
     "",
     "https://keystone.example.com/V3"},
    {"http://host:/x", {false, "host", 80}, "/x", "", "http://host/x"},
    {"http://127.0.0.1:9876/v2.0", {false, "127.0.0.1", 9876}, "/v2.0", "", "http://127.0.0.1:9876/v2.0"},
    {"https://[FD00::1]:6443", {true, "fd00::1", 6443}, "", "", "https://[fd00::1]:6443"},
    {"https://[::1]/a?b=c&d=%2F", {true, "::1", 443}, "/a", "b=c&d=%2F", "https://[::1]/a?b=c&d=%2F"},
    {"http://host?limit=1", {false, "host", 80}, "", "limit=1", "http://host?limit=1"},
    {"http://a_b.svc/x%20y", {false, "a_b.svc", 80}, "/x%20y", "", "http://a_b.svc/x%20y"},
    {"https://10.0.0.1.nip.io:5000/v3",
     {true, "10.0.0.1.nip.io", 5000},
     "/v3",
     "",
     "https://10.0.0.1.nip.io:5000/v3"},
    {"http://host:65535", {false, "host", 65535}, "", "", "http://host:65535"},
};

TEST(parse_url, takes_absolute_http_and_https_urls_apart)
{
    for (const auto& accepted : accepted_urls)
    {
        SCOPED_TRACE(accepted.text);
        const auto url = net::parse_url(accepted.text);
        ASSERT_TRUE(url.has_value()) << url.error().message;
        EXPECT_EQ(url->origin, accepted.origin) << url->origin.str();
        EXPECT_EQ(url->path, accepted.path);
        EXPECT_EQ(url->query, accepted.query);
        EXPECT_EQ(url->str(), accepted.written);
    }
}

TEST(parse_url, refuses_everything_else_and_says_why)
{
    const std::pair<std::string_view, std::string_view> refused[] = {
        {"", "is not a URL"},
        {"host:5000", "is not a URL"},
        {"/v3", "is not a URL"},
        {"http:", "is not a URL"},
        {"ftp://host/", "is not an http or https URL"},
        {"unix:///var/run/x", "is not an http or https URL"},
        {"http://", "has no valid host and port"},
        {"http:///v3", "has no valid host and port"},
        {"http://:80/", "has no valid host and port"},
        {"http://host:0", "has no valid host and port"},
        {"http://host:65536", "has no valid host and port"},
        {"http://host:99999999999999999999", "has no valid host and port"},
        {"http://host:port", "has no valid host and port"},
        {"http://host:80x/", "has no valid host and port"},
        {"http://host:-1/", "has no valid host and port"},
        {"http://a:b:80/", "has no valid host and port"},
        {"http://ho st/", "has no valid host and port"},
        {"http://host\r\n/", "has no valid host and port"},
        {"http://h%6Fst/", "has no valid host and port"},
        {"http://h\xC3\xB6st/", "has no valid host and port"},
        {"http://[::1/", "has no valid host and port"},
        {"http://[::1]x/", "has no valid host and port"},
        {"http://[v1.x]/", "has no valid host and port"},
        {"http://[]/", "has no valid host and port"},
        {"http://host/#top", "has a fragment"},
        {" http://host", "has white space around it; remove it"},
        {"http://host/v3\n", "has white space around it; remove it"},
        {"http://host/a b", "percent-encoded"},
        {"http://host/\r\nX: y", "percent-encoded"},
        {"http://host/%zz", "percent-encoded"},
        {"http://host/?a b", "percent-encoded"},
    };
    for (const auto& [text, why] : refused)
    {
        SCOPED_TRACE(text);
        const auto url = net::parse_url(text);
        ASSERT_FALSE(url.has_value()) << url->str();
        EXPECT_EQ(url.error().code, support::errc::invalid);
        EXPECT_THAT(url.error().message, HasSubstr(why));
    }
}

TEST(parse_url, never_shows_a_password)
{
    for (const std::string_view text : {"https://user:hunter2@host/", "https://user:hunter2@ho st/"})
    {
        const auto url = net::parse_url(text);
        ASSERT_FALSE(url.has_value());
        EXPECT_THAT(url.error().message, Not(HasSubstr("hunter2")));
    }
}

TEST(percent_encode, leaves_unreserved_characters_alone_and_nothing_else)
{
    EXPECT_EQ(net::percent_encode("AZaz09-._~"), "AZaz09-._~");
    EXPECT_EQ(net::percent_encode("../a b?c=d&e%"), "..%2Fa%20b%3Fc%3Dd%26e%25");
    EXPECT_EQ(net::percent_encode(std::string_view("\xC3\xB6\0\r\n", 5)), "%C3%B6%00%0D%0A");
}

}  // namespace
