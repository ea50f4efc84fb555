#include "kube/identity_headers.hpp"

#include "net/http/url.hpp"

#include <string>
#include <string_view>

namespace kube {
namespace {

// Bytes that a name of a header cannot have, and '%', are percent-encoded, as by client-go.
std::string header_name(const std::string& text)
{
    std::string name;
    for (const char c : text)
    {
        const bool legal = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                           std::string_view("!#$&'*+-.^_`|~").contains(c);
        name += legal ? std::string(1, c) : net::percent_encode(std::string(1, c));
    }
    return name;
}

void add_impersonation(const impersonation& as, std::vector<net::header>& headers)
{
    if (as.user.empty())
    {
        return;
    }
    headers.push_back({"Impersonate-User", as.user});
    if (!as.uid.empty())
    {
        headers.push_back({"Impersonate-Uid", as.uid});
    }
    for (const std::string& group : as.groups)
    {
        headers.push_back({"Impersonate-Group", group});
    }
    for (const auto& [key, values] : as.extra)
    {
        for (const std::string& value : values)
        {
            headers.push_back({"Impersonate-Extra-" + header_name(key), value});
        }
    }
}

}  // namespace

void add_identity(
    const request_credentials::current& current, const impersonation& as, std::vector<net::header>& headers
)
{
    if (!current.token.empty())
    {
        headers.push_back({"Authorization", "Bearer " + current.token.reveal()});
    }
    else if (!current.basic.empty())
    {
        headers.push_back({"Authorization", "Basic " + current.basic.reveal()});
    }
    add_impersonation(as, headers);
}

}  // namespace kube
