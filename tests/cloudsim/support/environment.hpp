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

// What a run can be set to, by the control API's field names. The defaults are quick; `measured()` is what
// the real services took on two cores.
struct settings
{
    duration latency{};                                // before anything takes effect
    duration pending = std::chrono::milliseconds(50);  // from the answer to a change until the worker is done
    duration put_base{};                               // of a PUT or POST of a listener ...
    duration put_per_ref{};                            // ... for each ref in its body
    duration put_per_ref_squared{};                    // ... for the square of their number
    duration put_per_present_squared{
    };  // ... for the square of the number that the listener holds afterwards
    duration token_lifetime = std::chrono::hours(1);
    duration token_cache =
        std::chrono::minutes(5);         // how long a service believes in a token that it has seen
    bool connection_close = false;       // every answer ends its connection
    bool refuse_delegated_refs = false;  // Octavia 11.0.0: refs with an application credential's token: 400
    bool worker_held = false;            // changes are accepted and stay PENDING
    bool worker_fails = false;           // the worker fails on the changed listener: ERROR
    std::set<std::string> down;          // of identity, key-manager, load-balancer: nobody listens

    void use_measured_times();
    void patch(const json& changes);  // throws std::invalid_argument for what it does not know
    json to_json() const;
};

// Identifiers, the same for the same seed.
class id_source
{
public:
    explicit id_source(std::uint64_t seed) : random_(seed) {}

    std::string uuid();
    std::string hex(std::size_t digits);
    std::string url_text(std::size_t characters);  // of the alphabet of base64url
    std::string request_id() { return "req-" + uuid(); }

private:
    std::mt19937_64 random_;
};

// What is due later, in the order of time, ties in the order of their entry.
class schedule
{
public:
    void add(time_point when, std::function<void()> what);
    std::optional<time_point> next() const;
    // Takes out the first; there must be one.
    std::function<void()> take();

private:
    std::multimap<time_point, std::function<void()>> due_;
};

// One state of a listener or a load balancer as it was committed: the truth that tests check runs against.
struct state_change
{
    std::uint64_t sequence = 0;
    duration at{};
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

// An answer whose Content-Length is set; `headers` come before or after it.
struct answer_style
{
    bool type_first = false;  // Keystone and its middleware; the others send Content-Length first
    header_list before{};
    header_list after{};
};

reply make_reply(int status, std::string body, std::string_view content_type, const answer_style& style);
reply json_reply(int status, const json& body, const answer_style& style);

handling at_once(reply answer, duration after = {});

}  // namespace cloudsim
