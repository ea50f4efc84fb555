#pragma once

#include "fakes/kubernetes/server/api_objects.hpp"
#include "fakes/kubernetes/server/api_request.hpp"
#include "fakes/kubernetes/server/api_watch.hpp"
#include "net/http/http.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace test {

// A fault of a request.
struct api_fault
{
    enum class kind
    {
        answer,          // the request has no effect and gets `status` and `body`
        cut_request,     // the request has no effect, and the connection breaks
        cut_answer,      // the request takes effect, and the connection breaks
        swallow,         // the request has no effect and is never answered
        swallow_answer,  // the request takes effect and is never answered
        hold,            // the request takes effect only after release()
        hold_answer,     // the request takes effect, and the answer waits for release()
    };

    kind how;
    net::http_response answer = {};

    static api_fault with(const api_status& status);
    static api_fault with(int status, const std::string& content_type, const std::string& body);
};

// A Kubernetes API of one kind in memory, behind the interface of an HTTP client, without sockets. No request
// is answered within its own call. Time is that of the given clock. A held request takes its effect, or not,
// even if its client has ended.
class fake_apiserver final : public net::http_client
{
public:
    fake_apiserver(
        boost::asio::any_io_executor executor,
        support::clock& clock,
        api_kind kind = certificate_binding_kind()
    );
    ~fake_apiserver() override;

    // The objects of the server, for a test that acts as the user or reads the end state.
    api_objects& objects() { return objects_; }

    // ---- requests ----
    const std::vector<api_request>& requests() const { return requests_; }
    std::size_t count(const std::string& verb) const;
    std::size_t writes() const { return writes_; }
    std::size_t open_watches() const { return watches_.open.size(); }

    // ---- rights ----
    std::string token;             // the only accepted token; empty: no token is needed
    std::set<std::string> denied;  // "list", "patch status"
    void set_served(bool served);  // false: the CRD does not exist, and open watches end

    // ---- faults ----
    // Called for each request as it arrives.
    std::function<std::optional<api_fault>(const api_request&)> on_request;
    std::size_t held() const { return held_.size(); }
    void release();  // continues all held requests
    void drop();     // loses all held requests

    // Stops the server: no client can connect, and requests in progress are cut.
    void go_down();
    void come_up() { down_ = false; }

    // Holds new events back from all watches until they are released.
    void hold_events();
    void release_events();

    void end_watches();                             // properly
    void cut_watches(std::size_t after_bytes = 0);  // each one still delivers this many bytes
    void say_to_watches(const std::string& text);   // `text` need not be an event
    void compact() { objects_.compact(); }          // open watches continue, as in a real server

    api_watches& watches() { return watches_; }

    support::task<support::result<net::http_response>> send(net::http_request request) override;
    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request
    ) override;

private:
    struct exchange;

    support::task<support::result<net::http_response>> ask(std::shared_ptr<exchange> shared);
    void arrive(const std::shared_ptr<exchange>& shared);
    net::http_response answer(const exchange& shared);
    net::http_response list(const api_request& asked);

    boost::asio::any_io_executor executor_;
    support::clock& clock_;
    api_objects objects_;
    std::vector<api_request> requests_;
    std::size_t writes_ = 0;
    std::deque<std::shared_ptr<exchange>> held_;
    std::set<std::shared_ptr<exchange>> waiting_;  // the requests that are never answered
    api_watches watches_;
    bool served_ = true;
    bool down_ = false;
};

}  // namespace test
