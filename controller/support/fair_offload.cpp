#include "support/fair_offload.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace asio = boost::asio;

namespace support {

// The callers that wait for their turn, by tenant.
class fair_offload::lines
{
public:
    struct caller
    {
        explicit caller(const asio::any_io_executor& executor)
            : bell(executor, asio::steady_timer::time_point::max())
        {}
        asio::steady_timer bell;  // never expires by itself
        bool has_turn = false;
    };

    void enter(const std::string& tenant, caller& entering)
    {
        if (!taken_)
        {
            taken_ = entering.has_turn = true;
            served_last_ = tenant;
            return;
        }
        waiting_[tenant].push_back(&entering);
    }

    void leave(const std::string& tenant, caller& leaving)
    {
        if (leaving.has_turn)
        {
            pass_on();
            return;
        }
        const auto line = waiting_.find(tenant);
        std::erase(line->second, &leaving);
        if (line->second.empty())
        {
            waiting_.erase(line);
        }
    }

private:
    void pass_on()
    {
        taken_ = !waiting_.empty();
        if (!taken_)
        {
            return;
        }
        auto next = waiting_.upper_bound(served_last_);
        next = next == waiting_.end() ? waiting_.begin() : next;
        served_last_ = next->first;
        caller& first = *next->second.front();
        next->second.pop_front();
        if (next->second.empty())
        {
            waiting_.erase(next);
        }
        first.has_turn = true;
        first.bell.cancel();
    }

    std::map<std::string, std::deque<caller*>> waiting_;
    std::string served_last_;
    bool taken_ = false;
};

class fair_offload::share final : public offload
{
public:
    share(offload& next, std::shared_ptr<lines> lines, std::string tenant)
        : next_(next), lines_(std::move(lines)), tenant_(std::move(tenant))
    {}

    task<> run(std::function<void()> work) override
    {
        // Its own, because this share may end before the work.
        const auto all = lines_;
        const auto tenant = tenant_;
        offload& next = next_;
        lines::caller caller(co_await asio::this_coro::executor);
        const turn_taken turn(*all, tenant, caller);
        while (!caller.has_turn)
        {
            const auto [cancelled] = co_await caller.bell.async_wait(asio::as_tuple(asio::use_awaitable));
            if (cancelled && !caller.has_turn)
            {
                throw boost::system::system_error(asio::error::operation_aborted);
            }
        }
        co_await next.run(std::move(work));
    }

private:
    // A caller in its line, or with its turn.
    class turn_taken
    {
    public:
        turn_taken(lines& all, const std::string& tenant, lines::caller& who)
            : all_(all), tenant_(tenant), who_(who)
        {
            all_.enter(tenant_, who_);
        }
        turn_taken(const turn_taken&) = delete;
        turn_taken& operator=(const turn_taken&) = delete;
        ~turn_taken() { all_.leave(tenant_, who_); }

    private:
        lines& all_;
        const std::string& tenant_;
        lines::caller& who_;
    };

    offload& next_;
    std::shared_ptr<lines> lines_;
    std::string tenant_;
};

fair_offload::fair_offload(offload& next) : next_(next), lines_(std::make_shared<lines>()) {}

std::unique_ptr<offload> fair_offload::of_tenant(std::string tenant)
{
    return std::make_unique<share>(next_, lines_, std::move(tenant));
}

}  // namespace support
