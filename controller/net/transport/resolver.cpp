#include "net/transport/resolver.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace asio = boost::asio;

namespace net {
namespace {

constexpr std::size_t shared_threads = 16;
constexpr std::size_t own_threads = 64;

}  // namespace

// What a thread tells the loop: a file descriptor that stays readable until it is forgotten, for as many as
// wait.
class resolver::event
{
public:
    event() = default;
    event(const event&) = delete;
    event& operator=(const event&) = delete;
    ~event() { ::close(descriptor_); }

    void happen() { ::eventfd_write(descriptor_, 1); }
    void forget()
    {
        eventfd_t ignored = 0;
        ::eventfd_read(descriptor_, &ignored);
    }
    int descriptor() const { return descriptor_; }

private:
    const int descriptor_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
};

// What the loop and the thread of one look-up share. The thread knows nothing of the loop, so it may end
// after it.
struct resolver::look_up
{
    void finish(support::result<addresses> result)
    {
        {
            const std::scoped_lock lock(mutex);
            found = std::move(result);
        }
        answered.happen();
    }

    std::optional<support::result<addresses>> answer()
    {
        const std::scoped_lock lock(mutex);
        return found;
    }

    event answered;
    std::mutex mutex;
    std::optional<support::result<addresses>> found;  // guarded by mutex
};

resolver::resolver(asio::any_io_executor executor, look_up_function look_up)
    : executor_(std::move(executor)), function_(std::move(look_up)), ended_(std::make_shared<event>())
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
    auto job = start(host);
    while (job && !*job)
    {
        const auto waited = co_await wait_for(*ended_);
        job = waited ? start(host) : std::unexpected(waited.error());
    }
    if (!job)
    {
        co_return std::unexpected(job.error());
    }
    while (true)
    {
        if (auto found = (*job)->answer())
        {
            if (*found && found_.size() < own_threads)
            {
                found_.insert(host);
            }
            co_return std::move(*found);
        }
        if (const auto waited = co_await wait_for((*job)->answered); !waited)
        {
            co_return std::unexpected(waited.error());
        }
    }
}

support::task<support::result<>> resolver::wait_for(const event& what)
{
    const int copy = ::fcntl(what.descriptor(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
    {
        co_return support::fail(support::errc::unreachable, "look-up: too many open files");
    }
    asio::posix::stream_descriptor happened(executor_, copy);
    co_await happened.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    co_return support::result<>();
}

void resolver::forget_ended()
{
    std::erase_if(running_, [](const auto& each) {
        const auto job = each.second.lock();
        return !job || job->answer();
    });
}

bool resolver::may_start(const std::string& host) const
{
    const auto shared =
        std::ranges::count_if(running_, [this](const auto& each) { return !found_.contains(each.first); });
    return found_.contains(host) || std::cmp_less(shared, shared_threads);
}

support::result<std::shared_ptr<resolver::look_up>> resolver::start(const std::string& host)
{
    forget_ended();
    if (const auto found = running_.find(host); found != running_.end())
    {
        if (auto job = found->second.lock())
        {
            return job;
        }
    }
    if (!may_start(host))
    {
        ended_->forget();  // one that ends from here on wakes who has to wait
        forget_ended();
    }
    if (!may_start(host))
    {
        return nullptr;
    }
    auto job = std::make_shared<look_up>();
    try
    {
        std::thread([job, host, function = function_, ended = ended_] {
            job->finish(function(host));
            ended->happen();
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
