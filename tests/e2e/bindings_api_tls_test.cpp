// The HTTP door over TLS, and what is said where it would send tokens in the clear.
#include "e2e/world.hpp"
#include "fakes/certificates/certificates.hpp"
#include "testbed/bindings_api.hpp"
#include "testbed/files.hpp"
#include "testbed/ports.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>

namespace e2e {
namespace {

using testbed::bindings_of;
using testbed::body_of_binding;
using testing::AllOf;
using testing::HasSubstr;

constexpr int refused_configuration = 2;  // the exit code

test::certificate_request valid_now(const std::string& subject)
{
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return {.subject = subject, .not_before = now, .not_after = now + std::chrono::days(1)};
}

class bindings_api_tls : public world
{
protected:
    // Certificate and key of 127.0.0.1, issued by an authority of this name whose certificate is in
    // <name>.crt.
    test::certificate issued_by(const std::string& name) const
    {
        auto of_authority = valid_now(name);
        of_authority.ca = true;
        const auto authority = test::make_certificate(of_authority);
        testbed::write_file(folder / (name + ".crt"), authority.pem);
        auto request = valid_now("bindings API");
        request.names = "IP:127.0.0.1";
        request.usage = "serverAuth";
        request.issuer = &authority;
        return test::make_certificate(request);
    }

    std::vector<std::string> flags_for(const std::string& address, const std::vector<std::string>& more) const
    {
        std::vector<std::string> flags{
            "--bindings-api-address",
            address,
            "--bindings-api-namespace",
            name_space,
            "--bindings-api-default-region",
            "sao1"
        };
        flags.insert(flags.end(), more.begin(), more.end());
        return flags;
    }

    testbed::bindings_api_client client_of(int port, const std::string& authority) const
    {
        return {"https://127.0.0.1:" + std::to_string(port), token, folder / (authority + ".crt")};
    }

    static testing::AssertionResult answers(const testbed::bindings_api_client& client)
    {
        return testbed::eventually("the API answers", [&] {
            return client.ask("GET", "/openapi.json").status == 200;
        });
    }

    std::string token;
};

TEST_F(bindings_api_tls, shows_the_certificate_of_its_files_and_their_successor_without_a_restart)
{
    const auto certificate_file = folder / "tls.crt";
    const auto key_file = folder / "tls.key";
    const auto before = issued_by("before");
    const auto after = issued_by("after");
    testbed::write_file(certificate_file, before.pem);
    testbed::write_file(key_file, before.key_pem);
    const int port = testbed::free_port();
    // On all addresses, because TLS protects the tokens.
    start_controller(flags_for(
        "0.0.0.0:" + std::to_string(port),
        {"--bindings-api-tls-cert-file",
         certificate_file.string(),
         "--bindings-api-tls-key-file",
         key_file.string()}
    ));
    token = token_of("script", "create,get,list,delete");
    const auto old_client = client_of(port, "before");
    const auto new_client = client_of(port, "after");
    ASSERT_TRUE(answers(old_client));
    EXPECT_EQ(new_client.ask("GET", "/openapi.json").status, 0) << "not this authority";

    const auto a = certificate("a.example.com");
    const auto made = old_client.ask("POST", bindings_of(a.id), body_of_binding(listener));
    EXPECT_EQ(made.status, 201) << made.body.dump();
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);

    testbed::write_file(certificate_file, after.pem);
    testbed::write_file(key_file, after.key_pem);
    ASSERT_TRUE(answers(new_client)) << controller_log();
    EXPECT_EQ(old_client.ask("GET", "/openapi.json").status, 0) << "the certificate before is shown no more";
    const auto list = new_client.ask("GET", bindings_of(a.id));
    EXPECT_EQ(list.body["bindings"].size(), 1U) << list.body.dump();
    const std::string log = controller_log();
    EXPECT_EQ(log.find(" starting "), log.rfind(" starting ")) << "one process";
}

TEST_F(bindings_api_tls, plain_http_is_refused_where_others_could_read_tokens)
{
    const auto address = "0.0.0.0:" + std::to_string(testbed::free_port());
    auto refused = another_controller(flags_for(address, {}));
    ASSERT_TRUE(testbed::eventually("the program ends", [&] { return !refused.running(); }));
    EXPECT_EQ(refused.wait(), refused_configuration);
    const std::string said = refused.output();
    EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
    EXPECT_THAT(
        said,
        AllOf(
            HasSubstr("--bindings-api-address"),
            HasSubstr(address),
            HasSubstr("--bindings-api-tls-cert-file"),
            HasSubstr("--bindings-api-allow-http=true")
        )
    );
}

TEST_F(bindings_api_tls, plain_http_is_served_where_that_is_asked_for)
{
    const int port = testbed::free_port();
    start_controller(flags_for("0.0.0.0:" + std::to_string(port), {"--bindings-api-allow-http", "true"}));
    token = token_of("script", "list");
    const testbed::bindings_api_client client{"http://127.0.0.1:" + std::to_string(port), token};
    ASSERT_TRUE(answers(client));
    EXPECT_EQ(client.ask("GET", bindings_of("12345678-1234-4234-8234-123456789abc")).status, 200);
}

}  // namespace
}  // namespace e2e
