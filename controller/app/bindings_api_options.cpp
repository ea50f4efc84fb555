#include "app/bindings_api_options.hpp"

#include "api/request.hpp"
#include "app/flag_values.hpp"

#include <algorithm>
#include <utility>

namespace app {
namespace {

using namespace std::chrono_literals;
using support::errc;
using support::fail;

constexpr support::duration longest_wait = 5min;
constexpr std::size_t most_places = 100'000;
constexpr std::size_t most_requests = 1'000'000;

support::result<> check_transport(
    const bindings_api_options& options,
    bool allow_http,
    const std::function<std::string(const std::string& flag)>& given_by
)
{
    if (options.certificate_file.empty() != options.key_file.empty())
    {
        const char* flag =
            options.key_file.empty() ? "--bindings-api-tls-cert-file" : "--bindings-api-tls-key-file";
        return fail(
            errc::invalid, given_by(flag) + ": a certificate needs its key; give both or neither of them"
        );
    }
    const bool exposed =
        options.address && options.certificate_file.empty() && !is_loopback(*options.address);
    if (exposed && !allow_http)
    {
        return fail(
            errc::invalid,
            given_by("--bindings-api-address") + ": at " + options.address->str() +
                " everybody on the network could read the tokens of the requests; give "
                "--bindings-api-tls-cert-file and --bindings-api-tls-key-file, or listen on 127.0.0.1, or, "
                "if "
                "something in front of the controller speaks TLS, set --bindings-api-allow-http=true"
        );
    }
    return {};
}

support::result<> check_namespace(
    const std::string& name_space, const std::string& given_by, const std::vector<std::string>& watched
)
{
    if (name_space.empty())
    {
        return {};
    }
    if (auto good = check_namespaces({name_space}, given_by); !good)
    {
        return good;
    }
    if (!watched.empty() && std::ranges::find(watched, name_space) == watched.end())
    {
        return fail(
            errc::invalid,
            given_by + ": the controller does not watch the namespace \"" + name_space +
                "\"; add --namespace " + name_space
        );
    }
    return {};
}

// Beside the calls that wait. With TLS an idle connection costs about 18 KB, without it 3 KB.
constexpr std::size_t other_connections = 11'000;
constexpr std::size_t other_connections_with_tls = 3'000;

}  // namespace

std::size_t most_connections(const bindings_api_options& options)
{
    return options.most_waiting +
           (options.certificate_file.empty() ? other_connections : other_connections_with_tls);
}

support::result<bindings_api_options> understand(
    const raw_bindings_api& raw,
    const std::function<std::string(const std::string& flag)>& given_by,
    const std::vector<std::string>& watched
)
{
    bindings_api_options options;
    const auto address =
        raw.address == "0" ? support::result<net::listen_address>() : net::parse_listen_address(raw.address);
    const auto wait = duration_between(raw.wait, 1s, longest_wait);
    const auto places = number_between(raw.most_waiting, 1, most_places);
    const auto requests = number_between(raw.requests_per_minute, 0, most_requests);
    const auto allow_http = yes_or_no(raw.allow_http);
    std::optional<support::error> wrong;
    const auto check = [&](const char* flag, const auto& value) {
        if (!wrong && !value)
        {
            wrong = fail(given_by(flag), value.error()).error();
        }
    };
    check("--bindings-api-address", address);
    check("--bindings-api-wait", wait);
    check("--bindings-api-max-waiting", places);
    check("--bindings-api-requests-per-minute", requests);
    check("--bindings-api-allow-http", allow_http);
    if (wrong)
    {
        return std::unexpected(*wrong);
    }
    options.address = raw.address == "0" ? std::nullopt : std::optional(*address);
    options.name_space = raw.name_space;
    options.region = raw.region;
    options.wait = *wait;
    options.most_waiting = *places;
    options.requests_per_minute = *requests;
    options.certificate_file = raw.certificate_file;
    options.key_file = raw.key_file;
    if (auto good = check_transport(options, *allow_http, given_by); !good)
    {
        return std::unexpected(good.error());
    }
    if (!options.region.empty() && !api::is_region(options.region))
    {
        return fail(
            errc::invalid,
            given_by("--bindings-api-default-region") + ": \"" + options.region +
                "\" is not a region; write it as the cloud's catalog does"
        );
    }
    if (auto good = check_namespace(options.name_space, given_by("--bindings-api-namespace"), watched); !good)
    {
        return std::unexpected(good.error());
    }
    return options;
}

}  // namespace app
