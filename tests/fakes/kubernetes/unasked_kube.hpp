#pragma once

#include "kube/client.hpp"

#include <memory>
#include <stdexcept>
#include <string>

namespace test {

// A Kubernetes client that nobody may ask; a test overrides the calls that it expects.
class unasked_kube : public kube::client
{
public:
    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request) override
    {
        throw std::logic_error("not asked for");
    }
    support::task<support::result<std::unique_ptr<kube::watch_stream>>> watch(kube::watch_request) override
    {
        throw std::logic_error("not asked for");
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request) override
    {
        throw std::logic_error("not asked for");
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> create(kube::create_request) override
    {
        throw std::logic_error("not asked for");
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> get(
        kube::resource, std::string, std::string
    ) override
    {
        throw std::logic_error("not asked for");
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> remove(kube::remove_request) override
    {
        throw std::logic_error("not asked for");
    }
};

}  // namespace test
