#pragma once

#include "kube/client.hpp"

#include <utility>

namespace test {

// A Kubernetes client that forwards every call to another client; a test overrides the calls that it needs.
class kube_through : public kube::client
{
public:
    explicit kube_through(kube::client& next) : next_(next) {}

    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request request) override
    {
        return next_.list(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::watch_stream>>> watch(kube::watch_request request
    ) override
    {
        return next_.watch(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override
    {
        return next_.patch(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> create(kube::create_request request
    ) override
    {
        return next_.create(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> get(
        kube::resource resource, std::string name_space, std::string name
    ) override
    {
        return next_.get(std::move(resource), std::move(name_space), std::move(name));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> remove(kube::remove_request request
    ) override
    {
        return next_.remove(std::move(request));
    }

private:
    kube::client& next_;
};

}  // namespace test
