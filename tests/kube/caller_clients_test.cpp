#include "kube/caller_clients.hpp"

#include "fakes/certificates/certificates.hpp"
#include "fakes/http/recording_client.hpp"
#include "fakes/kubernetes/server/fake_apiserver.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using json = nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

const test::certificate& controllers_certificate()
{
    static const test::certificate made = test::make_certificate({.subject = "controller"});
    return made;
}

// A cluster whose configuration has a credential of every kind.
kube::config with_every_credential()
{
    const auto& own = controllers_certificate();
    kube::config config;
    config.source = "kubeconfig /kc";
    config.server = net::parse_url("https://kube.example.com:6443").value();
    config.ca.text = support::secret(own.pem);
    config.tls_server_name = "kubernetes";
    config.client_certificate.text = support::secret(own.pem);
    config.client_key.text = support::secret(own.key_pem);
    config.token.text = support::secret("controllers-token");
    config.username = "controller";
    config.password = support::secret("controllers-password");
    config.exec.emplace().command = "/bin/false";
    config.as.user = "somebody";
    config.as.groups = {"system:masters"};
    return config;
}

class caller_clients : public test::loop
{
protected:
    caller_clients()
        : api(executor(), clock()), http(api), clients(http, clock(), with_every_credential(), no_file)
    {
        api.token = "alices-token";
        EXPECT_TRUE(clients.check());
    }

    static support::result<std::string> no_file(const std::string& path)
    {
        return support::fail(support::errc::unreachable, path);
    }

    auto create(const std::string& token, const std::string& name)
    {
        const auto client = clients.client_of(support::secret(token));
        kube::create_request request{resource, "shop", {}};
        request.object = json{{"metadata", {{"name", name}}}, {"spec", json::object()}}.dump();
        return run(client->create(std::move(request)));
    }

    const kube::resource resource = test::certificate_binding_kind().resource;
    test::fake_apiserver api;
    test::recording_client http;
    kube::caller_clients clients;
};

TEST_F(caller_clients, show_the_token_of_the_caller_and_nothing_of_the_configuration)
{
    ASSERT_TRUE(create("alices-token", "web"));
    const auto client = clients.client_of(support::secret("alices-token"));
    ASSERT_TRUE(run(client->get(resource, "shop", "web")));
    kube::list_request listing;
    listing.resource = resource;
    ASSERT_TRUE(run(client->list(std::move(listing))));
    ASSERT_TRUE(run(client->remove({resource, "shop", "web", {}, {}})));

    ASSERT_EQ(http.sent.size(), 4U);
    for (const auto& request : http.sent)
    {
        for (const auto& header : request.headers)
        {
            EXPECT_THAT(header.name, testing::AnyOf("Accept", "Authorization", "Content-Type"));
        }
        EXPECT_EQ(net::find_header(request.headers, "authorization"), "Bearer alices-token");
        ASSERT_TRUE(request.tls);
        EXPECT_EQ(request.tls->client_certificate_pem, "");
        EXPECT_TRUE(request.tls->client_key_pem.empty());
        EXPECT_EQ(request.tls->ca_pem, controllers_certificate().pem);
        EXPECT_EQ(request.tls->server_name, "kubernetes");
    }
}

TEST_F(caller_clients, share_connections_but_no_tokens)
{
    ASSERT_TRUE(create("alices-token", "web"));
    api.token = "bobs-token";
    ASSERT_TRUE(create("bobs-token", "blog"));
    ASSERT_EQ(http.sent.size(), 2U);
    EXPECT_EQ(http.sent[0].tls, http.sent[1].tls);
    EXPECT_EQ(net::find_header(http.sent[1].headers, "authorization"), "Bearer bobs-token");
}

TEST_F(caller_clients, ask_once_where_the_token_is_refused)
{
    const auto answer = create("mallorys-token", "web");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().http_status, 401);
    EXPECT_EQ(http.sent.size(), 1U);
    EXPECT_THAT(answer.error().message, testing::Not(HasSubstr("mallory")));
}

TEST_F(caller_clients, send_nothing_without_a_token)
{
    EXPECT_FALSE(create("", "web"));
    EXPECT_THAT(http.sent, IsEmpty());
}

TEST_F(caller_clients, delete_only_the_object_and_version_that_was_meant)
{
    ASSERT_TRUE(create("alices-token", "web"));
    const auto client = clients.client_of(support::secret("alices-token"));
    ASSERT_TRUE(run(client->remove({resource, "shop", "web", "some-uid", "7"})));
    EXPECT_EQ(http.sent.back().method, "DELETE");
    EXPECT_EQ(
        json::parse(http.sent.back().body)["preconditions"],
        (json{{"uid", "some-uid"}, {"resourceVersion", "7"}})
    );
}

TEST_F(caller_clients, refuse_a_server_of_plain_http)
{
    auto cluster = with_every_credential();
    cluster.server = net::parse_url("http://127.0.0.1:8001").value();
    kube::caller_clients plain(http, clock(), cluster, no_file);
    const auto checked = plain.check();
    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().message, HasSubstr("plain http"));
    const auto client = plain.client_of(support::secret("alices-token"));
    EXPECT_FALSE(run(client->get(resource, "shop", "web")));
    EXPECT_THAT(http.sent, IsEmpty());
}

}  // namespace
