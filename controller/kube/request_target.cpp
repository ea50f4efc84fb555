#include "kube/request_target.hpp"

#include "net/http/url.hpp"

namespace kube {
namespace {

std::string collection(const resource& resource, const std::string& name_space)
{
    std::string path = resource.group.empty() ? "/api/" + resource.version
                                              : "/apis/" + resource.group + "/" + resource.version;
    if (!name_space.empty())
    {
        path += "/namespaces/" + net::percent_encode(name_space);
    }
    return path + "/" + resource.plural;
}

// "&key=value", or nothing where there is no value.
std::string parameter(const std::string& key, const std::string& value)
{
    return value.empty() ? "" : "&" + key + "=" + net::percent_encode(value);
}

std::string by_manager(const std::string& manager)
{
    return "?fieldManager=" + net::percent_encode(manager);
}

}  // namespace

std::string target_of(const list_request& request)
{
    return collection(request.resource, request.name_space) + "?limit=" + std::to_string(request.limit) +
           parameter("continue", request.continue_token) +
           parameter("fieldSelector", request.field_selector) +
           parameter("labelSelector", request.label_selector);
}

std::string target_of(const watch_request& request)
{
    const std::string field = request.name.empty() ? "" : "metadata.name=" + request.name;
    return collection(request.resource, request.name_space) +
           "?watch=true&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(request.timeout_seconds) +
           parameter("fieldSelector", field) + parameter("labelSelector", request.label_selector) +
           parameter("resourceVersion", request.resource_version);
}

std::string target_of(const patch_request& request, const std::string& manager)
{
    std::string target = object_target(request.resource, request.name_space, request.name);
    if (!request.subresource.empty())
    {
        target += "/" + request.subresource;
    }
    return target + by_manager(manager);
}

std::string target_of(const create_request& request, const std::string& manager)
{
    return collection(request.resource, request.name_space) + by_manager(manager);
}

std::string object_target(const resource& resource, const std::string& name_space, const std::string& name)
{
    return collection(resource, name_space) + "/" + net::percent_encode(name);
}

}  // namespace kube
