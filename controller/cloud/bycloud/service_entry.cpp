#include "cloud/bycloud/service_entry.hpp"

#include "net/certificates/sha256.hpp"
#include "net/certificates/x509.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace cloud::bycloud {
namespace {

using support::errc;
using support::fail;

constexpr std::size_t longest_credential = 16 << 10;
constexpr std::string_view version = "/v1";

// What may stand in a header.
bool is_one_word(std::string_view text)
{
    return std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

// The first problem of the credential; empty if there is none.
std::string problem_with(const entry_text& text)
{
    const std::string& key = text.api_key.reveal();
    const std::string& token = text.token.reveal();
    if (key.empty() && token.empty())
    {
        return text.api_key_key +
               " is missing; add it, as \"<access key id>:<secret access key>\", or a token";
    }
    if (!key.empty() && !token.empty())
    {
        return text.api_key_key + " and token are both there; remove one of them";
    }
    const auto colon = key.find(':');
    if (!key.empty() && (colon == std::string::npos || colon == 0 || colon + 1 == key.size()))
    {
        return text.api_key_key + " must be \"<access key id>:<secret access key>\"";
    }
    for (const auto& [name, value] :
         {std::pair(text.api_key_key, &key), std::pair(std::string("token"), &token)})
    {
        if (value->size() > longest_credential || !is_one_word(*value))
        {
            return name + " must be one word of ASCII, without spaces and line ends";
        }
    }
    return {};
}

}  // namespace

support::result<service_entry> understand_entry(entry_text text)
{
    const auto refuse = [&text](const std::string& problem) {
        return fail(errc::invalid, text.label + ": " + problem);
    };
    if (text.endpoint.empty())
    {
        return refuse(
            text.endpoint_key + " is missing; add the URL of the ByCloud API, such as https://api.example.com"
        );
    }
    auto endpoint = net::parse_url(text.endpoint);
    if (!endpoint || !endpoint->query.empty())
    {
        return refuse(text.endpoint_key + " must be an http or https URL without a query");
    }
    if (endpoint->path.ends_with(version))
    {
        endpoint->path.resize(endpoint->path.size() - version.size());
    }
    if (const std::string problem = problem_with(text); !problem.empty())
    {
        return refuse(problem);
    }
    service_entry read;
    if (text.tls)
    {
        text.ca_pem = text.tls->ca_pem;
        read.tls = std::move(text.tls);
    }
    else if (!text.ca_pem.empty())
    {
        if (const auto usable = net::check_certificates_pem(text.ca_pem); !usable)
        {
            return refuse("cacert: " + usable.error().message);
        }
        auto tls = std::make_shared<net::tls_settings>();
        tls->ca_pem = text.ca_pem;
        read.tls = std::move(tls);
    }
    read.name = std::move(text.name);
    read.endpoint = std::move(*endpoint);
    std::string content = "bycloud\n" + read.endpoint.str() + "\n" + text.api_key.reveal() + "\n" +
                          text.token.reveal() + "\n" + text.ca_pem;
    read.id = net::sha256_hex(content);
    support::wipe(content);
    read.api_key = std::move(text.api_key);
    read.token = std::move(text.token);
    return read;
}

}  // namespace cloud::bycloud
