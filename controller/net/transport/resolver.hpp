#pragma once

#include "support/error.hpp"
#include "support/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace net {

using addresses = std::vector<boost::asio::ip::address>;

// Looks host names up in threads, because getaddrinfo blocks and cannot be cancelled. A waiter may leave at
// any time, and a slow name delays neither other names nor the end of the program. (Asio's resolver has one
// thread, and joins it.) Limits: a name that resolved before uses a thread of its own (the first 64 of them),
// all other names share 16. A slow unknown name therefore never delays a known one.
class resolver
{
public:
    using look_up_function = std::function<support::result<addresses>(std::string host)>;

    // `look_up` is called in other threads and may outlive the resolver.
    explicit resolver(boost::asio::any_io_executor executor, look_up_function look_up = system_look_up);
    ~resolver();

    // An address is its own answer. Callers that ask for the same name at the same time share one look-up.
    // A caller that finds no free thread waits for one. Errors: unreachable.
    support::task<support::result<addresses>> resolve(std::string host);

    // getaddrinfo, in its order (RFC 6724).
    static support::result<addresses> system_look_up(std::string host);

private:
    struct look_up;
    struct shared_threads;

    support::result<std::shared_ptr<look_up>> running_or_new(const std::string& host);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<shared_threads> threads_;
    std::map<std::string, std::weak_ptr<look_up>> running_;
    std::set<std::string> known_;
};

}  // namespace net
