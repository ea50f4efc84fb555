#pragma once

#include "app/controller.hpp"
#include "cloud/openstack/credential_registry.hpp"
#include "fakes/cloud/sim_http.hpp"
#include "fakes/kubernetes/fake_kube.hpp"
#include "support/loop.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace test {

// The objects that a killed process loses.
struct controller_process
{
    controller_process(
        loop& loop,
        kube::client& kube,
        net::http_client& http,
        const cloudsim::control::credential& credential,
        binding::admission admitted = {},
        std::vector<std::string> namespaces = {},
        std::function<void(const binding::object_changed&)> changed = {},
        std::optional<app::leader_election> election = {}
    )
        : random(7),
          registry(
              http,
              loop.clock(),
              random,
              cloud::openstack::allowed_urls::parse({"http://127.0.0.1:15000"}).value()
          ),
          controller(
              {loop.executor(),
               loop.clock(),
               random,
               kube,
               registry,
               registry.share(entry(credential)),
               std::move(admitted),
               "certificate-binding-controller",
               std::move(changed),
               support::on_the_spot(),
               std::move(election)},
              std::move(namespaces),
              {}
          )
    {
        loop.spawn(controller.run());
    }

    static std::string clouds_yaml(const cloudsim::control::credential& credential)
    {
        return R"({clouds: {lab: {auth_type: v3applicationcredential, auth: {auth_url: "http://127.0.0.1:15000/v3", )"
               "application_credential_id: \"" +
               credential.id + "\", application_credential_secret: \"" + credential.secret + "\"}}}}";
    }

    static cloud::openstack::cloud_entry entry(const cloudsim::control::credential& credential)
    {
        return cloud::openstack::parse_cloud_entry(
                   clouds_yaml(credential),
                   "",
                   "clouds.yaml",
                   "lab",
                   [](const std::string& path) { return support::fail(support::errc::invalid, path); }
        ).value();
    }

    support::random_engine random;
    cloud::openstack::credential_registry registry;
    app::controller controller;
};

// The controller, a Kubernetes and a cloud in one process.
class controller_world : public loop
{
protected:
    controller_world() : kube([] { return nullptr; }), http(clock()), sim(http.control())
    {
        project = sim.add_project("shop");
        credential = sim.add_application_credential(sim.add_user("shop", project), project);
        balancer = sim.add_load_balancer({.project = project});
        foreign = sim.add_certificate({.project = project, .names = {"foreign.example.com"}}).ref;
        listener = sim.add_listener({.load_balancer = balancer, .default_ref = foreign});
        sim.set({{"pending_ms", 200}});
    }

    void start() { running = std::make_unique<controller_process>(*this, kube, http, credential, admitted); }

    // A kill -9: requests that were sent go on, and the state of the process is lost.
    void crash()
    {
        http.cut();
        kube.cut = true;
        running->controller.abort();
        step();
        running.reset();
        kube.cut = false;
        http.join();
    }

    void TearDown() override
    {
        if (running)
        {
            crash();
        }
        loop::TearDown();
    }

    [[nodiscard]] bool until(
        const std::function<bool()>& done, support::duration limit = std::chrono::minutes(10)
    )
    {
        return run_until(done, limit);
    }

    bool becomes(const std::string& name, const std::string& reason)
    {
        return until(
            [&] { return kube.exists(name) && kube.ready_reason(name) == reason; }, std::chrono::minutes(2)
        );
    }
    // Whether the bindings b0, b1, ... are active.
    bool all_active(int bindings)
    {
        for (int i = 0; i < bindings; ++i)
        {
            if (kube.state("b" + std::to_string(i)) != "active")
            {
                return false;
            }
        }
        return true;
    }
    bool goes(const std::string& name)
    {
        return until([&] { return !kube.exists(name); }, std::chrono::minutes(3));
    }

    cloudsim::control::certificate certificate(const std::string& name)
    {
        return sim.add_certificate({.project = project, .names = {name}});
    }

    // The certificate that a TLS client gets for this server name.
    std::string served(const std::string& name) { return served(listener, name); }
    std::string served(const std::string& by, const std::string& name)
    {
        return sim.tls(by, name).certificate.value_or("nothing");
    }

    std::string metrics() const
    {
        std::string whole;
        const auto next = running->controller.metrics();
        while (const auto piece = next())
        {
            whole += *piece;
        }
        return whole;
    }

    std::vector<std::string> reasons_of_events() const
    {
        std::vector<std::string> reasons;
        for (const auto& event : kube.events)
        {
            reasons.push_back(event["type"].get<std::string>() + " " + event["reason"].get<std::string>());
        }
        return reasons;
    }

    fake_kube kube;
    sim_http http;
    cloudsim::control& sim;
    std::string project;
    std::string balancer;
    std::string listener;
    std::string foreign;
    cloudsim::control::credential credential;
    binding::admission admitted;
    std::unique_ptr<controller_process> running;
};

}  // namespace test
