#pragma once

#include "fakes/kubernetes/server/api_objects.hpp"
#include "fakes/kubernetes/server/api_request.hpp"
#include "net/http/http.hpp"
#include "support/alarm.hpp"

#include <cstdint>
#include <set>
#include <string>

namespace test {

class api_watch;

// The state that all watches of a server share.
struct api_watches
{
    std::set<api_watch*> open;
    std::uint64_t shown_up_to = UINT64_MAX;  // the revision after which events are held back
    std::size_t largest_piece = 0;           // in bytes; 0: no limit
    bool forgets_to_end = false;             // sends no bookmark and no end, as if the network lost them
    bool frozen = false;                     // sends nothing at all
    std::set<std::uint64_t> lost;            // the revisions whose events no watch shows
};

// A watch as kube-apiserver serves it: the events after a version, and a bookmark each minute and shortly
// before the end.
class api_watch final : public net::http_stream
{
public:
    // Sends only `start` until follow().
    api_watch(
        boost::asio::any_io_executor executor,
        support::clock& clock,
        const api_objects& objects,
        api_watches& all,
        net::http_response start
    );
    ~api_watch() override;

    // Sends the events after `version` from now on.
    void follow(const api_request& asked, std::uint64_t version);

    int status() const override { return start_.status; }
    const std::vector<net::header>& headers() const override { return start_.headers; }
    support::task<support::result<std::string>> read(support::time_point deadline) override;

    void notice();  // there are new events
    void end();
    void cut(std::size_t after_bytes);
    void say(const std::string& text);

private:
    static constexpr std::size_t everything = SIZE_MAX;

    void show_what_is_there();
    void take_events();
    void take_bookmark();

    support::clock& clock_;
    const api_objects& objects_;
    api_watches& all_;
    net::http_response start_;
    std::string name_space_;
    std::string name_;  // the name of the one object; empty: all objects
    std::uint64_t seen_ = 0;
    std::string pending_;
    std::size_t left_ = everything;  // bytes until the connection breaks
    bool ended_ = true;
    bool bookmarks_ = false;
    support::time_point ends_at_ = support::time_point::max();
    support::time_point next_bookmark_{};
    support::alarm bell_;
};

// A line of a watch.
std::string event_line(const std::string& type, const std::string& object);

}  // namespace test
