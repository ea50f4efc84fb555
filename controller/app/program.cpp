#include "app/program.hpp"

#include "app/bindings_api.hpp"
#include "app/cloud_credentials.hpp"
#include "app/controller.hpp"
#include "app/options.hpp"
#include "app/proxies.hpp"
#include "cloud/openstack/cloud_files.hpp"
#include "kube/config.hpp"
#include "kube/credentials.hpp"
#include "kube/rest_client.hpp"
#include "net/http/client.hpp"
#include "net/http/server.hpp"
#include "support/log.hpp"
#include "support/system_clock.hpp"
#include "support/task_group.hpp"
#include "support/text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <unistd.h>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace app {
namespace {

using support::errc;
using support::log_level;

constexpr int exit_stopped = 0;
constexpr int exit_bug = 1;
constexpr int exit_misconfigured = 2;

std::optional<std::string> machine_variable(const std::string& name)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread, and nothing sets variables.
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::vector<std::string> names_of_machine_variables()
{
    std::vector<std::string> names;
    for (char** each = environ; each != nullptr && *each != nullptr; ++each)
    {
        const std::string_view text(*each);
        names.emplace_back(text.substr(0, text.find('=')));
    }
    return names;
}

// In a pod, the host name is the name of the pod.
std::string host_name()
{
    char name[65] = {};
    return ::gethostname(name, sizeof name - 1) == 0 && name[0] != 0 ? name : "unknown";
}

int refuse(const support::error& error)
{
    // Paths and values may hold line ends.
    const std::string line = support::clean(error.message, 4096);
    std::fprintf(stderr, "certificate-binding-controller: %s\n", line.c_str());
    return exit_misconfigured;
}

// The clouds.yaml entry that the options name. Without a path, it is searched where the openstack client
// searches.
support::result<cloud::openstack::cloud_entry> find_cloud(const options& options)
{
    auto found = cloud::openstack::find_cloud_entry(options.cloud_config, options.cloud, machine_variable);
    if (!found)
    {
        return std::unexpected(found.error());
    }
    for (const auto& note : found->notes)
    {
        support::log(log_level::warn, note);
    }
    return std::move(found->entry);
}

// The URLs that the credentials in Secrets may name: the flag, or those of the controller's own cloud.
support::result<cloud::openstack::allowed_urls> allowed_urls_of(
    const options& options, const cloud::openstack::cloud_entry& own
)
{
    using cloud::openstack::allowed_urls;
    if (options.allowed_auth_urls.empty())
    {
        std::vector<net::url> urls{own.keystone};
        for (const auto& endpoint : {own.load_balancer_endpoint, own.key_manager_endpoint})
        {
            if (endpoint)
            {
                urls.push_back(*endpoint);
            }
        }
        return allowed_urls(std::move(urls));
    }
    auto read = allowed_urls::parse(options.allowed_auth_urls);
    return read ? read : support::fail("--allowed-auth-urls", read.error());
}

binding::admission admission_of(const options& options)
{
    const auto& names = options.credential_namespaces;
    return {names.empty() || std::ranges::find(names, "*") != names.end(), {names.begin(), names.end()}};
}

// Says what follows from --allow-controller-credentials where that is seldom wanted.
void warn_of_admission(const options& options)
{
    if (options.credential_namespaces.empty())
    {
        support::log(
            log_level::warn,
            "every user who may create a CertificateBinding, in any namespace, acts with the credential of "
            "this cloud; list the namespaces that may use it in --allow-controller-credentials (* for all)"
        );
        return;
    }
    const auto admitted = admission_of(options);
    const auto admits = [&](const std::string& name) { return admitted.admits(name); };
    if (!options.namespaces.empty() && std::ranges::none_of(options.namespaces, admits))
    {
        support::log(
            log_level::warn,
            "no watched namespace may use the credential of this cloud, so only bindings that name a Secret "
            "of "
            "their own are served; add namespaces to --allow-controller-credentials"
        );
    }
}

// The first signal lets the work in hand end; the second signal stops at once. `door` may be null.
void stop_on_signals(asio::signal_set& signals, controller& loop, bindings_api* door)
{
    signals.async_wait([&signals, &loop, door](const boost::system::error_code& failed, int number) {
        if (failed)
        {
            return;
        }
        support::log(
            log_level::info,
            "stopping; the controller finishes the write in flight first",
            {{"signal", number == SIGTERM ? "SIGTERM" : "SIGINT"}}
        );
        loop.stop();
        if (door != nullptr)
        {
            door->stop();
        }
        signals.async_wait([&loop, door](const boost::system::error_code& failed_again, int) {
            if (failed_again)
            {
                return;
            }
            loop.abort();
            if (door != nullptr)
            {
                door->abort();
            }
        });
    });
}

void log_bug(const std::exception_ptr& thrown)
{
    try
    {
        std::rethrow_exception(thrown);
    }
    catch (const std::exception& e)
    {
        support::log(
            log_level::error,
            "an exception ended the program; this is a bug of the program",
            {{"error", e.what()}}
        );
    }
}

// The pages for operators. `loop` must outlive the server.
support::result<std::unique_ptr<net::server>> serve_pages(
    const asio::any_io_executor& executor,
    support::clock& clock,
    const net::listen_address& address,
    const controller& loop
)
{
    const auto metrics = [&loop] {
        return net::page{
            .content_type = "text/plain; version=0.0.4; charset=utf-8", .pieces = loop.metrics()
        };
    };
    const auto alive = [] { return net::page{.body = "ok\n"}; };
    const auto ready = [&loop] {
        const auto missing = loop.unlisted();
        if (!loop.ready())
        {
            return net::page{.status = 503, .body = "bindings are not listed yet: " + missing + "\n"};
        }
        return net::page{
            .body = missing.empty() ? "ok\n" : "ok, without these namespaces: " + missing + "\n"
        };
    };
    std::vector<net::route> routes{{"/metrics", metrics}, {"/healthz", alive}, {"/readyz", ready}};
    auto listening = net::listen(executor, clock, address, net::serve_pages(std::move(routes)));
    return listening ? std::move(listening) : support::fail("--metrics-bind-address", listening.error());
}

// Runs the loop, and serves the pages and the door while the loop runs. Both may be null.
support::task<> run_with_servers(controller& loop, net::server* pages, bindings_api* door)
{
    support::task_group serving(co_await asio::this_coro::executor);
    if (pages != nullptr)
    {
        serving.spawn(pages->run());
    }
    if (door != nullptr)
    {
        serving.spawn(door->run());
    }
    co_await loop.run();
    if (pages != nullptr)
    {
        pages->stop();
    }
    if (door != nullptr)
    {
        door->stop();
    }
    co_await serving.join();
}

// Asks the credential plugin, if there is one, so that one that fails is told at the start.
support::result<> first_credential(asio::io_context& context, kube::credentials& credentials)
{
    support::result<> outcome;
    const auto ask = [](kube::credentials& from, support::result<>& into) -> support::task<> {
        const auto given = co_await from.get();
        if (!given)
        {
            into = support::fail(from.source().source, given.error());
        }
    };
    asio::co_spawn(context, ask(credentials, outcome), asio::detached);
    context.run();
    context.restart();
    return outcome;
}

int run_controller(const options& options)
{
    const auto cluster =
        kube::load_config({options.kubeconfig, options.context}, machine_variable, kube::read_machine_file);
    if (!cluster)
    {
        return refuse(cluster.error());
    }
    const auto proxies = read_proxies(*cluster, machine_variable);
    if (!proxies)
    {
        return refuse(proxies.error());
    }

    asio::io_context context(1);
    const auto clock = support::create_system_clock(context.get_executor());
    support::random_engine random(std::random_device{}());
    kube::credentials credentials(*cluster, kube::read_machine_file, *clock);
    if (const auto good = credentials.check(); !good)
    {
        return refuse(good.error());
    }
    if (const auto given = first_credential(context, credentials); !given)
    {
        return refuse(given.error());
    }
    const auto cloud_entry = find_cloud(options);
    if (!cloud_entry)
    {
        return refuse(cloud_entry.error());
    }
    auto allowed = allowed_urls_of(options, *cloud_entry);
    if (!allowed)
    {
        return refuse(allowed.error());
    }
    const auto http = net::create_http_client(
        context.get_executor(),
        *clock,
        {.user_agent = "certificate-binding-controller/" PROJECT_VERSION, .route = proxies->route}
    );
    const auto kube_client = kube::create_rest_client(*http, *clock, credentials);
    cloud_credentials registry(*http, *clock, random, std::move(*allowed), options.cloud_timeout);
    auto api_key = machine_variable("BYCLOUD_API_KEY");
    const auto own = registry.share(
        *cloud_entry, api_key ? std::optional(support::secret(std::move(*api_key))) : std::nullopt
    );
    if (!own)
    {
        return refuse(own.error());
    }

    binding::settings settings;
    settings.resync_period = options.resync_period;
    settings.write_deadline = options.write_deadline;
    settings.expiry_warning_days = options.expiry_warning_days;
    std::unique_ptr<bindings_api> door;
    controller loop(
        {context.get_executor(),
         *clock,
         random,
         *kube_client,
         registry,
         *own,
         admission_of(options),
         host_name(),
         [&door](const binding::object_changed& change) {
             if (door)
             {
                 door->changed(change);
             }
         }},
        options.namespaces,
        settings
    );

    std::unique_ptr<net::server> pages;
    if (options.metrics)
    {
        auto listening = serve_pages(context.get_executor(), *clock, *options.metrics, loop);
        if (!listening)
        {
            return refuse(listening.error());
        }
        pages = std::move(*listening);
    }
    if (options.bindings_api.address)
    {
        auto opened =
            bindings_api::open({context.get_executor(), *clock, random, *http, *cluster, loop}, options);
        if (!opened)
        {
            return refuse(opened.error());
        }
        door = std::move(*opened);
    }

    support::log(
        log_level::info,
        "starting",
        {{"version", PROJECT_VERSION},
         {"cluster", credentials.source().source},
         {"server", credentials.source().server.str()},
         {"namespaces", options.namespaces.empty() ? "all" : support::joined(options.namespaces)},
         {"cloud", cloud_entry->cloud},
         {cloud_entry->service ? "endpoint" : "keystone", cloud_entry->keystone.str()},
         {"metrics", options.metrics ? net::listen_address(options.metrics->host, pages->port()).str() : "off"
         },
         {"bindings_api", door ? door->url() : "off"}}
    );
    warn_of_admission(options);
    log_proxies(*proxies, {cluster->server.origin, cloud_entry->keystone.origin});
    asio::signal_set signals(context, SIGTERM, SIGINT);
    stop_on_signals(signals, loop, door.get());
    int code = exit_stopped;
    asio::co_spawn(
        context,
        run_with_servers(loop, pages.get(), door.get()),
        [&](const std::exception_ptr& thrown) {
            if (thrown)
            {
                code = exit_bug;
                log_bug(thrown);
            }
            context.stop();
        }
    );
    context.run();
    support::log(log_level::info, "stopped");
    return code;
}

}  // namespace

int run_program(const std::vector<std::string>& arguments)
{
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
