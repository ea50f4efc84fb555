#pragma once

#include "cloudsim/support/message.hpp"
#include "cloudsim/support/text.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

// What every simulated service shares: the time, the identifiers, what is due later, the settings, the log.
namespace cloudsim {

// What a run can be set to. The defaults are quick; use_measured_times() is what the real services took on
// two cores.
struct settings
{
    duration latency{};                                // before anything takes effect
    duration pending = std::chrono::milliseconds(50);  // from the answer to a change until the worker is done
    duration put_base{};                               // of a PUT or POST of a listener ...
    duration put_per_ref{};                            // ... for each ref in its body
    duration put_per_ref_squared{};                    // ... for the square of their number
    // ... and for the square of the number that the listener holds afterwards
    duration put_per_present_squared{};
    duration token_lifetime = std::chrono::hours(1);
    // How long a service believes in a token that it has seen.
    duration token_cache = std::chrono::minutes(5);
    bool connection_close = false;       // every answer ends its connection
    bool refuse_delegated_refs = false;  // Octavia 11.0.0: refs with an application credential's token: 400
    bool worker_held = false;            // changes are accepted and stay PENDING
    bool worker_fails = false;           // the worker fails on the changed listener: ERROR
    std::set<std::string> down;          // of identity, key-manager, load-balancer: nobody listens

    void use_measured_times();
    // By the names of README.md; throws std::invalid_argument for what it does not know.
    void patch(const json& changes);
};

// Identifiers, the same for the same seed.
class id_source
{
public:
    explicit id_source(std::uint64_t seed) : random_(seed) {}

    std::string uuid();
    std::string hex(std::size_t digits) { return text_of("0123456789abcdef", digits); }
    std::string url_text(std::size_t characters);  // of the alphabet of base64url
    std::string request_id() { return "req-" + uuid(); }

private:
    std::string text_of(std::string_view alphabet, std::size_t characters);

    std::mt19937_64 random_;
};

// What is due later, in the order of time, ties in the order of their entry.
class schedule
{
public:
    void add(time_point when, std::function<void()> task) { due_.emplace(when, std::move(task)); }
    std::optional<time_point> next() const;
    // Takes out the first; there must be one.
    std::function<void()> take() { return std::move(due_.extract(due_.begin()).mapped()); }

private:
    std::multimap<time_point, std::function<void()>> due_;
};

// One state of a listener or a load balancer as it was committed: the truth that tests check runs against.
struct state_change
{
    std::uint64_t sequence = 0;
    duration at{};      // since the start
    std::string cause;  // post, put, delete, worker, control
    json object;
};

struct environment
{
    instant now;
    settings config{};
    id_source ids;
    schedule later{};
    time_point start;
    std::uint64_t sequence = 0;  // shared by requests and state changes
    std::vector<state_change> history{};

    duration elapsed() const { return now.monotonic - start; }
    void record(std::string cause, json object);
};

// What a service makes of a request: after `work` it takes effect and is answered at once.
struct handling
{
    duration work{};
    std::function<reply()> effect;
};

reply make_reply(int status, std::string body, const std::string& content_type, header_list headers);
reply json_reply(int status, const json& body, header_list headers);

handling at_once(reply answer, duration after = {});

}  // namespace cloudsim
