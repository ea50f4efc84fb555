#pragma once

#include "cloudsim/support/message.hpp"
#include "cloudsim/support/text.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

// The things that all simulated services share: time, identifiers, the schedule, settings, history.
namespace cloudsim {

// The settings of a run. The defaults are quick. use_measured_times() sets the times of the real services on
// two cores.
struct settings
{
    duration latency{};                                // of every request, before its effect
    duration pending = std::chrono::milliseconds(50);  // from the answer to a change until the worker is done

    // The time of a PUT or POST of a listener: a fixed part, a part for each ref in the body, a part for the
    // square of their number, and a part for the square of the number of refs that the listener holds
    // afterwards.
    duration put_base{};
    duration put_per_ref{};
    duration put_per_ref_squared{};
    duration put_per_present_squared{};

    duration token_lifetime = std::chrono::hours(1);
    // The time for which a service believes in a token that it has seen.
    duration token_cache = std::chrono::minutes(5);
    bool connection_close = false;  // every answer ends its connection
    // As Octavia 11.0.0: 400 for refs that come with an application credential's token.
    bool refuse_delegated_refs = false;
    // The most items of a page, whatever limit a request names (pagination_max_limit of Octavia,
    // max_limit_paging of Barbican).
    std::size_t octavia_page = 1000;
    std::size_t barbican_page = 100;
    std::string barbican_release = "zed";  // the words of Barbican (barbican/release.hpp)
    bool worker_held = false;              // changes are accepted and stay PENDING
    bool worker_fails = false;             // the worker fails on the changed listener, which becomes ERROR
    // The services without a listening port: identity, key-manager, load-balancer, bycloud.
    std::set<std::string> down;

    // ByCloud; README.md has the values.
    std::string bycloud_tier = "enterprise";
    std::string bycloud_window = "fixed";
    std::string bycloud_rate_headers = "minute";
    duration bycloud_retry_after{};         // the Retry-After of 429; zero: the time until the next request
    duration bycloud_binding{};             // from the 201 until the binding is active; zero: active at once
    bool bycloud_bindings_held = false;     // new bindings stay pending
    std::string bycloud_binding_error{};    // new bindings become errors with this message; empty: active
    bool bycloud_sni_in_key = true;         // a binding may exist beside one that differs in sni alone
    std::string bycloud_unbind = "served";  // what DELETE of a binding does
    bool bycloud_dns_ready = true;          // validate finds the DNS records
    duration bycloud_issuance{};            // from validate until the certificate is active
    std::string bycloud_issuance_error{};   // the certificate becomes an error with this message

    void use_measured_times();
    // Changes settings by their names in README.md; throws std::invalid_argument for an unknown name.
    void patch(const json& changes);
};

// A source of identifiers. The same seed gives the same identifiers.
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

// The actions that are due later, in the order of their times. Actions of one time keep the order of their
// entry.
class schedule
{
public:
    void add(time_point when, std::function<void()> task) { due_.emplace(when, std::move(task)); }
    std::optional<time_point> next() const;
    // Takes out the first action; there must be one.
    std::function<void()> take() { return std::move(due_.extract(due_.begin()).mapped()); }

private:
    std::multimap<time_point, std::function<void()>> due_;
};

// A committed state of a listener or a load balancer, by which tests check a run.
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

// The work of a service on a request. After `work` the request takes effect and is answered at once.
struct handling
{
    duration work{};
    std::function<reply()> effect;
};

reply make_reply(int status, std::string body, const std::string& content_type, header_list headers);
reply json_reply(int status, const json& body, header_list headers);

handling at_once(reply answer, duration after = {});

}  // namespace cloudsim
