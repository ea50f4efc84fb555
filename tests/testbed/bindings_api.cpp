#include "testbed/bindings_api.hpp"

#include "testbed/process.hpp"

namespace testbed {

using nlohmann::json;

api_answer bindings_api_client::ask(
    const std::string& method, const std::string& target, const std::string& body
) const
{
    std::vector<std::string> arguments{
        "--silent",
        "--noproxy",
        "*",
        "--max-time",
        "60",
        "-X",
        method,
        url + target,
        "-w",
        "\n%{http_code}",
        "-H",
        "Authorization: Bearer " + token
    };
    if (!authority.empty())
    {
        arguments.insert(arguments.end(), {"--cacert", authority.string()});
    }
    if (!body.empty())
    {
        arguments.insert(arguments.end(), {"-H", "Content-Type: application/json", "-d", body});
    }
    const auto out = run({.program = "curl", .arguments = arguments}).out;
    const auto end = out.rfind('\n');
    return {std::stoi(out.substr(end + 1)), json::parse(out.substr(0, end), nullptr, false)};
}

std::string bindings_of(const std::string& certificate)
{
    return "/v1/certificates/" + certificate + "/bindings";
}

std::string body_of_binding(const std::string& listener, bool sni)
{
    return json{
        {"resource_type", "octavia:listener"}, {"resource_id", listener}, {"options", {{"sni", sni}}}
    }.dump();
}

std::vector<std::string> bindings_api_flags(int port, const std::string& name_space)
{
    return {
        "--bindings-api-address",
        "127.0.0.1:" + std::to_string(port),
        "--bindings-api-namespace",
        name_space,
        "--bindings-api-default-region",
        "sao1",
        "--bindings-api-requests-per-minute",
        "0"
    };
}

}  // namespace testbed
