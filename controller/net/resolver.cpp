#include "net/resolver.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstring>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

namespace asio = boost::asio;

namespace net {
namespace {

constexpr std::size_t max_running = 16;

}  // namespace

// Waits for a look-up on the loop, with a timer that never expires by itself.
struct resolver::waiter
{
    explicit waiter(const asio::any_io_executor& executor, std::shared_ptr<look_up> of);
    ~waiter();
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    std::shared_ptr<look_up> job;
    asio::steady_timer answered;
};

// What the loop and the thread of one look-up share. The thread touches the loop only while somebody waits
// there, so it may end after the loop.
struct resolver::look_up
{
    std::mutex mutex;
    std::set<waiter*> waiters;                        // guarded by mutex
    std::optional<support::result<addresses>> found;  // guarded by mutex

    bool done()
    {
        const std::scoped_lock lock(mutex);
        return found.has_value();
    }

    static void finish(
        std::shared_ptr<look_up> self,
        const asio::any_io_executor& executor,
        support::result<addresses> result
    )
    {
        const std::scoped_lock lock(self->mutex);
        self->found = std::move(result);
        if (!self->waiters.empty())
        {
            asio::post(executor, [self] {
                const std::scoped_lock inner(self->mutex);
                for (waiter* each : self->waiters)
                {
                    each->answered.cancel();
                }
            });
        }
    }
};

resolver::waiter::waiter(const asio::any_io_executor& executor, std::shared_ptr<look_up> of)
    : job(std::move(of)), answered(executor, asio::steady_timer::time_point::max())
{
    const std::scoped_lock lock(job->mutex);
    job->waiters.insert(this);
}

resolver::waiter::~waiter()
{
    const std::scoped_lock lock(job->mutex);
    job->waiters.erase(this);
}

resolver::resolver(asio::any_io_executor executor, look_up_function look_up)
    : executor_(std::move(executor)), function_(std::move(look_up))
{}

resolver::~resolver() = default;

support::task<support::result<addresses>> resolver::resolve(std::string host)
{
    boost::system::error_code not_an_address;
    const auto address = asio::ip::make_address(host, not_an_address);
    if (!not_an_address)
    {
        co_return addresses{address};
    }
    const auto job = start(host);
    if (!job)
    {
        co_return std::unexpected(job.error());
    }
    waiter here(executor_, *job);
    while (!(*job)->done())
    {
        boost::system::error_code ec;
        co_await here.answered.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        if (ec && !(*job)->done())
        {
            throw boost::system::system_error(ec);
        }
    }
    co_return (*job)->found.value();
}

support::result<std::shared_ptr<resolver::look_up>> resolver::start(const std::string& host)
{
    std::erase_if(running_, [](const auto& each) {
        const auto job = each.second.lock();
        return !job || job->done();
    });
    if (const auto found = running_.find(host); found != running_.end())
    {
        if (auto job = found->second.lock())
        {
            return job;
        }
    }
    if (running_.size() >= max_running)
    {
        return support::fail(support::errc::unreachable, "look-up: too many are under way");
    }
    auto job = std::make_shared<look_up>();
    try
    {
        std::thread([job, host, function = function_, executor = executor_] {
            look_up::finish(job, executor, function(host));
        }).detach();
    }
    catch (const std::system_error& e)
    {
        return support::fail(support::errc::unreachable, std::string("look-up: ") + e.what());
    }
    running_[host] = job;
    return job;
}

support::result<addresses> resolver::system_look_up(std::string host)
{
    addrinfo hints{};
    hints.ai_flags = AI_ADDRCONFIG;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (failed != 0)
    {
        const char* reason = failed == EAI_NONAME ? "there is no host of this name" : ::gai_strerror(failed);
        return support::fail(support::errc::unreachable, "look-up: " + std::string(reason));
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
    addresses found;
    for (const addrinfo* each = list; each != nullptr; each = each->ai_next)
    {
        if (each->ai_family == AF_INET)
        {
            sockaddr_in address{};
            std::memcpy(&address, each->ai_addr, sizeof address);
            found.emplace_back(asio::ip::address_v4(ntohl(address.sin_addr.s_addr)));
        }
        else if (each->ai_family == AF_INET6)
        {
            sockaddr_in6 address{};
            std::memcpy(&address, each->ai_addr, sizeof address);
            asio::ip::address_v6::bytes_type bytes;
            std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
            found.emplace_back(asio::ip::address_v6(bytes, address.sin6_scope_id));
        }
    }
    return found;
}

}  // namespace net
