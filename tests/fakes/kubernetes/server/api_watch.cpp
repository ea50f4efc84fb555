#include "fakes/kubernetes/server/api_watch.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace test {
namespace {

using namespace std::chrono_literals;
using support::errc;
using support::fail;

constexpr support::duration bookmark_period = 60s;
constexpr support::duration last_bookmark_before_end = 2s;

}  // namespace

std::string event_line(const std::string& type, const std::string& object)
{
    return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

api_watch::api_watch(
    boost::asio::any_io_executor executor,
    support::clock& clock,
    const api_objects& objects,
    api_watches& all,
    net::http_response start
)
    : clock_(clock),
      objects_(objects),
      all_(all),
      start_(std::move(start)),
      pending_(start_.body),
      bell_(std::move(executor), clock)
{
    all_.open.insert(this);
}

api_watch::~api_watch()
{
    all_.open.erase(this);
}

void api_watch::follow(const api_request& asked, std::uint64_t version)
{
    ended_ = false;
    name_space_ = asked.name_space;
    const std::string selector = asked.asked("fieldSelector");
    const std::string by_name = "metadata.name=";
    name_ = selector.starts_with(by_name) ? selector.substr(by_name.size()) : "";
    seen_ = version;
    if (asked.asked("resourceVersion").empty())
    {
        show_what_is_there();
    }
    const auto now = clock_.now();
    int seconds = 0;
    const std::string timeout = asked.asked("timeoutSeconds");
    if (!all_.forgets_to_end &&
        std::from_chars(timeout.data(), timeout.data() + timeout.size(), seconds).ec == std::errc())
    {
        ends_at_ = now + std::chrono::seconds(seconds);
    }
    take_events();
    bookmarks_ = asked.asked("allowWatchBookmarks") == "true" && !all_.forgets_to_end;
    next_bookmark_ = std::min(now + bookmark_period, ends_at_ - last_bookmark_before_end);
}

support::task<support::result<std::string>> api_watch::read(support::time_point deadline)
{
    for (;;)
    {
        if (all_.frozen && left_ == everything)
        {
            if (clock_.now() >= deadline)
            {
                co_return fail(errc::interrupted, "no answer in time");
            }
            co_await bell_.wait(deadline);
            continue;
        }
        take_bookmark();
        if (left_ == 0)
        {
            co_return fail(errc::interrupted, "the connection was reset");
        }
        if (!pending_.empty())
        {
            const auto limit = all_.largest_piece == 0 ? pending_.size() : all_.largest_piece;
            std::string piece = pending_.substr(0, std::min(limit, left_));
            pending_.erase(0, piece.size());
            left_ -= left_ == everything ? 0 : piece.size();
            co_return piece;
        }
        const auto now = clock_.now();
        if (ended_ || now >= ends_at_)
        {
            co_return std::string();
        }
        if (now >= deadline)
        {
            co_return fail(errc::interrupted, "no answer in time");
        }
        const auto wake = std::min(deadline, ends_at_);
        co_await bell_.wait(bookmarks_ ? std::min(wake, next_bookmark_) : wake);
    }
}

// Copies the events at once, because the history may be compacted before the client reads.
void api_watch::notice()
{
    take_events();
    bell_.ring();
}

void api_watch::end()
{
    ended_ = true;
    bell_.ring();
}

void api_watch::cut(std::size_t after_bytes)
{
    left_ = after_bytes;
    bell_.ring();
}

void api_watch::say(const std::string& text)
{
    pending_ += text;
    bell_.ring();
}

// A watch without a version begins with the existing objects.
void api_watch::show_what_is_there()
{
    for (const auto& [name, object] : objects_.all())
    {
        const auto& metadata = (*object)["metadata"];
        if ((name_space_.empty() || metadata["namespace"] == name_space_) &&
            (name_.empty() || metadata["name"] == name_))
        {
            pending_ += event_line("ADDED", object->dump());
        }
    }
}

void api_watch::take_events()
{
    if (ended_)
    {
        return;
    }
    for (const auto& event : objects_.events())
    {
        if (event.revision <= seen_ || event.revision > all_.shown_up_to)
        {
            continue;
        }
        seen_ = event.revision;
        if (all_.lost.contains(event.revision))
        {
            continue;
        }
        if ((name_space_.empty() || event.name_space == name_space_) &&
            (name_.empty() || (*event.object)["metadata"]["name"] == name_))
        {
            pending_ += event_line(event.type, event.object->dump());
        }
    }
}

void api_watch::take_bookmark()
{
    const auto now = clock_.now();
    if (ended_ || !bookmarks_ || now < next_bookmark_)
    {
        return;
    }
    next_bookmark_ += bookmark_period;
    if (now < ends_at_ - last_bookmark_before_end)
    {
        next_bookmark_ = std::min(next_bookmark_, ends_at_ - last_bookmark_before_end);
    }
    const auto at = std::min(objects_.revision(), all_.shown_up_to);
    if (at < seen_)
    {
        // The requested version is still in the future.
        return;
    }
    const auto& kind = objects_.kind();
    const nlohmann::json mark{
        {"apiVersion", kind.resource.group + "/" + kind.resource.version},
        {"kind", kind.kind},
        {"metadata", {{"resourceVersion", std::to_string(at)}}},
    };
    pending_ += event_line("BOOKMARK", mark.dump());
}

}  // namespace test
