#include "api/routes.hpp"

#include "api/http_status.hpp"
#include "api/texts.hpp"

#include <array>
#include <optional>
#include <utility>

namespace api {
namespace {

struct known_route
{
    std::string_view method;
    std::string_view path;  // "{}" stands for an id
    operation value;
};

constexpr std::string_view bindings_path = "/v1/certificates/{}/bindings";
constexpr std::string_view binding_path = "/v1/certificates/{}/bindings/{}";

constexpr std::array<known_route, 10> routes{{
    {"POST", bindings_path, operation::create_binding},
    {"GET", bindings_path, operation::list_bindings},
    {"GET", binding_path, operation::read_binding},
    {"DELETE", binding_path, operation::delete_binding},
    {"GET", "/v1/certificates/{}", operation::read_certificate},
    {"GET", "/v1/load-balancers/{}/listeners/{}/certificates", operation::list_listener_certificates},
    {"GET", "/openapi.json", operation::read_contract},
    {"HEAD", "/openapi.json", operation::read_contract},
    {"GET", "/docs", operation::read_documentation},
    {"HEAD", "/docs", operation::read_documentation},
}};

// The ids in `path` if it has the form of `pattern`.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path)
{
    const auto wanted = split(pattern, '/');
    const auto given = split(path, '/');
    if (wanted.size() != given.size())
    {
        return std::nullopt;
    }
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < wanted.size(); ++i)
    {
        if (wanted[i] == "{}" && !given[i].empty())
        {
            ids.push_back(decoded(given[i]));
        }
        else if (wanted[i] != given[i])
        {
            return std::nullopt;
        }
    }
    return ids;
}

}  // namespace

result<route> find_route(std::string_view method, std::string_view path)
{
    std::string allowed;
    for (const known_route& known : routes)
    {
        auto ids = match(known.path, path);
        if (!ids)
        {
            continue;
        }
        if (known.method == method)
        {
            return route{known.value, std::move(*ids)};
        }
        allowed += (allowed.empty() ? "" : ", ") + std::string(known.method);
    }
    if (allowed.empty())
    {
        return fail(http::not_found, "there is no such path", "GET /docs lists the paths.");
    }
    auto refused = fail(
        http::method_not_allowed,
        "the path has no method " + in_quotes(method),
        "Its methods are " + allowed + "."
    );
    refused.error().headers = {{"Allow", allowed}};
    return refused;
}

bool is_public(operation asked)
{
    return asked == operation::read_contract || asked == operation::read_documentation;
}

}  // namespace api
