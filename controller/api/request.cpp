#include "api/request.hpp"

#include "api/http_status.hpp"
#include "api/texts.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <span>
#include <utility>

namespace api {
namespace {

constexpr std::size_t longest_namespace = 63;
constexpr std::size_t longest_region = 64;

bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

result<> read_scope(const net::server_request& request, const defaults& defaults, parameters& into)
{
    const auto region = header_of(request.headers, "X-Region");
    const auto name_space = header_of(request.headers, "X-Namespace");
    if (!region || !name_space)
    {
        return std::unexpected(region ? name_space.error() : region.error());
    }
    into.region = region->value_or(defaults.region);
    into.name_space = name_space->value_or(defaults.name_space);
    if (!*region && into.region.empty())
    {
        return bad_field(
            "X-Region",
            "the header is missing",
            "Send the region, such as X-Region: sao1, or start the controller with "
            "--bindings-api-default-region."
        );
    }
    if (!is_region(into.region))
    {
        return bad_field(
            "X-Region", in_quotes(into.region) + " is not a region", "Send the region as the cloud spells it."
        );
    }
    if (!*name_space && into.name_space.empty())
    {
        return bad_field(
            "X-Namespace",
            "the header is missing",
            "Send the Kubernetes namespace of the bindings, or start the controller with "
            "--bindings-api-namespace."
        );
    }
    if (!is_namespace(into.name_space))
    {
        return bad_field(
            "X-Namespace",
            in_quotes(into.name_space) + " is not the name of a namespace",
            "A name has lower-case letters, digits and -."
        );
    }
    return {};
}

result<> read_ids(const route& route, parameters& into)
{
    struct id
    {
        std::string_view name;
        support::uuid* into;
    };
    support::uuid load_balancer;  // without the cloud nobody knows which listeners it has
    std::vector<id> wanted{{"certificate_id", &into.certificate_id}, {"binding_id", &into.binding_id}};
    if (route.operation == operation::list_listener_certificates)
    {
        wanted = {{"load_balancer_id", &load_balancer}, {"listener_id", &into.listener_id}};
    }
    for (std::size_t i = 0; i < route.ids.size(); ++i)
    {
        const auto read = support::uuid::parse(route.ids[i]);
        if (!read)
        {
            return bad_field(
                std::string(wanted[i].name),
                in_quotes(route.ids[i]) + " is not a UUID",
                "Write the id such as 550e8400-e29b-41d4-a716-446655440001."
            );
        }
        *wanted[i].into = *read;
    }
    return {};
}

using query_parameters = std::map<std::string, std::string>;

result<query_parameters> read_query(std::string_view query, std::span<const std::string_view> known)
{
    query_parameters read;
    for (const auto part : split(query, '&'))
    {
        if (part.empty())
        {
            continue;
        }
        const auto equals = std::min(part.find('='), part.size());
        const std::string name = decoded(part.substr(0, equals));
        if (std::ranges::find(known, name) == known.end())
        {
            return bad_field(
                in_quotes(name),
                "the query parameter is not known here",
                "Remove it; /docs lists those that are."
            );
        }
        const auto value = part.substr(std::min(equals + 1, part.size()));
        if (!read.emplace(name, decoded(value)).second)
        {
            return bad_field(name, "the query parameter is given twice", "Give it once.");
        }
    }
    return read;
}

result<std::size_t> read_number(
    const query_parameters& query, const std::string& name, std::size_t least, std::size_t most
)
{
    const std::string& text = query.at(name);
    std::size_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size() || number < least || number > most)
    {
        return bad_field(
            name,
            in_quotes(text) + " is not a number from " + std::to_string(least) + " to " +
                std::to_string(most),
            "Give such a number, or leave the parameter out."
        );
    }
    return number;
}

std::vector<std::string_view> query_of(operation asked)
{
    switch (asked)
    {
        case operation::create_binding:
        case operation::delete_binding:
            return {"wait"};
        case operation::list_bindings:
        case operation::list_listener_certificates:
            return {"limit", "marker"};
        default:
            return {};
    }
}

result<> read_query_parameters(operation asked, std::string_view text, parameters& into)
{
    const auto query = read_query(text, query_of(asked));
    if (!query)
    {
        return std::unexpected(query.error());
    }
    if (query->contains("limit"))
    {
        const auto limit = read_number(*query, "limit", 1, most_listed);
        if (!limit)
        {
            return std::unexpected(limit.error());
        }
        into.limit = *limit;
    }
    if (query->contains("wait"))
    {
        const auto wait = read_number(*query, "wait", 0, static_cast<std::size_t>(longest_wait.count()));
        if (!wait)
        {
            return std::unexpected(wait.error());
        }
        into.wait = std::chrono::seconds(*wait);
    }
    if (const auto marker = query->find("marker"); marker != query->end())
    {
        into.marker = support::uuid::parse(marker->second);
        if (!into.marker)
        {
            return bad_field(
                "marker",
                in_quotes(marker->second) + " is not a UUID",
                "Give the marker of the page before, which is the id of its last item."
            );
        }
    }
    return {};
}

}  // namespace

bool is_namespace(std::string_view text)
{
    const auto is_small = [](char c) { return is_alphanumeric(c) && !(c >= 'A' && c <= 'Z'); };
    return !text.empty() && text.size() <= longest_namespace && is_small(text.front()) &&
           is_small(text.back()) &&
           std::ranges::all_of(text, [&](char c) { return is_small(c) || c == '-'; });
}

bool is_region(std::string_view text)
{
    return !text.empty() && text.size() <= longest_region && is_alphanumeric(text.front()) &&
           is_alphanumeric(text.back()) && std::ranges::all_of(text, [](char c) {
               return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
           });
}

result<support::secret> read_token(const std::vector<net::header>& headers)
{
    constexpr std::string_view scheme = "bearer ";
    const auto refuse = [](std::string message) {
        auto refused = fail(
            http::unauthorized, std::move(message), "Send a Kubernetes token: Authorization: Bearer TOKEN."
        );
        refused.error().headers = {{"WWW-Authenticate", "Bearer"}};
        return refused;
    };
    const auto header = header_of(headers, "Authorization");
    if (!header)
    {
        return refuse(header.error().message);
    }
    if (!*header)
    {
        return refuse("Authorization: the header is missing");
    }
    const std::string_view text = **header;
    if (!net::same_name(text.substr(0, scheme.size()), scheme))
    {
        return refuse("Authorization: the scheme is not Bearer");
    }
    const auto begin = std::min(text.find_first_not_of(' ', scheme.size()), text.size());
    support::secret token{std::string(text.substr(begin))};
    const bool is_one_word = std::ranges::all_of(token.reveal(), [](char c) { return c > ' ' && c <= '~'; });
    if (token.empty() || !is_one_word)
    {
        return refuse("Authorization: the token is empty or not one word");
    }
    return token;
}

result<parameters> read_parameters(
    const route& route, const net::server_request& request, const defaults& defaults
)
{
    parameters read;
    if (auto good = read_ids(route, read); !good)
    {
        return std::unexpected(good.error());
    }
    if (auto good = read_query_parameters(route.operation, request.query, read); !good)
    {
        return std::unexpected(good.error());
    }
    if (auto good = read_scope(request, defaults, read); !good)
    {
        return std::unexpected(good.error());
    }
    return read;
}

}  // namespace api
