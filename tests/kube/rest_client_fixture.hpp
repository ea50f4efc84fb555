#pragma once

#include "fakes/http/recording_client.hpp"
#include "fakes/kubernetes/server/fake_apiserver.hpp"
#include "kube/rest_client.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace test {

// The client in front of a fake API server.
class rest_client : public loop
{
protected:
    rest_client()
        : api(executor(), clock()),
          http(api),
          credentials(
              config(), [this](const std::string&) -> support::result<std::string> { return token; }, clock()
          ),
          client(kube::create_rest_client(http, clock(), credentials))
    {
        api.token = token;
        EXPECT_TRUE(credentials.check());
    }

    static kube::config config()
    {
        kube::config config;
        config.server = net::parse_url("https://kube.example.com:6443/k8s").value();
        // The fake server has no prefix.
        config.server.path = "";
        config.token.file = "/token";
        return config;
    }

    void create(const std::string& name, const std::string& name_space = "shop")
    {
        ASSERT_TRUE(api.objects().create(
            {{"metadata", {{"name", name}, {"namespace", name_space}}}, {"spec", nlohmann::json::object()}}
        ));
    }

    auto list(const std::string& name_space = "", const std::string& continue_token = "", int limit = 2)
    {
        kube::list_request request;
        request.resource = resource;
        request.name_space = name_space;
        request.continue_token = continue_token;
        request.limit = limit;
        return run(client->list(std::move(request)));
    }

    auto watch(const std::string& version, const std::string& name_space = "")
    {
        kube::watch_request request;
        request.resource = resource;
        request.name_space = name_space;
        request.resource_version = version;
        return run(client->watch(std::move(request)));
    }

    auto patch(const std::string& name, const std::string& merge_patch, const std::string& subresource = "")
    {
        kube::patch_request request;
        request.resource = resource;
        request.name_space = "shop";
        request.name = name;
        request.subresource = subresource;
        request.merge_patch = merge_patch;
        return run(client->patch(std::move(request)));
    }

    auto get(const std::string& name) { return run(client->get(resource, "shop", name)); }

    void answer_all(const api_fault& fault)
    {
        api.on_request = [fault](const api_request&) { return std::optional(fault); };
    }

    const kube::resource resource = certificate_binding_kind().resource;
    std::string token = "canary-1";
    fake_apiserver api;
    recording_client http;
    kube::credentials credentials;
    std::unique_ptr<kube::client> client;
};

}  // namespace test
