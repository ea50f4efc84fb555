#include "app/program.hpp"

#include "app/file_shares.hpp"
#include "app/options.hpp"
#include "app/process.hpp"
#include "app/surroundings.hpp"
#include "net/transport/open_files.hpp"
#include "support/heap.hpp"
#include "support/log.hpp"
#include "support/text.hpp"

#include <csignal>
#include <cstdio>
#include <string>
#include <variant>

namespace app {
namespace {

using support::log_level;

// Many systems begin with 1,024, and a burst of connections may need more.
constexpr std::size_t most_open_files = 65'536;

int refuse(const support::error& error)
{
    // Paths and values may hold line ends.
    const std::string line = support::clean(error.message, 4096);
    std::fprintf(stderr, "certificate-binding-controller: %s\n", line.c_str());
    return exit_misconfigured;
}

// Within the limit of open files.
file_shares files_for(const options& options)
{
    const std::size_t files = net::allow_open_files(most_open_files);
    const std::size_t served = options.bindings_api.address
                                   ? net::share_of_server(files, most_connections(options.bindings_api))
                                   : 0;
    const file_shares shares = share_files(options.requests, files - served, options.namespaces.size());
    if (shares.requests != options.requests)
    {
        support::log(
            log_level::warn,
            "fewer requests may be under way than configured, because the process may not open more files "
            "(ulimit -n)",
            {{"open_files", std::to_string(files)},
             {"cloud_requests", std::to_string(shares.requests.of_the_cloud)},
             {"kubernetes_requests", std::to_string(shares.requests.of_kubernetes)}}
        );
    }
    return shares;
}

int run_controller(const options& options)
{
    support::tune_heap();
    const file_shares files = files_for(options);
    const auto around = read_surroundings(options);
    if (!around)
    {
        return refuse(around.error());
    }
    const auto ended = run_process(options, *around, files);
    return ended ? *ended : refuse(ended.error());
}

}  // namespace

int run_program(const std::vector<std::string>& arguments)
{
    // A reader of the log that goes away must not end the program.
    std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): it cannot fail
    const auto parsed = parse_options(arguments, machine_variable);
    if (!parsed)
    {
        return refuse(parsed.error());
    }
    if (const auto* text = std::get_if<exit_text>(&*parsed))
    {
        std::fputs(text->text.c_str(), stdout);
        return exit_stopped;
    }
    const auto& chosen = std::get<options>(*parsed);
    support::set_log(chosen.log_level, chosen.log_format);
    if (const auto unknown = unknown_variables(names_of_machine_variables()); !unknown.empty())
    {
        support::log(
            log_level::warn,
            "variables without effect, because no flag has their name; --help lists the flags",
            {{"variables", support::joined(unknown)}}
        );
    }
    return run_controller(chosen);
}

}  // namespace app
