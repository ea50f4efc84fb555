#include "net/transport/resolver.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <fcntl.h>
#include <future>
#include <mutex>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace asio = boost::asio;

namespace net {
namespace {

constexpr std::size_t most_shared_threads = 16;
constexpr std::size_t most_known_names = 64;

}  // namespace

// What the loop and the thread of one look-up share. The thread knows nothing of the loop, because it may end
// after the loop.
struct resolver::look_up
{
    explicit look_up(std::string name) : host(std::move(name)) {}
    look_up(const look_up&) = delete;
    look_up& operator=(const look_up&) = delete;
    ~look_up() { ::close(answered); }

    void run(const look_up_function& function)
    {
        promise.set_value(function(host));
        ::eventfd_write(answered, 1);
    }

    bool done() const { return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

    const std::string host;
    std::promise<support::result<addresses>> promise;
    const std::shared_future<support::result<addresses>> answer = promise.get_future().share();
    // Stays readable once there is an answer, for any number of waiters.
    const int answered = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
};

// The threads of names that are not known. They end when no look-up waits, maybe after the resolver.
struct resolver::shared_threads
{
    // A look-up that somebody still waits for. Null: the thread has to end.
    std::shared_ptr<look_up> next()
    {
        const std::scoped_lock lock(mutex);
        while (!waiting.empty())
        {
            const auto job = waiting.front().lock();
            waiting.pop_front();
            if (job)
            {
                return job;
            }
        }
        --running;
        return nullptr;
    }

    look_up_function function;
    std::mutex mutex;
    std::deque<std::weak_ptr<look_up>> waiting;  // guarded by mutex
    std::size_t running = 0;                     // guarded by mutex
};

resolver::resolver(asio::any_io_executor executor, look_up_function look_up)
    : executor_(std::move(executor)), threads_(std::make_shared<shared_threads>())
{
    threads_->function = std::move(look_up);
}

resolver::~resolver() = default;

support::task<support::result<addresses>> resolver::resolve(std::string host)
{
    boost::system::error_code not_an_address;
    const auto address = asio::ip::make_address(host, not_an_address);
    if (!not_an_address)
    {
        co_return addresses{address};
    }
    const auto job = running_or_new(host);
    if (!job)
    {
        co_return std::unexpected(job.error());
    }
    const int copy = ::fcntl((*job)->answered, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
    {
        co_return support::fail(support::errc::unreachable, "look-up: too many open files");
    }
    asio::posix::stream_descriptor answered(executor_, copy);
    co_await answered.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    const auto& answer = (*job)->answer.get();
    if (answer && known_.size() < most_known_names)
    {
        known_.insert(host);
    }
    co_return answer;
}

support::result<std::shared_ptr<resolver::look_up>> resolver::running_or_new(const std::string& host)
{
    std::erase_if(running_, [](const auto& entry) {
        const auto job = entry.second.lock();
        return !job || job->done();
    });
    if (const auto entry = running_.find(host); entry != running_.end())
    {
        if (auto job = entry->second.lock())
        {
            return job;
        }
    }
    auto job = std::make_shared<look_up>(host);
    try
    {
        const std::scoped_lock lock(threads_->mutex);
        if (known_.contains(host))
        {
            std::thread([job, threads = threads_] { job->run(threads->function); }).detach();
        }
        else if (threads_->running < most_shared_threads)
        {
            std::thread([next = job, threads = threads_]() mutable {
                for (; next; next = threads->next())
                {
                    next->run(threads->function);
                }
            }).detach();
            ++threads_->running;
        }
        else
        {
            std::erase_if(threads_->waiting, [](const auto& waiting) { return waiting.expired(); });
            threads_->waiting.push_back(job);
        }
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
    asio::io_context unused;
    boost::system::error_code ec;
    const auto endpoints =
        asio::ip::tcp::resolver(unused).resolve(host, "", asio::ip::tcp::resolver::address_configured, ec);
    if (ec)
    {
        return support::fail(
            support::errc::unreachable,
            "look-up: " + (ec == asio::error::host_not_found ? "there is no host of this name" : ec.message())
        );
    }
    addresses found;
    for (const auto& entry : endpoints)
    {
        found.push_back(entry.endpoint().address());
    }
    return found;
}

}  // namespace net
