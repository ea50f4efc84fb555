#pragma once

#include "support/clock.hpp"
#include "support/error.hpp"
#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace net {

using addresses = std::vector<boost::asio::ip::address>;

// Looks host names up in threads, because getaddrinfo blocks and cannot be cancelled. A waiter may leave at
// any time, and a slow name delays neither other names nor the end of the program. (Asio's resolver has one
// thread, and joins it.) Limits: a name that resolved before uses a thread of its own (the first 64 of them),
// all other names share 16. A slow unknown name therefore never delays a known one.
//
// An answer is used for 30 s, because getaddrinfo tells no time to live. Until it is an hour old it is also
// used where the next look-up does not answer within 250 ms, or fails. That look-up goes on, and its answer
// counts from then on. Only the answer that there is no host of the name ends it at once.
class resolver
{
public:
    // An empty answer: there is no host of this name.
    using look_up_function = std::function<support::result<addresses>(std::string host)>;

    // `look_up` is called in other threads and may outlive the resolver. `clock` must outlive it.
    resolver(
        boost::asio::any_io_executor executor,
        support::clock& clock,
        look_up_function look_up = system_look_up
    );
    ~resolver();

    // An address is its own answer. Callers that ask for the same name at the same time share one look-up.
    // A caller that finds no free thread waits for one. Errors: unreachable.
    support::task<support::result<addresses>> resolve(std::string host);

    // getaddrinfo, in its order (RFC 6724).
    static support::result<addresses> system_look_up(std::string host);

private:
    struct look_up;
    struct shared_threads;

    struct remembered
    {
        addresses found;
        support::time_point asked_at;
        std::shared_ptr<look_up> renewal;  // under way, or ended and not yet taken over
    };

    support::task<support::result<addresses>> answer_of(std::shared_ptr<look_up> job);
    support::result<std::shared_ptr<look_up>> running_or_new(const std::string& host);
    void start(std::shared_ptr<look_up> job);
    // Takes an ended look-up over into what is remembered.
    void record(const look_up& ended);
    void record_renewal(const std::string& host);
    const remembered* usable(const std::string& host, support::duration age) const;

    boost::asio::any_io_executor executor_;
    support::clock& clock_;
    std::shared_ptr<shared_threads> threads_;
    std::map<std::string, std::weak_ptr<look_up>> running_;
    std::map<std::string, remembered> remembered_;
    std::set<std::string> known_;
};

}  // namespace net
