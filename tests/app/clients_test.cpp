// one-leader: which of the program's clients send a write while this process does not lead.
#include "app/clients.hpp"

#include "app/controller.hpp"
#include "cloud/binding_service.hpp"
#include "cloud/openstack/clouds_yaml.hpp"
#include "fakes/cloud/fake_bycloud.hpp"
#include "fakes/cloud/sim_http.hpp"
#include "fakes/kubernetes/server/fake_apiserver.hpp"
#include "kube/credentials.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::IsEmpty;
using testing::StartsWith;

const std::string bycloud_yaml =
    "{clouds: {by: {auth_type: bycloud, auth: {endpoint: 'https://api.example', api_key: 'AKIA1:hush'}}}}";

// The network: the servers that the program reaches, and the writes that reach them.
class network
{
public:
    explicit network(test::loop& loop)
        : cloud(loop.clock()),
          bycloud(loop.clock()),
          apiserver(loop.executor(), loop.clock()),
          leases(
              loop.executor(),
              loop.clock(),
              {{"coordination.k8s.io", "v1", "leases"}, "Lease", [](nlohmann::json&) {}}
          )
    {}

    std::unique_ptr<net::http_client> connect() { return std::make_unique<connection>(*this); }

    std::vector<std::string> writes;  // "PUT /v2/lbaas/listeners/...", without those of the Lease
    test::sim_http cloud;
    test::fake_bycloud bycloud;
    test::fake_apiserver apiserver;
    test::fake_apiserver leases;  // of the same API server

private:
    class connection final : public net::http_client
    {
    public:
        explicit connection(network& to) : to_(to) {}

        support::task<support::result<net::http_response>> send(net::http_request request) override
        {
            net::http_client& server = to_.server_of(request);
            return server.send(std::move(request));
        }
        support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request
        ) override
        {
            net::http_client& server = to_.server_of(request);
            return server.open(std::move(request));
        }

    private:
        network& to_;
    };

    net::http_client& server_of(const net::http_request& request)
    {
        if (request.target.contains("/leases"))
        {
            return leases;
        }
        if (request.method != "GET")
        {
            writes.push_back(request.method + " " + request.target);
        }
        if (request.origin.host == "api.example")
        {
            return bycloud;
        }
        return request.origin.port == 8001 ? static_cast<net::http_client&>(apiserver) : cloud;
    }
};

class clients : public test::loop
{
protected:
    clients()
    {
        auto& sim = net.cloud.control();
        project = sim.add_project("shop");
        user = sim.add_user("shop", project);
        certificate = sim.add_certificate({.project = project, .names = {"a.example.com"}});
        const auto balancer = sim.add_load_balancer({.project = project});
        listener =
            *support::uuid::parse(sim.add_listener({.load_balancer = balancer, .default_ref = certificate.ref}
            ));
        program.take_part(
            {.elect = true, .times = {}, .name = "controller", .name_space = "system"}, "me", ""
        );
    }

    static kube::config cluster()
    {
        kube::config config;
        config.server = net::parse_url("http://127.0.0.1:8001").value();
        return config;
    }

    static support::result<std::string> no_file(const std::string& path)
    {
        return support::fail(support::errc::invalid, path);
    }

    // Of another credential each time, so that no two share a token.
    std::string openstack_yaml()
    {
        const auto credential = net.cloud.control().add_application_credential(user, project);
        return R"({clouds: {lab: {auth_type: v3applicationcredential, auth: {)"
               R"(auth_url: "http://127.0.0.1:15000/v3", application_credential_id: ")" +
               credential.id + R"(", application_credential_secret: ")" + credential.secret + R"("}}}})";
    }

    std::shared_ptr<cloud::credential> of_controller(const std::string& yaml)
    {
        auto entry = cloud::openstack::parse_cloud_entry(yaml, "", "clouds.yaml", "", no_file);
        return program.cloud().share(std::move(entry).value(), std::nullopt).value();
    }

    std::shared_ptr<cloud::credential> of_tenant(const std::string& yaml)
    {
        return program.cloud()
            .read({.clouds_yaml = yaml, .source = "Secret shop/cloud", .owner = {"shop", "shop/cloud"}})
            .value();
    }

    void locate(const cloud::credential& with) { run(with.client->locate("sao1")); }

    void update_listener(const cloud::credential& with)
    {
        cloud::listener_change change;
        change.sni_refs = {{cloud::container_ref(certificate.ref)}};
        run(with.client->update_listener("sao1", listener, change, clock().now() + 30s));
    }

    void create_binding(const cloud::credential& with)
    {
        run(with.service->create_binding("sao1", support::uuid(), listener, true, 10s));
    }

    void patch_binding(kube::client& with)
    {
        kube::patch_request request;
        request.resource = {"certificates.bycloud.io", "v1alpha1", "certificatebindings"};
        request.name_space = "shop";
        request.name = "web";
        request.merge_patch = "{}";
        run(with.patch(std::move(request)));
    }

    // The writes on the network that come of it.
    std::vector<std::string> writes_of(const std::function<void()>& act)
    {
        net.writes.clear();
        act();
        return net.writes;
    }

    // Takes part in the election, alone.
    void start()
    {
        loop = std::make_unique<app::controller>(
            app::controller::parts{
                .executor = executor(),
                .clock = clock(),
                .random = random,
                .kube = program.kube(),
                .reader = program.cloud(),
                .own = of_controller(openstack_yaml()),
                .admitted = {},
                .election = program.election()->for_controller()
            },
            std::vector<std::string>{},
            binding::settings{}
        );
        program.send_while_leading(*loop);
        spawn(loop->run());
        step();
    }

    // The Lease runs out.
    void lose()
    {
        net.leases.go_down();
        advance(10s);
    }

    void TearDown() override
    {
        if (loop)
        {
            loop->abort();
            advance(1min);
            loop.reset();
        }
        test::loop::TearDown();
    }

    network net{*this};
    std::string project;
    std::string user;
    cloudsim::control::certificate certificate;
    support::uuid listener;
    support::random_engine random{1};
    kube::credentials token{cluster(), no_file, clock()};
    support::fair_offload certificates{support::on_the_spot()};
    app::clients program{
        {[this] { return net.connect(); },
         clock(),
         random,
         {},
         [](const net::measured_request&) {},
         token,
         "manager",
         cloud::openstack::allowed_urls::parse({"http://127.0.0.1:15000", "https://api.example"}).value(),
         30s,
         certificates}
    };
    std::unique_ptr<app::controller> loop;
};

TEST_F(clients, of_the_cloud_change_no_listener_without_the_lease)
{
    start();
    const auto both = {of_controller(openstack_yaml()), of_tenant(openstack_yaml())};
    for (const auto& with : both)
    {
        EXPECT_THAT(writes_of([&] { update_listener(*with); }), Contains(StartsWith("PUT")));
    }
    lose();
    for (const auto& with : both)
    {
        EXPECT_THAT(writes_of([&] { update_listener(*with); }), IsEmpty());
    }
}

TEST_F(clients, of_the_cloud_do_not_log_in_without_the_lease)
{
    const auto both = {of_controller(openstack_yaml()), of_tenant(openstack_yaml())};
    for (const auto& with : both)
    {
        EXPECT_THAT(writes_of([&] { locate(*with); }), IsEmpty());
    }
    advance(1min);  // a login that failed is not tried again at once
    start();
    for (const auto& with : both)
    {
        EXPECT_THAT(writes_of([&] { locate(*with); }), Contains(StartsWith("POST")));
    }
}

TEST_F(clients, of_a_cloud_that_attaches_itself_create_no_binding_without_the_lease)
{
    start();
    std::string another = bycloud_yaml;
    another.replace(another.find("AKIA1"), 5, "AKIA2");
    const auto both = {of_controller(bycloud_yaml), of_tenant(another)};
    for (const auto& with : both)
    {
        EXPECT_THAT(writes_of([&] { create_binding(*with); }), Contains(StartsWith("POST")));
    }
    lose();
    for (const auto& with : both)
    {
        EXPECT_THAT(writes_of([&] { create_binding(*with); }), IsEmpty());
    }
}

TEST_F(clients, of_a_leader_write_no_binding_without_the_lease)
{
    start();
    kube::client& with = program.election()->for_controller().writes;
    EXPECT_THAT(writes_of([&] { patch_binding(with); }), Contains(StartsWith("PATCH")));
    lose();
    EXPECT_THAT(writes_of([&] { patch_binding(with); }), IsEmpty());
}

// A candidate reviews its rights, writes Events, and answers callers.
TEST_F(clients, that_are_not_fenced_write_before_this_process_leads)
{
    EXPECT_THAT(writes_of([&] { patch_binding(program.kube()); }), Contains(StartsWith("PATCH")));
    net::http_request request;
    request.method = "POST";
    request.origin = net::parse_url("http://127.0.0.1:8001").value().origin;
    request.target = "/apis";
    EXPECT_THAT(
        writes_of([&] { run(program.for_callers().send(std::move(request))); }), Contains(StartsWith("POST"))
    );
}

// Else nobody could begin to lead.
TEST_F(clients, of_the_lease_write_before_this_process_leads)
{
    kube::client& with = program.election()->for_controller().lease;
    EXPECT_THAT(writes_of([&] { patch_binding(with); }), Contains(StartsWith("PATCH")));
}

}  // namespace
