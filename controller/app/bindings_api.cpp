#include "app/bindings_api.hpp"

#include "api/files.hpp"
#include "kube/yaml_json.hpp"
#include "support/log.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace app {
namespace {

using namespace std::chrono_literals;

// A body of the API has about 150 bytes.
constexpr std::size_t largest_body = 16 << 10;
// Tokens with many groups are long.
constexpr std::size_t largest_header = 32 << 10;
constexpr support::duration last_answers = 2s;

api::settings settings_of(const options& options)
{
    api::settings settings;
    settings.defaults = {options.bindings_api.name_space, options.bindings_api.region};
    settings.watched = options.namespaces;
    settings.wait = options.bindings_api.wait;
    settings.most_waiting = options.bindings_api.most_waiting;
    settings.requests_per_minute = options.bindings_api.requests_per_minute;
    return settings;
}

// The line of what never came to the door. The door logs its own answers.
void log_refusal(const net::served_request& served)
{
    using std::chrono::milliseconds;
    if (served.refused.empty())
    {
        return;
    }
    const auto took = std::chrono::duration_cast<milliseconds>(served.took);
    support::log(
        support::log_level::info,
        "bindings API",
        {{"request_id", std::string(net::find_header(served.headers, "X-Request-Id"))},
         {"method", served.method},
         {"path", served.path},
         {"status", std::to_string(served.status)},
         {"ms", std::to_string(took.count())},
         {"peer", served.peer},
         {"why", served.refused}}
    );
}

}  // namespace

net::server_options serving_of(const bindings_api_options& options, api::door& door)
{
    net::server_options serving;
    net::server_limits& limits = serving.limits;
    limits.header_bytes = largest_header;
    limits.body_bytes = largest_body;
    limits.connections = most_connections(options);
    serving.refusal = [&door](int status, const std::string& why) { return door.refusal(status, why); };
    serving.served = log_refusal;
    return serving;
}

bindings_api::bindings_api(parts parts, const options& options, std::string contract)
    : options_(options.bindings_api),
      callers_(parts.http, parts.clock, parts.cluster, kube::read_machine_file),
      door_(
          {parts.executor,
           parts.clock,
           parts.random,
           [this](support::secret token) { return callers_.client_of(std::move(token)); },
           [&loop = parts.loop](const support::uuid& uid) { return loop.find(uid); },
           std::move(contract),
           std::string(api::docs_html)},
          settings_of(options)
      )
{}

support::result<std::unique_ptr<bindings_api>> bindings_api::open(parts parts, const options& options)
{
    const auto contract = kube::yaml_to_json(std::string(api::openapi_yaml));
    if (!contract)
    {
        return support::fail("openapi.yaml", contract.error());
    }
    std::unique_ptr<bindings_api> opened(new bindings_api(parts, options, contract->dump() + "\n"));
    if (auto good = opened->callers_.check(); !good)
    {
        return support::fail("--bindings-api-address", good.error());
    }
    if (auto good = opened->listen(parts); !good)
    {
        return std::unexpected(good.error());
    }
    return opened;
}

support::result<> bindings_api::listen(parts parts)
{
    net::server_options serving = serving_of(options_, door_);
    if (!options_.certificate_file.empty())
    {
        serving.tls = {options_.certificate_file, options_.key_file, kube::read_machine_file};
    }
    auto listening = net::listen(
        parts.executor,
        parts.clock,
        *options_.address,
        [this](net::server_request request) { return door_.answer(std::move(request)); },
        std::move(serving)
    );
    if (!listening)
    {
        return support::fail("--bindings-api-address", listening.error());
    }
    server_ = std::move(*listening);
    return {};
}

std::string bindings_api::url() const
{
    const std::string scheme = options_.certificate_file.empty() ? "http://" : "https://";
    return scheme + net::listen_address(options_.address->host, server_->port()).str();
}

void bindings_api::stop()
{
    door_.end_waits();
    server_->stop_within(last_answers);
}

}  // namespace app
