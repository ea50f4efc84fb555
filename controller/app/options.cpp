#include "app/options.hpp"

#include "app/flag_values.hpp"
#include "app/flags.hpp"
#include "app/raw_options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>
#include <utility>

namespace app {
namespace {

using support::errc;
using support::fail;

constexpr std::string_view variable_prefix = "CERTIFICATE_BINDING_";

// "--log-level" is CERTIFICATE_BINDING_LOG_LEVEL.
std::string variable_of(std::string_view flag)
{
    std::string name(variable_prefix);
    for (const char c : flag.substr(2))
    {
        name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return name;
}

std::unexpected<support::error> no_value(const std::string& flag)
{
    return fail(errc::invalid, flag + " needs a value; see --help");
}

// The values of the environment variables, as arguments. Namespaces stand apart, because --namespace replaces
// those of the variable and does not add to them.
struct variables
{
    std::vector<std::string> arguments;
    std::vector<std::string> namespaces;
    std::set<std::string> flags;  // the flags whose variable is set
};

// CLI11 would read the environment of the process. Here the environment is an argument, so that tests bring
// their own.
variables read_variables(const std::vector<const CLI::Option*>& flags, const environment& env)
{
    variables read;
    for (const CLI::Option* option : flags)
    {
        const std::string flag = option->get_name();
        const auto value = env(variable_of(flag)).value_or("");
        if (value.empty())
        {
            continue;
        }
        read.flags.insert(flag);
        if (flag == "--namespace")
        {
            read.namespaces = split_at_commas(value);
        }
        else
        {
            read.arguments.push_back(flag + "=" + value);
        }
    }
    return read;
}

// The arguments with "--flag=" as the two words "--flag" and "", because CLI11 takes the next argument for
// its value else. The flag that may stand alone needs a value after its "=".
support::result<std::vector<std::string>> with_empty_values(const std::vector<std::string>& arguments)
{
    std::vector<std::string> words;
    for (const std::string& argument : arguments)
    {
        const bool is_empty = argument.starts_with("--") && argument.find('=') + 1 == argument.size();
        const std::string flag = is_empty ? argument.substr(0, argument.size() - 1) : "";
        if (flag == leader_elect || (argument.empty() && !words.empty() && words.back() == leader_elect))
        {
            return no_value(leader_elect);
        }
        words.push_back(is_empty ? flag : argument);
        if (is_empty)
        {
            words.emplace_back();
        }
    }
    return words;
}

// Runs CLI11, which stores the arguments in the variables that declare_flags() named.
support::result<std::optional<exit_text>> parse(CLI::App& cli, const std::vector<std::string>& given)
{
    auto words = with_empty_values(given);
    if (!words)
    {
        return std::unexpected(words.error());
    }
    std::vector<std::string> arguments = std::move(*words);
    try
    {
        std::ranges::reverse(arguments);  // CLI11 takes a vector from its end
        cli.parse(arguments);
    }
    catch (const CLI::CallForHelp&)
    {
        return exit_text{cli.help()};
    }
    catch (const CLI::CallForVersion&)
    {
        return exit_text{cli.version() + "\n"};
    }
    catch (const CLI::ExtrasError&)
    {
        // What follows a = may be a secret that was meant for another program.
        const std::string extra = cli.remaining().front();
        const std::string name = extra.substr(0, extra.find('='));
        return fail(errc::invalid, "unknown argument \"" + name + "\"; --help lists the flags");
    }
    catch (const CLI::ArgumentMismatch& e)
    {
        const std::string message = e.what();  // begins with the flag
        return no_value(message.substr(0, message.find(':')));
    }
    catch (const CLI::ParseError& e)
    {
        return fail(errc::invalid, std::string(e.what()) + "; see --help");
    }
    return std::nullopt;
}

}  // namespace

std::vector<std::string> unknown_variables(const std::vector<std::string>& names)
{
    options none;
    raw_options raw;
    CLI::App cli;
    declare_flags(cli, none, raw);
    std::set<std::string> known;
    for (const CLI::Option* option : cli.get_options())
    {
        known.insert(variable_of(option->get_name()));
    }
    std::vector<std::string> unknown;
    std::ranges::copy_if(names, std::back_inserter(unknown), [&](const std::string& name) {
        const bool of_service = name.contains("_SERVICE_") || name.contains("_PORT");
        return name.starts_with(variable_prefix) && !known.contains(name) && !of_service;
    });
    return unknown;
}

support::result<std::variant<options, exit_text>> parse_options(
    const std::vector<std::string>& arguments, const environment& env
)
{
    options parsed;
    raw_options raw;
    CLI::App cli(
        "Keeps TLS certificates on the listeners of OpenStack Octavia load balancers, as\n"
        "declared by CertificateBinding resources.",
        "certificate-binding-controller"
    );
    declare_flags(cli, parsed, raw);
    const CLI::App& declared = cli;
    const auto flags =
        declared.get_options([](const CLI::Option* option) { return option->get_items_expected_max() > 0; });

    const variables set = read_variables(flags, env);
    std::vector<std::string> given = set.arguments;  // first, because the last value of a flag counts
    given.insert(given.end(), arguments.begin(), arguments.end());
    const auto text = parse(cli, given);
    if (!text)
    {
        return std::unexpected(text.error());
    }
    if (*text)
    {
        return **text;
    }
    for (const CLI::Option* flag : flags)
    {
        const std::string name = flag->get_name();
        if (flag->count() == 0 || !flag->results().back().empty() || may_be_empty(name))
        {
            continue;
        }
        if (name != leader_elect)
        {
            return no_value(name);
        }
        raw.leader.elect = "true";
    }
    if (parsed.namespaces.empty())
    {
        parsed.namespaces = set.namespaces;
    }
    const auto given_by = [&](const std::string& flag) {
        const std::size_t values_of_variable = flag == "--namespace" ? 0 : 1;
        return set.flags.contains(flag) && cli.count(flag) == values_of_variable ? variable_of(flag) : flag;
    };
    if (auto understood = understand(raw, given_by, parsed); !understood)
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
