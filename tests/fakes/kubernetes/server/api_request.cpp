#include "fakes/kubernetes/server/api_request.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

namespace test {
namespace {

std::string percent_decode(std::string_view text)
{
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        unsigned value = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16).ec == std::errc())
        {
            decoded += static_cast<char>(value);
            i += 2;
        }
        else
        {
            decoded += text[i];
        }
    }
    return decoded;
}

std::vector<std::string_view> split(std::string_view text, char at)
{
    std::vector<std::string_view> parts;
    while (!text.empty())
    {
        const auto end = std::min(text.find(at), text.size());
        parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

}  // namespace

std::string api_request::asked(const std::string& key) const
{
    const auto it = query.find(key);
    return it == query.end() ? std::string() : it->second;
}

api_request understand(const net::http_request& request, const kube::resource& resource)
{
    api_request parsed;
    parsed.body = request.body;
    const std::string_view target = request.target;
    const auto question = std::min(target.find('?'), target.size());
    for (const auto pair : split(target.substr(std::min(question + 1, target.size())), '&'))
    {
        const auto equals = std::min(pair.find('='), pair.size());
        parsed.query[percent_decode(pair.substr(0, equals))] =
            percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    }
    auto path = target.substr(0, question);
    const std::string root = resource.group.empty()
                                 ? "/api/" + resource.version + "/"
                                 : "/apis/" + resource.group + "/" + resource.version + "/";
    if (!path.starts_with(root))
    {
        return parsed;
    }
    auto parts = split(path.substr(root.size()), '/');
    if (parts.size() >= 2 && parts[0] == "namespaces")
    {
        parsed.name_space = percent_decode(parts[1]);
        parts.erase(parts.begin(), parts.begin() + 2);
    }
    if (parts.empty() || parts.size() > 3 || parts[0] != resource.plural)
    {
        return parsed;
    }
    parsed.name = parts.size() > 1 ? percent_decode(parts[1]) : "";
    parsed.subresource = parts.size() > 2 ? parts[2] : "";
    if (request.method == "GET")
    {
        parsed.verb = !parsed.name.empty() ? "get" : parsed.query["watch"] == "true" ? "watch" : "list";
    }
    else if (request.method == "PATCH" && !parsed.name.empty())
    {
        parsed.verb = "patch";
    }
    else if (request.method == "POST" && parsed.name.empty())
    {
        parsed.verb = "create";
    }
    else if (request.method == "DELETE" && !parsed.name.empty())
    {
        parsed.verb = "delete";
    }
    return parsed;
}

}  // namespace test
