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
constexpr std::size_t longest_note = 1024;  // the server's own bound
constexpr std::size_t longest_name = 200;   // of what it regards, in its own name, which has 253 at most
constexpr support::duration answer_within = 2s;
constexpr support::duration last_words_within = 1s;

const resource events_resource{"events.k8s.io", "v1", "events"};

// A MicroTime.
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

void event_recorder::record(event what)
{
    if (waiting_.size() >= most_waiting)
    {
        ++counted_.dropped;
        return;
    }
    const object_reference& about = what.regarding;
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
        {"metadata", {{"name", name_of(what)}, {"namespace", about.name_space}}},
        {"eventTime", format_time(clock_.wall())},
        {"reportingController", field_manager},
        {"reportingInstance", instance_},
        {"type", what.warning ? "Warning" : "Normal"},
        {"reason", what.reason},
        {"action", what.action},
        {"note", support::clean(what.note, longest_note)},
        {"regarding", std::move(regarding)}
    };
    waiting_.push_back({about.name_space, object.dump(), !what.key.empty()});
    alarm_.ring();
}

std::string event_recorder::name_of(const event& what)
{
    std::string name = what.regarding.name.substr(0, longest_name);
    while (!name.empty() && (name.back() == '.' || name.back() == '-'))
    {
        name.pop_back();  // what a cut may leave is no end of a label
    }
    if (!what.key.empty())
    {
        return name + "." +
               net::sha256_hex(what.regarding.uid + " " + what.reason + " " + what.key).substr(0, 16);
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
    create_request asked{events_resource, first.name_space, first.object};
    const auto answer = co_await support::with_deadline(
        clock_, clock_.now() + answer_within, client_.create(std::move(asked))
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

void event_recorder::ended(const support::result<>& how, bool once)
{
    const int status = !how && how.error().code == support::errc::status ? how.error().http_status : 0;
    if (how || (once && status == 409))  // 409: it is there already
    {
        ++counted_.written;
        trouble_ = false;
        return;
    }
    ++counted_.failed;
    const bool going = how.error().message.contains("being terminated");  // its namespace takes nothing new
    std::string what = "cannot write an event: " + how.error().message;
    if (status == 403 && !going)
    {
        what += "; grant the verb create on events.events.k8s.io";
    }
    support::log(
        going || std::exchange(trouble_, true) ? support::log_level::debug : support::log_level::warn, what
    );
}

}  // namespace kube
