#include "fakes/kubernetes/server/api_status.hpp"

#include <utility>

namespace test::statuses {
namespace {

using json = nlohmann::ordered_json;

constexpr auto user = "system:serviceaccount:certificates:certificate-binding-controller";

std::string group_resource(const kube::resource& resource)
{
    return resource.group.empty() ? resource.plural : resource.plural + "." + resource.group;
}

std::string quoted(const std::string& text)
{
    return "\"" + text + "\"";
}

json details_of(const kube::resource& resource, const std::string& name)
{
    json details = json::object();
    if (!name.empty())
    {
        details["name"] = name;
    }
    if (!resource.group.empty())
    {
        details["group"] = resource.group;
    }
    details["kind"] = resource.plural;
    return details;
}

api_status failure(int code, const std::string& message, const std::string& reason, json details = nullptr)
{
    json body{
        {"kind", "Status"},
        {"apiVersion", "v1"},
        {"metadata", json::object()},
        {"status", "Failure"},
        {"message", message},
    };
    if (!reason.empty())
    {
        body["reason"] = reason;
    }
    if (!details.is_null())
    {
        body["details"] = std::move(details);
    }
    body["code"] = code;
    return {code, std::move(body)};
}

}  // namespace

api_status bad_request(const std::string& message)
{
    return failure(400, message, "BadRequest");
}

api_status unauthorized()
{
    return failure(401, "Unauthorized", "Unauthorized");
}

api_status forbidden(
    const kube::resource& resource,
    const std::string& verb,
    const std::string& subresource,
    const std::string& name_space,
    const std::string& name
)
{
    const std::string scope =
        name_space.empty() ? "at the cluster scope" : "in the namespace " + quoted(name_space);
    const std::string plural = subresource.empty() ? resource.plural : resource.plural + "/" + subresource;
    return failure(
        403,
        group_resource(resource) + (name.empty() ? "" : " " + quoted(name)) + " is forbidden: User " +
            quoted(user) + " cannot " + verb + " resource " + quoted(plural) + " in API group " +
            quoted(resource.group) + " " + scope,
        "Forbidden",
        details_of(resource, name)
    );
}

api_status not_found(const kube::resource& resource, const std::string& name)
{
    return failure(
        404,
        group_resource(resource) + " " + quoted(name) + " not found",
        "NotFound",
        details_of(resource, name)
    );
}

api_status already_exists(const kube::resource& resource, const std::string& name)
{
    return failure(
        409,
        group_resource(resource) + " " + quoted(name) + " already exists",
        "AlreadyExists",
        details_of(resource, name)
    );
}

api_status conflict(const kube::resource& resource, const std::string& name)
{
    return failure(
        409,
        "Operation cannot be fulfilled on " + group_resource(resource) + " " + quoted(name) +
            ": the object has been modified; please apply your changes to the latest version and try again",
        "Conflict",
        details_of(resource, name)
    );
}

api_status invalid(
    const kube::resource& resource,
    const std::string& kind,
    const std::string& name,
    const std::string& field,
    const std::string& cause,
    const std::string& message
)
{
    const json cause_entry{{"reason", cause}, {"message", message}, {"field", field}};
    json details{{"name", name}, {"group", resource.group}, {"kind", kind}, {"causes", {cause_entry}}};
    return failure(
        422,
        kind + "." + resource.group + " " + quoted(name) + " is invalid: " + field + ": " + message,
        "Invalid",
        std::move(details)
    );
}

api_status unsupported_patch()
{
    return failure(
        415,
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
        "UnsupportedMediaType"
    );
}

api_status continue_expired(const std::string& inconsistent_token)
{
    api_status status = failure(
        410,
        "The provided continue parameter is too old to display a consistent list result. You can start a new "
        "list without the continue parameter, or use the continue token in this response to retrieve the "
        "remainder of the results. Continuing with the provided token results in an inconsistent list - "
        "objects that were created, modified, or deleted between the time the first chunk was returned and "
        "now may show up in the list.",
        "Expired"
    );
    status.body["metadata"]["continue"] = inconsistent_token;
    return status;
}

api_status watch_expired(std::uint64_t version, std::uint64_t oldest)
{
    return failure(
        410,
        "too old resource version: " + std::to_string(version) + " (" + std::to_string(oldest) + ")",
        "Expired"
    );
}

api_status version_too_large(std::uint64_t version, std::uint64_t current)
{
    const json cause{{"reason", "ResourceVersionTooLarge"}, {"message", "Too large resource version"}};
    return failure(
        504,
        "Timeout: Too large resource version: " + std::to_string(version) +
            ", current: " + std::to_string(current),
        "Timeout",
        {{"causes", {cause}}, {"retryAfterSeconds", 1}}
    );
}

api_status version_invalid(const std::string& version)
{
    return failure(
        500,
        "resourceVersion: Invalid value: " + quoted(version) + ": strconv.ParseUint: parsing " +
            quoted(version) + ": invalid syntax",
        ""
    );
}

api_status deleted(const kube::resource& resource, const std::string& name, const std::string& uid)
{
    json details = details_of(resource, name);
    details["uid"] = uid;
    json body{
        {"kind", "Status"},
        {"apiVersion", "v1"},
        {"metadata", json::object()},
        {"status", "Success"},
        {"details", std::move(details)},
    };
    return {200, std::move(body)};
}

api_status internal_error(const std::string& message)
{
    const json cause{{"message", message}};
    return failure(500, "Internal error occurred: " + message, "InternalError", {{"causes", {cause}}});
}

api_status too_many_requests()
{
    return failure(
        429, "Too many requests, please try again later.", "TooManyRequests", {{"retryAfterSeconds", 1}}
    );
}

}  // namespace test::statuses
