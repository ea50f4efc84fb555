#include "kubeconfigs/clients.hpp"

#include "kube/config.hpp"
#include "kube/credentials.hpp"
#include "kube/rest_client.hpp"
#include "kubeconfigs/fill_in.hpp"
#include "net/http/client.hpp"
#include "support/system_clock.hpp"
#include "testbed/process.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>

namespace kubeconfigs {
namespace {

std::string filled(const std::string& text, const std::filesystem::path& folder)
{
    return fill_in(text, {{"DIR", folder.string()}});
}

// The value of KUBECONFIG; empty if it is not set.
std::optional<std::string> variable_of(const corpus_case& how, const std::filesystem::path& folder)
{
    if (how.variable == "-")
    {
        return std::nullopt;
    }
    return filled(how.variable.empty() ? "$DIR/config" : how.variable, folder);
}

// `path` is what the client itself appended to the path of the server.
std::string describe(std::vector<seen_request> requests, const std::string& path)
{
    if (requests.empty())
    {
        return {};
    }
    const seen_request& seen = requests.back();
    std::string prefix = seen.target;
    if (prefix.ends_with(path))
    {
        prefix.resize(prefix.size() - path.size());
    }
    std::string text = std::string(seen.tls ? "https" : "http") + " name=" + seen.server_name +
                       " path=" + prefix + " authorization=" + seen.authorization +
                       " certificate=" + seen.certificate;
    for (const std::string& header : seen.impersonation)
    {
        text += " " + header;
    }
    return text;
}

support::task<> send_one(kube::client& client, std::string& problem)
{
    const auto answer = co_await client.get(kube::resource{"", "v1", "things"}, "", "x");
    problem = answer ? "" : answer.error().message;
}

}  // namespace

sent ask_with_kubectl(
    const corpus_case& how,
    const std::filesystem::path& folder,
    recording_server& server,
    const std::string& kubectl
)
{
    testbed::command command{.program = "env", .arguments = {"-C", folder.string()}};
    for (const char* name :
         {"KUBECONFIG", "KUBERNETES_SERVICE_HOST", "HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"})
    {
        command.arguments.insert(command.arguments.end(), {"-u", name});
    }
    command.arguments.push_back("HOME=" + folder.string());
    if (const auto variable = variable_of(how, folder))
    {
        command.arguments.push_back("KUBECONFIG=" + *variable);
    }
    command.arguments.insert(command.arguments.end(), {kubectl, "version"});
    if (!how.flag.empty())
    {
        command.arguments.push_back("--kubeconfig=" + filled(how.flag, folder));
    }
    if (!how.context.empty())
    {
        command.arguments.push_back("--context=" + how.context);
    }
    server.take();
    const auto outcome = testbed::run(command);
    return {describe(server.take(), "/version?timeout=32s"), outcome.err, {}};
}

sent ask_with_ours(const corpus_case& how, const std::filesystem::path& folder, recording_server& server)
{
    const auto back = std::filesystem::current_path();
    std::filesystem::current_path(folder);
    const auto environment = [&](const std::string& name) -> std::optional<std::string> {
        if (name == "KUBECONFIG")
        {
            return variable_of(how, folder);
        }
        return name == "HOME" ? std::optional(folder.string()) : std::nullopt;
    };
    server.take();
    sent all;
    const auto config =
        kube::load_config({filled(how.flag, folder), how.context}, environment, kube::read_machine_file);
    if (!config)
    {
        all.error = config.error().message;
    }
    else
    {
        boost::asio::io_context context(1);
        const auto clock = support::create_system_clock(context.get_executor());
        all.notices = config->notices;
        kube::credentials credentials(*config, kube::read_machine_file, *clock);
        const auto good = credentials.check();
        const auto http = net::create_http_client(context.get_executor(), *clock, {.user_agent = "test"});
        const auto client = kube::create_rest_client(*http, *clock, credentials);
        if (good)
        {
            boost::asio::co_spawn(context, send_one(*client, all.error), boost::asio::detached);
            context.run();
        }
        else
        {
            all.error = good.error().message;
        }
    }
    std::filesystem::current_path(back);
    all.request = describe(server.take(), "/api/v1/things/x");
    return all;
}

}  // namespace kubeconfigs
