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

// Looks host names up, each in a thread of its own, because getaddrinfo blocks and cannot be cancelled:
// whoever waits may leave, one slow name does not hold up the others, and none holds up the end of the
// program (as Asio's resolver with its one joined thread would). Threads are few: the first names that were
// found may always have one each, all others share some, so that names that somebody else brings, however
// slow, do not hold up those that were here before.
class resolver
{
public:
    using look_up_function = std::function<support::result<addresses>(std::string host)>;

    // `look_up` is called in other threads and may outlive this.
    explicit resolver(boost::asio::any_io_executor executor, look_up_function look_up = system_look_up);
    ~resolver();

    // An address is its own answer. Who asks for a name that is being looked up shares its answer. Who finds
    // no thread free waits for one. Errors: unreachable.
    support::task<support::result<addresses>> resolve(std::string host);

    // getaddrinfo, in its order (RFC 6724).
    static support::result<addresses> system_look_up(std::string host);

private:
    class event;
    struct look_up;

    // Null: no thread is free until ended_ happens.
    support::result<std::shared_ptr<look_up>> start(const std::string& host);
    support::task<support::result<>> wait_for(const event& what);
    void forget_ended();
    bool may_start(const std::string& host) const;

    boost::asio::any_io_executor executor_;
    look_up_function function_;
    std::map<std::string, std::weak_ptr<look_up>> running_;
    std::set<std::string> found_;   // the first names that were
    std::shared_ptr<event> ended_;  // some look-up has
};

}  // namespace net
