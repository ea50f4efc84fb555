#include "app/options.hpp"

#include "support/go_duration.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <ranges>

namespace app {
namespace {

using support::errc;
using support::fail;

constexpr auto footer =
    "Every flag can also be given as an environment variable: CERTIFICATE_BINDING_ and the flag's name in "
    "capitals\n"
    "with _ for -, such as CERTIFICATE_BINDING_RESYNC_PERIOD=5m. KUBECONFIG, OS_CLIENT_CONFIG_FILE and "
    "OS_CLOUD are\n"
    "honoured as everywhere. A flag wins over its variable.\n"
    "Exit codes: 0 stopped by SIGTERM or SIGINT; 2 configuration is malformed or missing.";

std::string variable_of(std::string_view flag)
{
    std::string name = "CERTIFICATE_BINDING_";
    for (char c : flag)
    {
        name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return name;
}

// The texts of the flags before they are understood.
struct raw_options
{
    std::string resync_period = "10m";
    std::string write_deadline = "30s";
    std::string log_level = "info";
    std::string log_format = "text";
};

// A namespace is an RFC 1123 label.
bool is_namespace(std::string_view name)
{
    const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= 63 && alphanumeric(name.front()) && alphanumeric(name.back()) &&
           std::ranges::all_of(name, [&](char c) { return alphanumeric(c) || c == '-'; });
}

support::result<support::duration> duration_flag(
    const std::string& flag, const std::string& text, support::duration least
)
{
    auto value = support::parse_go_duration(text);
    if (!value)
    {
        return fail(flag, value.error());
    }
    if (*value < least)
    {
        return fail(
            errc::invalid, flag + ": must be at least " + support::format_go_duration(least) + ", not " + text
        );
    }
    return value;
}

support::result<> understand(const raw_options& raw, options& into)
{
    using namespace std::chrono_literals;
    const auto resync = duration_flag("--resync-period", raw.resync_period, 1s);
    const auto deadline = duration_flag("--write-deadline", raw.write_deadline, 100ms);
    const auto level = support::parse_log_level(raw.log_level);
    const auto format = support::parse_log_format(raw.log_format);
    if (!resync)
    {
        return std::unexpected(resync.error());
    }
    if (!deadline)
    {
        return std::unexpected(deadline.error());
    }
    if (!level)
    {
        return fail("--log-level", level.error());
    }
    if (!format)
    {
        return fail("--log-format", format.error());
    }
    for (const std::string& name : into.namespaces)
    {
        if (!is_namespace(name))
        {
            return fail(
                errc::invalid,
                "--namespace: \"" + name + "\" is not a namespace name (lower-case letters, digits and -)"
            );
        }
    }
    std::ranges::sort(into.namespaces);
    const auto doubled = std::ranges::unique(into.namespaces);
    into.namespaces.erase(doubled.begin(), doubled.end());
    into.resync_period = *resync;
    into.write_deadline = *deadline;
    into.log_level = *level;
    into.log_format = *format;
    return {};
}

}  // namespace

support::result<std::variant<options, exit_text>> parse_options(
    const std::vector<std::string>& arguments, const environment& env
)
{
    options parsed;
    raw_options raw;
    CLI::App cli(
        "Keeps TLS certificates on the listeners of OpenStack Octavia load balancers, as CertificateBinding "
        "resources say.",
        "certificate-binding-controller"
    );
    cli.footer(footer);
    cli.set_version_flag(
        "--version", "certificate-binding-controller " PROJECT_VERSION, "Print the version and exit"
    );
    cli.get_formatter()->column_width(36);

    cli.add_option(
        "--kubeconfig",
        parsed.kubeconfig,
        "Path of a kubeconfig; default: $KUBECONFIG, else the pod's service account, else ~/.kube/config"
    );
    cli.add_option("--context", parsed.context, "Context of the kubeconfig; default: its current one");
    cli.add_option("--namespace", parsed.namespaces, "Namespace to watch; repeatable; default: all")
        ->allow_extra_args(false);
    cli.add_option(
        "--cloud-config",
        parsed.cloud_config,
        "Path of a clouds.yaml; default: $OS_CLIENT_CONFIG_FILE, else where the openstack client looks"
    );
    cli.add_option(
        "--cloud", parsed.cloud, "Cloud of the clouds.yaml; default: $OS_CLOUD, else the only one"
    );
    cli.add_option(
           "--resync-period",
           raw.resync_period,
           "How often every listener is read again, such as 10m or 1h30m"
    )
        ->capture_default_str();
    cli.add_option(
           "--write-deadline",
           raw.write_deadline,
           "How long Octavia may take to answer a change; 0.6 s for each certificate come on top"
    )
        ->capture_default_str();
    cli.add_option("--log-level", raw.log_level, "debug, info, warn or error")->capture_default_str();
    cli.add_option("--log-format", raw.log_format, "json or text")->capture_default_str();

    // CLI11 reads the process's environment; ours is an argument, so that tests have their own.
    std::vector<std::string> given = arguments;
    for (const CLI::Option* option :
         cli.get_options([](const CLI::Option* each) { return each->get_items_expected_max() > 0; }))
    {
        const std::string flag = option->get_single_name();
        const bool on_command_line = std::ranges::any_of(arguments, [&](const std::string& argument) {
            return argument == "--" + flag || argument.starts_with("--" + flag + "=");
        });
        const auto value = env(variable_of(flag));
        if (on_command_line || !value || value->empty())
        {
            continue;
        }
        if (flag != "namespace")
        {
            given.push_back("--" + flag + "=" + *value);
            continue;
        }
        for (const auto part : std::views::split(*value, ','))
        {
            given.push_back("--namespace=" + std::string(part.begin(), part.end()));
        }
    }
    try
    {
        std::ranges::reverse(given);  // as CLI11 wants a vector
        cli.parse(given);
    }
    catch (const CLI::CallForHelp&)
    {
        return exit_text{cli.help()};
    }
    catch (const CLI::CallForVersion&)
    {
        return exit_text{"certificate-binding-controller " PROJECT_VERSION "\n"};
    }
    catch (const CLI::ParseError& e)
    {
        return fail(errc::invalid, std::string(e.what()) + " (see --help)");
    }
    if (auto understood = understand(raw, parsed); !understood)
    {
        return std::unexpected(understood.error());
    }
    const auto or_variable = [&](std::string& value, const char* name) {
        if (value.empty())
        {
            value = env(name).value_or("");
        }
    };
    or_variable(parsed.cloud_config, "OS_CLIENT_CONFIG_FILE");
    or_variable(parsed.cloud, "OS_CLOUD");
    return parsed;
}

}  // namespace app
