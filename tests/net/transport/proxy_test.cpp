// Which server is reached through which proxy. The tables hold what Go's golang.org/x/net/http/httpproxy
// decides; where this program differs, the row says so.
#include "net/transport/proxy.hpp"

#include "net/http/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace {

using support::errc;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using variables = std::map<std::string, std::string>;

support::result<net::proxy_settings> read(const variables& set)
{
    return net::read_proxy_settings([&set](const std::string& name) {
        const auto found = set.find(name);
        return found == set.end() ? std::nullopt : std::optional(found->second);
    });
}

net::origin origin(const std::string& url)
{
    return net::parse_url(url).value().origin;
}

std::string via(const net::proxy_settings& settings, const std::string& url)
{
    const auto chosen = settings.proxy_for(origin(url));
    return chosen ? chosen->str() : "directly";
}

// ---- NO_PROXY ----

struct exception
{
    const char* no_proxy;
    const char* url;
    bool direct;
};

std::ostream& operator<<(std::ostream& stream, const exception& row)
{
    return stream << "NO_PROXY=\"" << row.no_proxy << "\" and " << row.url;
}

constexpr exception exceptions[] = {
    // nothing, and everything
    {"", "https://example.com", false},
    {" , ,", "https://example.com", false},
    {"*", "https://example.com", true},
    {"*", "http://example.com:8080", true},
    {"*", "https://10.0.0.1", true},
    {"*", "https://[fd00::1]", true},
    {"example.org, * ,example.net", "https://10.0.0.1", true},
    {"**", "https://example.com", false},
    {"*:443", "https://example.com", false},
    // this machine
    {"", "https://localhost", true},
    {"", "http://localhost:8080", true},
    {"", "https://127.0.0.1:6443", true},
    {"", "https://127.1.2.3", true},
    {"", "https://[::1]:6443", true},
    {"", "https://[::ffff:127.0.0.1]", true},
    {"", "https://[::2]", false},
    {"", "https://128.0.0.1", false},
    {"", "https://0.0.0.0", false},
    {"", "https://localhost.example.com", false},
    {"", "https://api.localhost", false},
    {"", "https://127.1", false},
    // names
    {"example.com", "https://example.com", true},
    {"example.com", "https://example.com:6443", true},
    {"example.com", "https://api.example.com", true},
    {"example.com", "https://a.b.example.com", true},
    {"example.com", "https://myexample.com", false},
    {"example.com", "https://example.com.org", false},
    {"example.com", "https://example.com.", false},
    {"example.com", "https://com", false},
    {"example.com.", "https://example.com", false},
    {"example.com.", "https://example.com.", true},
    {"EXAMPLE.com", "https://api.example.COM", true},
    {" example.com\t, example.org", "https://example.org", true},
    {"example.com example.org", "https://example.org", false},
    {"svc", "https://kubernetes.default.svc", true},
    {"kubernetes", "https://kubernetes", true},
    {"kubernetes", "https://kubernetes.default.svc", false},
    {"_x.example.com", "https://_x.example.com", true},
    {"xn--fsq092h.com", "https://www.xn--fsq092h.com", true},
    // only what is below a name
    {".example.com", "https://api.example.com", true},
    {".example.com", "https://example.com", false},
    {".example.com", "https://myexample.com", false},
    {"*.example.com", "https://api.example.com", true},
    {"*.example.com", "https://a.b.example.com", true},
    {"*.example.com", "https://example.com", false},
    {"*.example.com", "https://myexample.com", false},
    {"*example.com", "https://myexample.com", false},
    {"api.*.com", "https://api.example.com", false},
    {"..example.com", "https://api.example.com", false},
    {".", "https://example.com.", true},
    {".", "https://example.com", false},
    // names with ports
    {"example.com:443", "https://example.com", true},
    {"example.com:443", "https://example.com:6443", false},
    {"example.com:80", "http://example.com", true},
    {"example.com:80", "https://example.com", false},
    {"example.com:6443", "https://api.example.com:6443", true},
    {".example.com:6443", "https://example.com:6443", false},
    {"*.example.com:6443", "https://api.example.com:6443", true},
    {"example.com:", "https://example.com:6443", true},
    {"example.com:https", "https://example.com", false},
    {"example.com:0443", "https://example.com", false},
    {":443", "https://example.com", false},
    // addresses
    {"10.0.0.1", "https://10.0.0.1", true},
    {"10.0.0.1", "https://10.0.0.1:6443", true},
    {"10.0.0.1", "https://10.0.0.2", false},
    {"10.0.0", "https://10.0.0.1", false},
    {".0.0.1", "https://10.0.0.1", false},
    {"10.0.0.1:6443", "https://10.0.0.1:6443", true},
    {"10.0.0.1:6443", "https://10.0.0.1", false},
    {"010.0.0.1", "https://10.0.0.1", false},
    {"10.0.0.1", "https://[::ffff:10.0.0.1]", true},
    {"::ffff:10.0.0.1", "https://10.0.0.1", true},
    {"fd00::1", "https://[fd00::1]:6443", true},
    {"FD00:0:0::1", "https://[fd00::1]", true},
    {"[fd00::1]:6443", "https://[fd00::1]:6443", true},
    {"[fd00::1]:6443", "https://[fd00::1]", false},
    {"[fd00::1]", "https://[fd00::1]", false},
    {"fd00::1%eth0", "https://[fd00::1]", false},
    // networks
    {"10.0.0.0/8", "https://10.255.0.1", true},
    {"10.0.0.0/8", "https://11.0.0.1", false},
    {"10.1.2.3/8", "https://10.255.0.1", true},
    {"10.0.0.0/30", "https://10.0.0.3", true},
    {"10.0.0.0/30", "https://10.0.0.4", false},
    {"10.0.0.0/08", "https://10.1.0.1", true},
    {"0.0.0.0/0", "https://192.0.2.1", true},
    {"0.0.0.0/0", "https://[fd00::1]", false},
    {"0.0.0.0/0", "https://example.com", false},
    {"10.0.0.0/33", "https://10.0.0.1", false},
    {"10.0.0.0/", "https://10.0.0.0", false},
    {"10.0.0.0/+8", "https://10.0.0.1", false},
    {"10.0.0.0/8:443", "https://10.0.0.1", false},
    {"10.0.0.0/255.0.0.0", "https://10.0.0.1", false},
    {"example.com/8", "https://example.com", false},
    {"fd00::/8", "https://[fdff::1]", true},
    {"fd00::/8", "https://[fe80::1]", false},
    {"2002:db8:a::45/64", "https://[2002:db8:a::123]", true},
    {"::/0", "https://[fd00::1]", true},
    {"::/0", "https://10.0.0.1", false},
    {"::ffff:10.0.0.0/104", "https://10.1.2.3", true},
    {"::ffff:10.0.0.0/104", "https://11.1.2.3", false},
    {"::ffff:0:0/96", "https://10.0.0.1", true},
    {"::ffff:0:0/90", "https://10.0.0.1", false},
    // some of each
    {"10.0.0.0/8,.svc,.cluster.local", "https://10.96.0.1", true},
    {"10.0.0.0/8,.svc,.cluster.local", "https://kubernetes.default.svc", true},
    {"10.0.0.0/8,.svc,.cluster.local", "https://keystone.example.com:5000", false},
};

TEST(proxy, is_not_used_for_what_no_proxy_holds)
{
    for (const auto& row : exceptions)
    {
        const auto settings =
            read({{"HTTP_PROXY", "http://p:1"}, {"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", row.no_proxy}});
        ASSERT_TRUE(settings);
        EXPECT_EQ(via(*settings, row.url), row.direct ? "directly" : "http://p:1") << row;
    }
}

TEST(proxy, tells_which_entries_of_no_proxy_match_no_server)
{
    const auto meaningless = [](const char* list) { return net::no_proxy(list).meaningless(); };
    EXPECT_THAT(
        meaningless("10.0.0.0/8, .svc,example.com:443,*.x,[fd00::1]:1,10.0.0.1:2,, ,*,:1"), IsEmpty()
    );
    EXPECT_THAT(
        meaningless(":443,10.0.0.0/33,example.com:https,[fd00::1],a b,http://x,ok,B\xC3\xBC.com"),
        ElementsAre(
            ":443", "10.0.0.0/33", "example.com:https", "[fd00::1]", "a b", "http://x", "b\xC3\xBC.com"
        )
    );
    EXPECT_THAT(
        meaningless(":443,http://me:can,ary,@host"),
        ElementsAre("(not shown, because there is an @ among them)")
    );
    EXPECT_THAT(meaningless("http://me:canary@host,*"), ElementsAre(HasSubstr("not shown")));
    EXPECT_THAT(meaningless("http://me:canary%40host/"), ElementsAre(HasSubstr("not shown")));
}

// ---- the variables ----

struct choice
{
    variables set;
    const char* url;
    const char* via;
};

TEST(proxy, is_chosen_by_the_scheme_of_the_server)
{
    const choice choices[] = {
        {{}, "https://example.com", "directly"},
        {{{"HTTPS_PROXY", "http://s:1"}, {"HTTP_PROXY", "http://p:1"}}, "https://example.com", "http://s:1"},
        {{{"HTTPS_PROXY", "http://s:1"}, {"HTTP_PROXY", "http://p:1"}}, "http://example.com", "http://p:1"},
        {{{"HTTPS_PROXY", "http://s:1"}}, "http://example.com", "directly"},
        {{{"HTTP_PROXY", "http://p:1"}}, "https://example.com", "directly"},
        {{{"https_proxy", "http://s:1"}}, "https://example.com", "http://s:1"},
        {{{"http_proxy", "http://p:1"}}, "http://example.com", "http://p:1"},
        {{{"HTTPS_PROXY", "http://upper:1"}, {"https_proxy", "http://lower:1"}},
         "https://example.com",
         "http://upper:1"},
        {{{"HTTPS_PROXY", ""}, {"https_proxy", "http://lower:1"}}, "https://example.com", "http://lower:1"},
        {{{"HTTPS_PROXY", "http://s:1"}, {"no_proxy", "example.com"}}, "https://example.com", "directly"},
        {{{"HTTPS_PROXY", "http://s:1"}, {"NO_PROXY", "a"}, {"no_proxy", "example.com"}},
         "https://example.com",
         "http://s:1"},
        {{{"ALL_PROXY", "http://all:1"}, {"all_proxy", "http://all:1"}}, "https://example.com", "directly"},
        {{{"Https_Proxy", "http://s:1"}}, "https://example.com", "directly"},
    };
    for (const auto& row : choices)
    {
        const auto settings = read(row.set);
        ASSERT_TRUE(settings);
        EXPECT_EQ(via(*settings, row.url), row.via) << testing::PrintToString(row.set) << row.url;
    }
}

TEST(proxy, of_a_malformed_variable_is_an_error_with_the_name_of_the_variable)
{
    for (const char* name : {"HTTP_PROXY", "https_proxy"})
    {
        const auto settings = read({{name, "http://me:canary@"}});
        ASSERT_FALSE(settings);
        EXPECT_EQ(settings.error().code, errc::invalid);
        EXPECT_THAT(
            settings.error().message, testing::StartsWith(std::string(name) + ": is not the URL of a proxy")
        );
        EXPECT_THAT(settings.error().message, Not(HasSubstr("canary")));
    }
}

// ---- the URL of a proxy ----

struct good_url
{
    const char* url;
    const char* proxy;
    const char* login;  // "user:password"; null: none
};

TEST(proxy, is_read_from_its_url)
{
    constexpr good_url rows[] = {
        {"http://proxy.example:3128", "http://proxy.example:3128", nullptr},
        {"http://proxy.example:3128/", "http://proxy.example:3128", nullptr},
        {"HTTP://Proxy.Example:3128", "http://proxy.example:3128", nullptr},
        {"http://proxy.example", "http://proxy.example:80", nullptr},
        {"http://proxy.example:", "http://proxy.example:80", nullptr},
        {"https://proxy.example", "https://proxy.example:443", nullptr},
        {"socks5://proxy.example", "socks5://proxy.example:1080", nullptr},
        {"socks5h://proxy.example:9", "socks5h://proxy.example:9", nullptr},
        {"proxy.example", "http://proxy.example:80", nullptr},
        {"proxy.example:3128", "http://proxy.example:3128", nullptr},
        {"proxy", "http://proxy:80", nullptr},
        {"127.0.0.1:3128", "http://127.0.0.1:3128", nullptr},
        {"http://[fd00::1]:3128", "http://[fd00::1]:3128", nullptr},
        {"[fd00::1]", "http://[fd00::1]:80", nullptr},
        {"http://me:word@proxy.example:3128", "http://proxy.example:3128", "me:word"},
        {"me:word@proxy.example:3128", "http://proxy.example:3128", "me:word"},
        {"http://me@proxy.example", "http://proxy.example:80", "me:"},
        {"http://me:@proxy.example", "http://proxy.example:80", "me:"},
        {"http://@proxy.example", "http://proxy.example:80", ":"},
        {"http://CORP%5Cme:a%2Fb%3Fc%23d%40e%3Af%25@proxy.example",
         "http://proxy.example:80",
         "CORP\\me:a/b?c#d@e:f%"},
        {"http://me:a:b@proxy.example", "http://proxy.example:80", "me:a:b"},
        {"http://me:a@b@proxy.example", "http://proxy.example:80", "me:a@b"},
        {"socks5://me:word@[fd00::1]", "socks5://[fd00::1]:1080", "me:word"},
    };
    for (const auto& row : rows)
    {
        const auto parsed = net::parse_proxy(row.url);
        ASSERT_TRUE(parsed) << row.url << ": " << parsed.error().message;
        EXPECT_EQ(parsed->str(), row.proxy);
        ASSERT_EQ(parsed->login.has_value(), row.login != nullptr) << row.url;
        if (row.login != nullptr)
        {
            EXPECT_EQ(parsed->login->user.reveal() + ":" + parsed->login->password.reveal(), row.login);
        }
    }
}

// Go takes some of these for a URL without a host, and then reaches the servers directly.
TEST(proxy, of_a_malformed_url_is_refused_without_a_word_of_it)
{
    const std::string schemes = " are not supported; use http, https, socks5 or socks5h";
    const std::string form = "is not the URL of a proxy, such as http://proxy.example:3128 or ";
    const std::pair<std::string, std::string> rows[] = {
        {"ftp://canary", "proxies of the scheme \"ftp\"" + schemes},
        {"socks4://canary", "proxies of the scheme \"socks4\"" + schemes},
        {"me:canary://proxy", "proxies of this scheme" + schemes},
        {"://canary", "proxies of the scheme \"\"" + schemes},
        {"http://", form},
        {"http://:3128", form},
        {"http:/canary", form},
        {"//canary", form},
        {"me:canary", form},
        {"http://proxy:canary", form},
        {"http://proxy:0", form},
        {"http://proxy:65536", form},
        {"http://proxy:-1", form},
        {"http://me:canary@", form},
        {"http://me:can/ary@proxy:3128", form},
        {"http://me:can?ary@proxy:3128", form},
        {"http://me:can#ary@proxy:3128", form},
        {"http://proxy/canary", form},
        {"http://proxy?canary", form},
        {"http://proxy#canary", form},
        {"http://pro xy", form},
        {"http://proxy\n", form},
        {" http://proxy", "proxies of this scheme"},
        {"http://fd00::1", form},
        {"http://[fd00::1", form},
        {"http://[canary]", form},
        {"http://[10.0.0.1]", form},
        {"http://[fd00::1]3128", form},
        {"http://" + std::string(254, 'a'), form},
        {"http://me:canary%@proxy", "a % that begins no %XX; write % as %25"},
        {"http://me:canary%4@proxy", "a % that begins no %XX"},
        {"http://me:canary%zz@proxy", "a % that begins no %XX"},
        {"http://m%3Ae:canary@proxy", "a colon"},
        {"socks5://:canary@proxy", "SOCKS5 takes a user of 1 to 255 bytes"},
        {"socks5://me:" + std::string(256, 'x') + "@proxy", "a password of up to 255 bytes"},
        {"socks5h://" + std::string(256, 'x') + "@proxy", "SOCKS5 takes"},
    };
    for (const auto& [url, message] : rows)
    {
        const auto parsed = net::parse_proxy(url);
        ASSERT_FALSE(parsed) << url;
        EXPECT_EQ(parsed.error().code, errc::invalid);
        EXPECT_THAT(parsed.error().message, HasSubstr(message)) << url;
        EXPECT_THAT(parsed.error().message, Not(HasSubstr("can"))) << url;
    }
}

// Every beginning of good and bad values, and 10,000 changes of them.
TEST(proxy, of_any_value_is_read_or_refused_without_a_word_of_it)
{
    const std::vector<std::string> values{
        "http://me:canary@proxy.example:3128/",
        "https://CORP%5Cme:canary%2F%25@[fd00::1]:443",
        "socks5://me:canary@10.0.0.1",
        "socks5h://canary:@proxy:1080?x#y",
        "me:canary@proxy.example:3128",
        "*.example.com:443,.svc,10.0.0.0/8,::ffff:10.0.0.0/104,[fd00::1]:443,fd00::/8,*,http://"
        "me:canary@h,%,:1",
    };
    const auto expect_no_harm = [](const std::string& value) {
        const auto parsed = net::parse_proxy(value);
        const auto said = parsed ? parsed->str() : parsed.error().message;
        if (parsed && !parsed->login)
        {
            return;  // the rest may be a host
        }
        EXPECT_THAT(said, Not(HasSubstr("canary"))) << value;
        EXPECT_EQ(std::ranges::count(said, '\n'), 0);
    };
    const auto expect_no_secret = [](const std::string& value) {
        const net::no_proxy list(value);
        list.holds({true, "api.example.com", 443});
        list.holds({true, "10.0.0.1", 443});
        list.holds({true, "fd00::1", 443});
        if (value.contains('@'))
        {
            EXPECT_THAT(list.meaningless(), testing::Each(Not(HasSubstr("canary")))) << value;
        }
    };
    std::mt19937 random(7);
    const auto below = [&random](std::size_t limit) { return random() % limit; };
    for (const std::string& value : values)
    {
        for (std::size_t size = 0; size <= value.size(); ++size)
        {
            expect_no_harm(value.substr(0, size));
            expect_no_secret(value.substr(0, size));
        }
    }
    for (int i = 0; i < 10'000; ++i)
    {
        std::string value = values[below(values.size())];
        for (auto changes = 1 + below(3); changes > 0 && !value.empty(); --changes)
        {
            const auto at = below(value.size());
            switch (below(4))
            {
                case 0:
                    value.erase(at, 1 + below(4));
                    break;
                case 1:
                    value[at] = static_cast<char>(below(256));
                    break;
                case 2:
                    value.insert(at, 1, ":/@%[],.*#"[below(10)]);
                    break;
                default:
                    std::swap(value[at], value[below(value.size())]);
            }
        }
        expect_no_harm(value);
        expect_no_secret(value);
    }
}

}  // namespace
