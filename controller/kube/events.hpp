#pragma once

#include "kube/client.hpp"
#include "support/alarm.hpp"
#include "support/backoff.hpp"
#include "support/clock.hpp"
#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <deque>
#include <string>

namespace kube {

struct object_reference
{
    std::string api_version;
    std::string kind;
    std::string name_space;
    std::string name;
    std::string uid;  // empty: unknown
};

// The part of an events.k8s.io/v1 Event that depends on its occasion. It is written to the namespace of the
// object that it regards; the Event of a Namespace is written to that Namespace.
struct event
{
    object_reference regarding;
    bool warning = false;
    std::string reason;
    std::string action;
    std::string note = {};
    // If not empty, the Event is written only once for this key, as long as the server keeps Events.
    std::string key = {};
};

// Writes Events beside the work of the controller: record() never waits and never fails. Where too many
// are waiting, the oldest is lost. An Event is lost and counted, too, if the server refuses it or does not
// answer; it is not written again.
class event_recorder
{
public:
    struct counts
    {
        std::size_t written = 0;
        std::size_t failed = 0;   // refused by the server, or unanswered
        std::size_t dropped = 0;  // not sent, because too many were waiting
    };

    // `instance` names this process, in at most 128 bytes.
    event_recorder(
        boost::asio::any_io_executor executor,
        client& client,
        support::clock& clock,
        support::random_engine& random,
        std::string instance
    );

    void record(event event);

    // Writes until stop(), and then for a short time the Events that are still waiting.
    support::task<> run();
    void stop();

    const counts& counted() const { return counted_; }

private:
    struct request
    {
        std::string name_space;
        std::string object;
        bool once = false;
    };

    support::task<> write_first();
    support::task<> write_all();
    void ended(const support::result<>& answer, bool once);
    std::string name_of(const event& event);

    client& client_;
    support::clock& clock_;
    support::random_engine& random_;
    std::string instance_;
    support::alarm alarm_;
    std::deque<request> waiting_;
    counts counted_;
    bool stopping_ = false;
    bool trouble_ = false;  // whether the last failure is in the log
};

}  // namespace kube
