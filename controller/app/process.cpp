#include "app/process.hpp"

#include "app/clients.hpp"
#include "app/controller.hpp"
#include "app/election.hpp"
#include "app/failed_requests.hpp"
#include "app/lag_warning.hpp"
#include "app/own_cloud.hpp"
#include "app/own_credential.hpp"
#include "app/rights_check.hpp"
#include "app/servers.hpp"
#include "app/signals.hpp"
#include "app/start_report.hpp"
#include "kube/credentials.hpp"
#include "kube/rest_client.hpp"
#include "net/http/client.hpp"
#include "support/fair_offload.hpp"
#include "support/heap.hpp"
#include "support/log.hpp"
#include "support/loop_lag.hpp"
#include "support/offload.hpp"
#include "support/system_clock.hpp"
#include "support/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace app {
namespace {

using support::log_level;

constexpr int forbidden = 403;

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

binding::settings settings_of(const options& options)
{
    binding::settings settings;
    settings.divided = !options.label_selector.empty();
    settings.resync_period = options.resync_period;
    settings.write_deadline = options.write_deadline;
    settings.expiry_warning_days = options.expiry_warning_days;
    return settings;
}

// The field manager of the writes to bindings, of at most 128 bytes.
std::string manager_of(const options& options)
{
    std::string name(kube::field_manager);
    return options.label_selector.empty() ? name : name + "/" + options.leader.name;
}

class process
{
public:
    process(const options& options, const surroundings& around, const file_shares& files)
        : options_(options),
          around_(around),
          idle_connections_(files.idle),
          clock_(support::create_system_clock(context_.get_executor())),
          credentials_(around.cluster, kube::read_machine_file, *clock_),
          clients_(
              {[this] { return net::create_http_client(context_.get_executor(), *clock_, client_options()); },
               *clock_,
               random_,
               files.requests,
               [this](const auto& ended) { requested(ended); },
               credentials_,
               manager_of(options),
               around.allowed,
               options.cloud_timeout,
               certificates_}
          )
    {}

    // Opens what run() runs. Errors: invalid, with one line for the user.
    support::result<> open()
    {
        if (const auto good = credentials_.check(); !good)
        {
            return good;
        }
        if (const auto given = first_credential(context_, credentials_); !given)
        {
            return given;
        }
        const auto own = share(around_.cloud);
        if (!own)
        {
            return std::unexpected(own.error());
        }
        create_loop(*own);
        return servers_.listen(
            {context_.get_executor(), *clock_, random_, clients_.for_callers(), around_.cluster, *loop_},
            *rights_,
            options_
        );
    }

    // Runs until a signal ends it. Returns the code to exit with.
    int run()
    {
        log_start(options_, around_, servers_, clients_.election());
        signals signals(
            context_.get_executor(), {[this] { stop(); }, [this] { abort(); }}, options_.log_level
        );
        int code = exit_stopped;
        asio::co_spawn(context_, run_all(), [&](const std::exception_ptr& thrown) {
            if (thrown)
            {
                code = exit_bug;
                log_bug(thrown);
            }
            context_.stop();
        });
        context_.run();
        support::log(log_level::info, "stopped");
        support::flush_log();
        return code;
    }

private:
    // Runs the loop, serves while it runs, and does beside it what never ends by itself.
    support::task<> run_all()
    {
        lag_warning lag(*clock_, options_.loop_lag_warning);
        support::task_group serving(context_.get_executor());
        support::task_group beside(context_.get_executor());
        beside.spawn(rights_->run());
        beside.spawn(own_->run());
        beside.spawn(support::watch_heap(*clock_, support::glibc_heap()));
        beside.spawn(support::watch_loop_lag(*clock_, [&](auto late) {
            loop_->loop_was_late(late);
            lag.was_late(late);
        }));
        serving.spawn(servers_.run());
        co_await loop_->run();
        servers_.stop();
        co_await serving.join();
        beside.cancel();
        co_await beside.join();
    }

    void stop()
    {
        loop_->stop();
        servers_.stop_bindings_api();
    }

    void abort()
    {
        loop_->abort();
        servers_.abort_bindings_api();
    }

    net::client_options client_options() const
    {
        return {
            .user_agent = "certificate-binding-controller/" PROJECT_VERSION,
            .idle_in_all = idle_connections_,
            .route = around_.proxies.route
        };
    }

    void requested(const net::measured_request& ended)
    {
        failed_requests_.ended(ended);
        if (loop_)
        {
            loop_->requested(ended);
        }
        if (rights_ && ended.service == "kubernetes" && ended.status == forbidden)
        {
            rights_->doubt();
        }
    }

    // The credential of the controller's own cloud.
    support::result<std::shared_ptr<cloud::credential>> share(cloud::openstack::cloud_entry own)
    {
        auto api_key = machine_variable("BYCLOUD_API_KEY");
        return clients_.cloud().share(
            std::move(own), api_key ? std::optional(support::secret(std::move(*api_key))) : std::nullopt
        );
    }

    void create_loop(const std::shared_ptr<cloud::credential>& own)
    {
        if (options_.leader.elect)
        {
            clients_.take_part(options_.leader, host_name(), around_.cluster.name_space);
        }
        const election* election = clients_.election();
        loop_ = std::make_unique<controller>(
            controller::parts{
                context_.get_executor(),
                *clock_,
                random_,
                clients_.kube(),
                clients_.cloud(),
                own,
                admission_of(options_),
                host_name(),
                [this](const auto& change) { servers_.changed(change); },
                *secrets_worker_,
                election != nullptr ? std::optional(election->for_controller()) : std::nullopt,
                options_.label_selector,
                manager_of(options_),
                [this] { return clients_.by_service(); },
                options_.expiry_metrics
            },
            options_.namespaces,
            settings_of(options_)
        );
        clients_.send_while_leading(*loop_);
        own_ = std::make_unique<own_credential>(
            own_credential::parts{
                *clock_,
                [this] {
                    return cloud::openstack::find_cloud_entry(
                        options_.cloud_config, options_.cloud, machine_variable
                    );
                },
                [this](cloud::openstack::cloud_entry entry) { return share(std::move(entry)); },
                [this](std::shared_ptr<cloud::credential> now) { loop_->use_credential(std::move(now)); }
            },
            around_.clouds_yaml,
            own
        );
        rights_ = std::make_unique<rights_check>(
            context_.get_executor(), clients_.kube(), *clock_, rights_needed()
        );
    }

    std::vector<right> rights_needed() const
    {
        auto needed = rights_of_controller(options_.namespaces);
        if (const election* election = clients_.election())
        {
            std::ranges::copy(election->rights(), std::back_inserter(needed));
        }
        return needed;
    }

    const options& options_;
    const surroundings& around_;
    std::size_t idle_connections_;
    asio::io_context context_{1};
    std::unique_ptr<support::clock> clock_;
    support::random_engine random_{std::random_device{}()};
    kube::credentials credentials_;
    failed_requests failed_requests_{*clock_};
    // A Secret does not wait for the certificates of others.
    std::unique_ptr<support::offload> worker_ = support::create_worker_thread();
    support::fair_offload certificates_{*worker_};
    std::unique_ptr<support::offload> secrets_worker_ = support::create_worker_thread();
    clients clients_;
    // The servers ask the loop, and are told of changes by it, from listen() on.
    servers servers_;
    std::unique_ptr<controller> loop_;
    std::unique_ptr<own_credential> own_;
    std::unique_ptr<rights_check> rights_;
};

}  // namespace

support::result<int> run_process(const options& options, const surroundings& around, const file_shares& files)
{
    process running(options, around, files);
    if (const auto opened = running.open(); !opened)
    {
        return std::unexpected(opened.error());
    }
    return running.run();
}

}  // namespace app
