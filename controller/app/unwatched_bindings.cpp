#include "app/unwatched_bindings.hpp"

#include "support/text.hpp"

#include <algorithm>

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr support::duration between_looks = 1h;
constexpr support::duration after_a_failure = 1min;
constexpr std::size_t most_names = 10;
// The selector stands in the URL.
constexpr std::size_t most_selected = 50;

bool is_forbidden(const support::error& error)
{
    constexpr int forbidden = 403;
    return error.code == support::errc::status && error.http_status == forbidden;
}

}  // namespace

unwatched_bindings::unwatched_bindings(
    kube::client& client, support::clock& clock, const std::vector<std::string>& watched
)
    : client_(client), clock_(clock), watched_(watched)
{
    std::ranges::sort(watched_);
    if (watched_.empty() || watched_.front().empty())
    {
        watched_.clear();
        count_ = 0;
    }
}

support::task<> unwatched_bindings::run()
{
    while (!watched_.empty())
    {
        const auto all = co_await look();
        if (all)
        {
            count_ = all->bindings;
            say(*all);
        }
        else if (is_forbidden(all.error()))
        {
            count_.reset();
            say_once(
                support::log_level::info,
                "bindings of namespaces that are not watched cannot be counted: " + all.error().message
            );
        }
        else if (all.error().code == support::errc::too_large && page_limit_ > 1)
        {
            page_limit_ = std::max(page_limit_ / 4, 1);
            continue;
        }
        const bool answered = all || is_forbidden(all.error());
        co_await clock_.sleep_for(answered ? between_looks : after_a_failure);
    }
}

support::task<support::result<unwatched_bindings::found>> unwatched_bindings::look() const
{
    found all;
    std::string continue_token;
    do
    {
        kube::list_request request;
        request.resource = certificate_bindings;
        request.continue_token = continue_token;
        request.limit = page_limit_;
        request.metadata_only = true;
        request.field_selector = selector();
        const auto page = co_await client_.list(std::move(request));
        if (!page)
        {
            co_return std::unexpected(page.error());
        }
        for (const kube::object_json object : (*page)->items())
        {
            add(all, object);
        }
        continue_token = (*page)->continue_token();
    } while (!continue_token.empty());
    co_return all;
}

void unwatched_bindings::add(found& all, kube::object_json object) const
{
    auto name = kube::identify(object).name_space;
    if (std::ranges::binary_search(watched_, name))
    {
        return;
    }
    ++all.bindings;
    if (std::ranges::find(all.namespaces, name) != all.namespaces.end())
    {
        return;
    }
    if (all.namespaces.size() == most_names)
    {
        all.more = true;
        return;
    }
    all.namespaces.push_back(std::move(name));
}

std::string unwatched_bindings::selector() const
{
    std::string text;
    if (watched_.size() <= most_selected)
    {
        for (const std::string& name : watched_)
        {
            text += (text.empty() ? "metadata.namespace!=" : ",metadata.namespace!=") + name;
        }
    }
    return text;
}

void unwatched_bindings::say(const found& all)
{
    if (all.bindings == 0)
    {
        said_.clear();
        return;
    }
    say_once(
        support::log_level::warn,
        "bindings in namespaces that this controller does not watch: " + std::to_string(all.bindings) +
            ", in " + support::joined(all.namespaces) + (all.more ? " and others" : "") +
            "; their status may be old, and their deletion waits until a controller watches the namespace; "
            "watch these namespaces with --namespace"
    );
}

void unwatched_bindings::say_once(support::log_level level, const std::string& message)
{
    if (said_ != message)
    {
        said_ = message;
        support::log(level, message);
    }
}

}  // namespace app
