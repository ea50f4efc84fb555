#include "app/binding_watches.hpp"

#include "app/unwatched_bindings.hpp"
#include "support/log.hpp"
#include "support/parallel.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace app {
namespace {

constexpr std::size_t lists_at_once = 16;

std::vector<std::string> scopes_of(const std::vector<std::string>& namespaces)
{
    return namespaces.empty() ? std::vector<std::string>{""} : namespaces;
}

}  // namespace

binding_watches::binding_watches(parts parts, const std::vector<std::string>& namespaces)
    : parts_(std::move(parts))
{
    for (const std::string& name_space : scopes_of(namespaces))
    {
        const runtime::watcher::scope scope{
            certificate_bindings,
            name_space,
            "install the CustomResourceDefinition: kubectl apply -f crds/certificatebindings.yaml",
            parts_.label_selector
        };
        watchers_.push_back(std::make_unique<runtime::watcher>(
            scope, parts_.kube, parts_.clock, parts_.random, parts_.bindings.scope(name_space)
        ));
        watchers_.back()->history_lost = [this, name_space] { parts_.history_lost(name_space); };
    }
}

void binding_watches::begin(support::task_group& group)
{
    for (const auto& watcher : watchers_)
    {
        group.spawn(follow(*watcher));
    }
}

support::task<> binding_watches::follow(runtime::watcher& watcher)
{
    try
    {
        co_await watcher.run();
    }
    catch (const boost::system::system_error& e)
    {
        if (e.code() == boost::asio::error::operation_aborted)  // cancelled
        {
            throw;
        }
        parts_.blind(std::current_exception());
    }
    // Whatever ended the watch: a controller that sees no changes any more must not go on as if it did.
    catch (...)
    {
        parts_.blind(std::current_exception());
    }
}

support::task<> binding_watches::catch_up()
{
    std::vector<std::function<support::task<>()>> all;
    for (const auto& watcher : watchers_)
    {
        all.emplace_back([&watcher] { return watcher->catch_up(); });
    }
    co_await support::run_all(std::move(all), lists_at_once);
}

std::string binding_watches::unlisted() const
{
    std::string names;
    for (const auto& scope : parts_.bindings.unlisted())
    {
        names += names.empty() ? "" : ", ";
        names += scope.name_space.empty() ? "all namespaces" : scope.name_space;
        names += scope.forbidden ? " (forbidden)" : "";
    }
    return names;
}

void binding_watches::log_listed() const
{
    if (const auto missing = unlisted(); !missing.empty())
    {
        support::log(
            support::log_level::warn,
            "the bindings of some namespaces cannot be listed, so the controller serves the others without "
            "them; grant the right, or, if a namespace was deleted, remove it from --namespace",
            {{"namespaces", missing}}
        );
    }
    support::log(
        support::log_level::info,
        "all bindings are listed",
        {{"bindings", std::to_string(parts_.bindings.size())}}
    );
}

runtime::watcher::restarts binding_watches::restarted() const
{
    runtime::watcher::restarts all;
    for (const auto& watcher : watchers_)
    {
        all += watcher->restarted();
    }
    return all;
}

support::duration binding_watches::silent_for() const
{
    support::duration longest{};
    for (const auto& watcher : watchers_)
    {
        longest = std::max(longest, watcher->silent_for());
    }
    return longest;
}

}  // namespace app
