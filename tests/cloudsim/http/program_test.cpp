// The program, over real sockets.
#include "cloudsim/http/remote_control.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <gmock/gmock.h>

#include <csignal>
#include <istream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cloudsim::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

// Starts the program and ends it.
class program
{
public:
    explicit program(std::vector<std::string> flags = {})
    {
        int ends[2] = {};
        EXPECT_EQ(::pipe(ends), 0);
        posix_spawn_file_actions_t actions{};
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        posix_spawn_file_actions_addclose(&actions, ends[0]);
        flags.insert(flags.begin(), {CLOUDSIM_PROGRAM, "--die-with-parent"});
        std::vector<char*> arguments;
        for (auto& flag : flags)
        {
            arguments.push_back(flag.data());
        }
        arguments.push_back(nullptr);
        EXPECT_EQ(posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        std::string line;
        char c = 0;
        while (::read(ends[0], &c, 1) == 1 && c != '\n')
        {
            line += c;
        }
        ::close(ends[0]);
        endpoints = json::parse(line, nullptr, false);
    }

    // The exit status.
    int stop()
    {
        int status = -1;
        if (pid_ != 0)
        {
            ::kill(pid_, SIGTERM);
            ::waitpid(std::exchange(pid_, 0), &status, 0);
        }
        return status;
    }

    ~program() { stop(); }
    program(const program&) = delete;
    program& operator=(const program&) = delete;

    json endpoints;

    static std::uint16_t port(const json& url)
    {
        const auto authority = authority_of(url.get<std::string>());
        return static_cast<std::uint16_t>(std::stoi(authority.substr(authority.find(':') + 1)));
    }

private:
    pid_t pid_ = 0;
};

// One answer, head and body, as it is on the wire.
std::string read_answer(tcp::socket& socket)
{
    asio::streambuf buffer;
    const auto head_size = asio::read_until(socket, buffer, "\r\n\r\n");
    std::string text(asio::buffers_begin(buffer.data()), asio::buffers_end(buffer.data()));
    const auto at = text.find("Content-Length: ");
    const auto length = at == std::string::npos ? 0 : std::stoul(text.substr(at + 16));
    std::string rest(head_size + length - text.size(), '\0');
    asio::read(socket, asio::buffer(rest));
    return text + rest;
}

std::string ask(tcp::socket& socket, const std::string& text)
{
    asio::write(socket, asio::buffer(text));
    return read_answer(socket);
}

class program_test : public testing::Test
{
protected:
    program simulator_;
    remote_control sim{program::port(simulator_.endpoints["control"])};
    asio::io_context context_;

    tcp::socket connect(const json& url)
    {
        tcp::socket socket(context_);
        socket.connect({asio::ip::address_v4::loopback(), program::port(url)});
        return socket;
    }
};

TEST_F(program_test, it_says_where_its_services_are)
{
    EXPECT_THAT(simulator_.endpoints["identity"].get<std::string>(), testing::EndsWith("/v3"));
    EXPECT_EQ(simulator_.endpoints["regions"].size(), 2U);
    EXPECT_EQ(sim.call("GET", "endpoints"), simulator_.endpoints);
    EXPECT_EQ(simulator_.stop(), 0) << "SIGTERM is an orderly end";
}

TEST(program, takes_the_release_of_barbican_and_refuses_an_unknown_one)
{
    program train({"--barbican-release", "train"});
    EXPECT_TRUE(train.endpoints.is_object());
    EXPECT_EQ(train.stop(), 0);

    program nosuch({"--barbican-release", "nosuch"});
    EXPECT_FALSE(nosuch.endpoints.is_object());
    const int status = nosuch.stop();
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 1);
}

TEST(program, takes_credentials_and_the_tier_of_bycloud_and_refuses_unknown_ones)
{
    for (const auto& flags : std::vector<std::vector<std::string>>{
             {"--bycloud-api-key", "without-secret"},
             {"--bycloud-token", ":token"},
             {"--bycloud-tier", "nosuch"},
             {"--bycloud-unbind", "nosuch"}
         })
    {
        SCOPED_TRACE(flags[0]);
        program refused(flags);
        EXPECT_FALSE(refused.endpoints.is_object());
        EXPECT_EQ(WEXITSTATUS(refused.stop()), 1);
    }
    program simulator(
        {"--bycloud-api-key",
         "one:secret",
         "--bycloud-api-key",
         "two:a:b",
         "--bycloud-token",
         "three:token",
         "--bycloud-tier",
         "professional"}
    );
    ASSERT_TRUE(simulator.endpoints.is_object());
    asio::io_context context;
    tcp::socket socket(context);
    socket.connect({asio::ip::address_v4::loopback(), program::port(simulator.endpoints["bycloud"])});
    for (const auto* header : {"X-Api-Key: one:secret", "X-Api-Key: two:a:b", "Authorization: Bearer token"})
    {
        const auto answer =
            ask(socket,
                std::string("GET /v1/certificates HTTP/1.1\r\nHost: x\r\nX-Region: sao1\r\n") + header +
                    "\r\n\r\n");
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
        EXPECT_THAT(answer, HasSubstr("\r\nX-RateLimit-Limit: 300\r\n"));
    }
}

TEST_F(program_test, a_binding_of_bycloud_over_the_wire_is_seen_by_the_control_api)
{
    const auto cloud = sim.bycloud();
    const auto key = cloud.add_credential();
    const auto certificate = cloud.add_certificate({.domains = {"shop.example.com"}});
    const auto on = cloud.add_listener();
    sim.set({{"bycloud_bindings_held", true}});
    const auto body = json{{"resource_type", "octavia:listener"}, {"resource_id", on.id}}.dump();
    auto socket = connect(simulator_.endpoints["bycloud"]);
    const auto answer =
        ask(socket,
            "POST /v1/certificates/" + certificate +
                "/bindings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Region: "
                "sao1\r\nX-Api-Key: " +
                key.api_key + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 201 Created\r\n"));
    ASSERT_EQ(cloud.bindings(on.id).size(), 1U);
    const auto id = member_text(cloud.bindings()[0], "id");
    EXPECT_EQ(cloud.tls(on.id).source, "none");
    cloud.set_binding(id, {.status = "active", .error_message = std::nullopt});
    EXPECT_EQ(cloud.tls(on.id, "shop.example.com").certificate, certificate);
    EXPECT_EQ(cloud.counts().requests.at("POST /v1/certificates/*/bindings"), 1U);
    EXPECT_EQ(cloud.counts().credentials.at(key.id).admitted, 1U);

    sim.patch({.service = "bycloud"}, {{{"op", "remove"}, {"path", "/certificate"}}});
    EXPECT_THAT(
        ask(socket,
            "GET /v1/certificates/" + certificate +
                " HTTP/1.1\r\nHost: x\r\nX-Region: sao1\r\nX-Api-Key: " + key.api_key + "\r\n\r\n"),
        testing::EndsWith("\r\n\r\n{}")
    );
    cloud.set_certificate(certificate, {.status = "expired"});
    EXPECT_EQ(cloud.show_certificate(certificate)["status"], "expired");
    cloud.remove_binding(id);
    cloud.add_binding({.certificate = certificate, .listener = on.id, .sni = true});
    cloud.remove_certificate(certificate);
    cloud.remove_listener(on.id);
    cloud.remove_credential(key.id);
    EXPECT_THROW(cloud.remove_listener(on.id), control_error);
    EXPECT_THROW(sim.call("POST", "bycloud/certificates", {{"nmae", "x"}}), control_error);
}

TEST_F(program_test, what_the_control_api_does_not_know_it_refuses)
{
    EXPECT_THROW(sim.call("GET", "nosuch"), control_error);
    EXPECT_THROW(sim.call("PATCH", "settings", {{"pending", 1}}), control_error);
    EXPECT_THROW(sim.call("POST", "rules", {{"action", "hold"}, {"methd", "PUT"}}), control_error);
    EXPECT_THROW(sim.call("POST", "rules", {{"action", "explode"}}), control_error);
    EXPECT_THROW(sim.call("POST", "projects", {{"name", "x"}, {"di", "y"}}), control_error);
    EXPECT_THROW(sim.call("POST", "certificates", {{"project", "nobody"}}), control_error);
}

TEST_F(program_test, a_connection_carries_many_requests)
{
    auto socket = connect(simulator_.endpoints["regions"]["sao1"]["load_balancer"]);
    const std::string asked = "GET /v2/lbaas/listeners/x HTTP/1.1\r\nHost: x\r\nX-Auth-Token: none\r\n\r\n";
    for (int i = 0; i < 2; ++i)
    {
        const auto answer = ask(socket, asked);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
        EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/json\r\n"));
        EXPECT_THAT(answer, HasSubstr("\r\nWWW-Authenticate: Keystone uri=\""));
    }
}

TEST_F(program_test, a_put_over_the_wire_is_held_survives_its_client_and_is_served)
{
    const auto project = sim.add_project("tenant-a");
    const auto credential = sim.add_application_credential(sim.add_user("a", project), project);
    const auto before = sim.add_certificate({.project = project, .names = {"before"}});
    const auto after = sim.add_certificate({.project = project, .names = {"after"}});
    const auto balancer = sim.add_load_balancer({.project = project});
    const auto listener = sim.add_listener({.load_balancer = balancer, .default_ref = before.ref});
    const json auth = {
        {"auth",
         {{"identity",
           {{"methods", {"application_credential"}},
            {"application_credential", {{"id", credential.id}, {"secret", credential.secret}}}}}}}
    };
    auto identity = connect(simulator_.endpoints["identity"]);
    const auto issued =
        ask(identity,
            "POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(auth.dump().size()) + "\r\n\r\n" + auth.dump());
    const auto token = issued.substr(issued.find("X-Subject-Token: ") + 17, 204);

    sim.set({{"pending_ms", 1}});
    sim.hold({.method = "PUT"});
    const auto body = json({{"listener", {{"default_tls_container_ref", after.ref}}}}).dump();
    {
        auto socket = connect(simulator_.endpoints["regions"]["sao1"]["load_balancer"]);
        asio::write(
            socket,
            asio::buffer(
                "PUT /v2/lbaas/listeners/" + listener + " HTTP/1.1\r\nHost: x\r\nX-Auth-Token: " + token +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body
            )
        );
        while (sim.held().empty())
        {
        }
    }
    while (!sim.log({.method = "PUT"})[0].client_gone)
    {
    }
    EXPECT_EQ(sim.get_listener(listener).default_ref, before.ref);
    EXPECT_EQ(sim.release(), 1U);
    EXPECT_EQ(sim.get_listener(listener).default_ref, after.ref);
    while (sim.load_balancer_status(balancer) != "ACTIVE")
    {
    }
    EXPECT_EQ(sim.tls(listener, "after").certificate, after.ref);
}

TEST_F(program_test, connections_are_cut_dropped_and_refused)
{
    auto cut = connect(simulator_.endpoints["identity"]);
    sim.cut({.service = "identity"}, 10);
    asio::write(cut, asio::buffer(std::string("GET /v3 HTTP/1.1\r\nHost: x\r\n\r\n")));
    boost::system::error_code ended;
    std::string text;
    asio::read(cut, asio::dynamic_buffer(text), ended);
    EXPECT_EQ(ended, asio::error::eof);
    EXPECT_THAT(text, HasSubstr("Content-Length: "));
    EXPECT_THAT(text, testing::EndsWith("\r\n\r\n{\"version\""));

    auto dropped = connect(simulator_.endpoints["identity"]);
    sim.drop({.service = "identity"});
    asio::write(dropped, asio::buffer(std::string("GET /v3 HTTP/1.1\r\nHost: x\r\n\r\n")));
    text.clear();
    asio::read(dropped, asio::dynamic_buffer(text), ended);
    EXPECT_EQ(ended, asio::error::eof);
    EXPECT_EQ(text, "");

    auto refused = connect(simulator_.endpoints["identity"]);
    sim.set({{"down", {"identity"}}});
    asio::write(refused, asio::buffer(std::string("GET /v3 HTTP/1.1\r\nHost: x\r\n\r\n")));
    asio::read(refused, asio::dynamic_buffer(text), ended);
    EXPECT_EQ(ended, asio::error::connection_reset);
}

}  // namespace
}  // namespace cloudsim::test
