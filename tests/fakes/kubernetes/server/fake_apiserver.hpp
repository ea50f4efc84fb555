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

// What happens to a request instead of being answered.
struct api_fault
{
    enum class kind
    {
        answer,          // it has no effect and gets `status` and `body`
        cut_request,     // it has no effect, and the connection breaks
        cut_answer,      // it has its effect, and the connection breaks
        swallow,         // it has no effect and is never answered
        swallow_answer,  // it has its effect and is never answered
        hold,            // it waits before its effect until release()
        hold_answer,     // it has its effect, and the answer waits until release()
    };

    kind how;
    net::http_response answer = {};

    static api_fault with(const api_status& status);
    static api_fault with(int status, const std::string& content_type, const std::string& body);
};

// A Kubernetes API of one kind in memory, as an HTTP client sees it, without sockets. Nothing is answered
// within the call that asks; time is the given clock's. What is held has its effect or not although its
// client is gone.
class fake_apiserver final : public net::http_client
{
public:
    fake_apiserver(
        boost::asio::any_io_executor executor,
        support::clock& clock,
        api_kind kind = certificate_binding_kind()
    );
    ~fake_apiserver() override;

    // What it holds, for whoever plays the user or reads the end state.
    api_objects& objects() { return objects_; }

    // ---- what it was asked ----
    const std::vector<api_request>& requests() const { return requests_; }
    std::size_t count(const std::string& verb) const;
    std::size_t writes() const { return writes_; }
    std::size_t open_watches() const { return watches_.open.size(); }

    // ---- who may do what ----
    std::string token;             // the one that is taken; empty: anyone may come
    std::set<std::string> denied;  // "list", "patch status"
    void set_served(bool served);  // false: the CRD is not there; open watches end

    // ---- faults ----
    // Asked about each request as it arrives.
    std::function<std::optional<api_fault>(const api_request&)> on_request;
    std::size_t held() const { return held_.size(); }
    void release();  // lets everything go on that is held
    void drop();     // loses everything that is held

    // Down: nothing can connect, and what was under way is cut.
    void go_down();
    void come_up() { down_ = false; }

    // Watches see nothing new until they are let.
    void hold_events();
    void release_events();

    void end_watches();                             // in order
    void cut_watches(std::size_t after_bytes = 0);  // each lets so many bytes more through
    void say_to_watches(const std::string& text);   // whatever it is
    void compact() { objects_.compact(); }          // open watches go on, as in a real server

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
    std::set<std::shared_ptr<exchange>> waiting_;  // of those that are never answered
    api_watches watches_;
    bool served_ = true;
    bool down_ = false;
};

}  // namespace test
