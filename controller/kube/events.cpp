#include "kube/events.hpp"

#include "kube/rest_client.hpp"
#include "net/certificates/sha256.hpp"
#include "support/log.hpp"
#include "support/rfc3339.hpp"
#include "support/text.hpp"
#include "support/with_deadline.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdio>
#include <utility>

namespace kube {
namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using support::task;

constexpr std::size_t most_waiting = 1000;
// The bound of the API server.
constexpr std::size_t longest_note = 1024;
// The longest part of an Event's name that is taken from its object; the whole name has 253 bytes at most.
constexpr std::size_t longest_name = 200;
constexpr support::duration answer_within = 2s;
constexpr support::duration last_words_within = 1s;

const resource events_resource{"events.k8s.io", "v1", "events"};

// Formats a MicroTime of Kubernetes.
std::string format_time(support::wall_time time)
{
    std::string text = support::format_rfc3339(time);
    text.insert(text.size() - 1, ".000000");
    return text;
}

}  // namespace

event_recorder::event_recorder(
    boost::asio::any_io_executor executor,
    client& client,
    support::clock& clock,
    support::random_engine& random,
    std::string instance
)
    : client_(client),
      clock_(clock),
      random_(random),
      instance_(std::move(instance)),
      alarm_(std::move(executor), clock)
{}

void event_recorder::record(event event)
{
    if (waiting_.size() >= most_waiting)
    {
        ++counted_.dropped;
        waiting_.pop_front();
    }
    const object_reference& about = event.regarding;
    json regarding{
        {"apiVersion", about.api_version},
        {"kind", about.kind},
        {"namespace", about.name_space},
        {"name", about.name}
    };
    if (!about.uid.empty())
    {
        regarding["uid"] = about.uid;
    }
    const json object{
        {"apiVersion", "events.k8s.io/v1"},
        {"kind", "Event"},
        {"metadata", {{"name", name_of(event)}, {"namespace", about.name_space}}},
        {"eventTime", format_time(clock_.wall())},
        {"reportingController", field_manager},
        {"reportingInstance", instance_},
        {"type", event.warning ? "Warning" : "Normal"},
        {"reason", event.reason},
        {"action", event.action},
        {"note", support::clean(event.note, longest_note)},
        {"regarding", std::move(regarding)}
    };
    waiting_.push_back({about.name_space, object.dump(), !event.key.empty()});
    alarm_.ring();
}

std::string event_recorder::name_of(const event& event)
{
    std::string name = event.regarding.name.substr(0, longest_name);
    while (!name.empty() && (name.back() == '.' || name.back() == '-'))
    {
        // A name of a subdomain must not end with one of these after the cut.
        name.pop_back();
    }
    if (!event.key.empty())
    {
        return name + "." +
               net::sha256_hex(event.regarding.uid + " " + event.reason + " " + event.key).substr(0, 16);
    }
    char suffix[17];
    const std::uint64_t random = std::uniform_int_distribution<std::uint64_t>()(random_);
    std::snprintf(suffix, sizeof suffix, "%016llx", static_cast<unsigned long long>(random));
    return name + "." + suffix;
}

task<> event_recorder::run()
{
    while (!stopping_)
    {
        if (waiting_.empty())
        {
            co_await alarm_.wait(std::nullopt);
        }
        else
        {
            co_await write_first();
        }
    }
    co_await support::ends_before(clock_, clock_.now() + last_words_within, write_all());
    counted_.dropped += waiting_.size();
    waiting_.clear();
}

void event_recorder::stop()
{
    stopping_ = true;
    alarm_.ring();
}

task<> event_recorder::write_all()
{
    while (!waiting_.empty())
    {
        co_await write_first();
    }
}

task<> event_recorder::write_first()
{
    const request first = std::move(waiting_.front());
    waiting_.pop_front();
    create_request create{events_resource, first.name_space, first.object};
    const auto answer = co_await support::with_deadline(
        clock_, clock_.now() + answer_within, client_.create(std::move(create))
    );
    if (!answer)
    {
        ended(support::fail(support::errc::interrupted, "no answer in time"), first.once);
    }
    else if (!*answer)
    {
        ended(std::unexpected(answer->error()), first.once);
    }
    else
    {
        ended({}, first.once);
    }
}

void event_recorder::ended(const support::result<>& answer, bool once)
{
    const int status =
        !answer && answer.error().code == support::errc::status ? answer.error().http_status : 0;
    // With a key 409 means that the Event has been written before.
    if (answer || (once && status == 409))
    {
        ++counted_.written;
        trouble_ = false;
        return;
    }
    ++counted_.failed;
    // A terminating namespace accepts no new objects.
    const bool namespace_terminating = answer.error().message.contains("being terminated");
    std::string message = "cannot write an event: " + answer.error().message;
    if (status == 403 && !namespace_terminating)
    {
        message += "; grant the verb create on events.events.k8s.io";
    }
    support::log(
        namespace_terminating || std::exchange(trouble_, true) ? support::log_level::debug
                                                               : support::log_level::warn,
        message
    );
}

}  // namespace kube
