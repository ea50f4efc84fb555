#include "net/http/request_encoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using support::errc;
using testing::HasSubstr;
using testing::Not;

net::http_request request(std::string method, std::string target, std::string body = {})
{
    net::http_request request;
    request.method = std::move(method);
    request.origin = {true, "api.example", 6443};
    request.target = std::move(target);
    request.body = std::move(body);
    return request;
}

std::string encoded(const net::http_request& request)
{
    const auto wire = net::encode_request(request, "controller/1");
    return wire ? std::string(wire->begin(), wire->end()) : "refused: " + wire.error().message;
}

TEST(encode_request, writes_a_request_without_a_body)
{
    auto get = request("GET", "/v2.0/lbaas/listeners?a=b");
    get.headers = {{"X-Auth-Token", "abc"}, {"Accept", "application/json"}};
    EXPECT_EQ(
        encoded(get),
        "GET /v2.0/lbaas/listeners?a=b HTTP/1.1\r\n"
        "Host: api.example:6443\r\n"
        "User-Agent: controller/1\r\n"
        "Accept-Encoding: identity\r\n"
        "X-Auth-Token: abc\r\n"
        "Accept: application/json\r\n"
        "\r\n"
    );
}

TEST(encode_request, gives_the_length_of_a_body_and_of_a_missing_one_where_one_is_expected)
{
    EXPECT_THAT(encoded(request("PUT", "/", "{}")), HasSubstr("\r\nContent-Length: 2\r\n\r\n{}"));
    EXPECT_THAT(encoded(request("POST", "/")), HasSubstr("\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_THAT(encoded(request("DELETE", "/")), Not(HasSubstr("Content-Length")));
}

TEST(encode_request, writes_an_ipv6_host_in_brackets)
{
    auto get = request("GET", "/");
    get.origin = {false, "fd00::1", 80};
    EXPECT_THAT(encoded(get), HasSubstr("Host: [fd00::1]\r\n"));
}

TEST(encode_request, refuses_whatever_could_start_a_line_or_a_header_of_its_own)
{
    const auto refused = [](auto&& change) {
        auto bad = request("GET", "/");
        change(bad);
        const auto wire = net::encode_request(bad, "controller/1");
        return !wire && wire.error().code == errc::invalid;
    };
    for (const std::string& line_end :
         {std::string("\r\n"), std::string("\r"), std::string("\n"), std::string(1, 0)})
    {
        EXPECT_TRUE(refused([&](auto& r) { r.method = "GET" + line_end; }));
        EXPECT_TRUE(refused([&](auto& r) { r.target = "/a" + line_end + "b"; }));
        EXPECT_TRUE(refused([&](auto& r) { r.origin.host = "host" + line_end; }));
        EXPECT_TRUE(refused([&](auto& r) { r.headers = {{"X-A" + line_end, "b"}}; }));
        EXPECT_TRUE(refused([&](auto& r) { r.headers = {{"X-A", "b" + line_end + "X-C: d"}}; }));
        EXPECT_FALSE(net::encode_request(request("GET", "/"), "controller" + line_end).has_value());
    }
    EXPECT_TRUE(refused([](auto& r) { r.method = ""; }));
    EXPECT_TRUE(refused([](auto& r) { r.method = "GET /x"; }));
    EXPECT_TRUE(refused([](auto& r) { r.target = ""; }));
    EXPECT_TRUE(refused([](auto& r) { r.target = "http://elsewhere/"; }));
    EXPECT_TRUE(refused([](auto& r) { r.target = "/a b"; }));
    EXPECT_TRUE(refused([](auto& r) { r.target = "/\xC3\xB6"; }));
    EXPECT_TRUE(refused([](auto& r) { r.origin.host = ""; }));
    EXPECT_TRUE(refused([](auto& r) { r.origin.host = "user@host"; }));
    EXPECT_TRUE(refused([](auto& r) { r.headers = {{"", "a"}}; }));
    EXPECT_TRUE(refused([](auto& r) { r.headers = {{"X A", "a"}}; }));
    EXPECT_TRUE(refused([](auto& r) { r.headers = {{"X-A:", "a"}}; }));
}

TEST(encode_request, keeps_the_headers_of_the_connection_to_itself)
{
    for (const char* name :
         {"Host", "content-length", "Transfer-Encoding", "Connection", "User-Agent", "Expect"})
    {
        auto bad = request("GET", "/");
        bad.headers = {{name, "a"}};
        EXPECT_FALSE(net::encode_request(bad, "controller/1").has_value()) << name;
    }
}

TEST(encode_request, does_not_show_a_header_value_that_it_refuses)
{
    auto bad = request("GET", "/");
    bad.headers = {{"X-Auth-Token", "gAAAA-secret\n"}};
    EXPECT_THAT(encoded(bad), HasSubstr("refused: header X-Auth-Token"));
    EXPECT_THAT(encoded(bad), Not(HasSubstr("gAAAA")));
}

}  // namespace
