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
    std::string uid;  // empty: not known
};

// An Event of events.k8s.io/v1, as far as it depends on what happened. It is written to the namespace of what
// it regards; that of a Namespace is itself.
struct event
{
    object_reference regarding;
    bool warning = false;
    std::string reason;
    std::string action;
    std::string note = {};
    std::string key = {
    };  // not empty: it is written once, as long as the server keeps events, however often told
};

// Writes events beside the work: recording never waits and never fails. What is too much, refused or not
// answered is lost and counted; nothing is tried again.
class event_recorder
{
public:
    struct counts
    {
        std::size_t written = 0;
        std::size_t failed = 0;   // refused by the server, or not answered
        std::size_t dropped = 0;  // too many waited already
    };

    // `instance` tells this process apart from others, at most 128 bytes.
    event_recorder(
        boost::asio::any_io_executor executor,
        client& client,
        support::clock& clock,
        support::random_engine& random,
        std::string instance
    );

    void record(event what);

    // Writes until stop(), and then for a moment what still waits.
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
    void ended(const support::result<>& how, bool once);
    std::string name_of(const event& what);

    client& client_;
    support::clock& clock_;
    support::random_engine& random_;
    std::string instance_;
    support::alarm alarm_;
    std::deque<request> waiting_;
    counts counted_;
    bool stopping_ = false;
    bool trouble_ = false;  // told in the log
};

}  // namespace kube
