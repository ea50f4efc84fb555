#include "net/transport/resolver.hpp"

#include "support/with_deadline.hpp"

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
constexpr std::size_t most_remembered_names = 1024;

constexpr support::duration fresh_for = std::chrono::seconds(30);
constexpr support::duration stale_for = std::chrono::hours(1);
// A healthy name server answers within it, so that a host that has moved is found at once.
constexpr support::duration wait_for_renewal = std::chrono::milliseconds(250);

std::unexpected<support::error> no_such_host()
{
    return std::unexpected(support::error{
        support::errc::unreachable, "look-up: there is no host of this name", 0, std::nullopt, true
    });
}

std::unexpected<support::error> too_many_files()
{
    return support::fail(support::errc::unreachable, "look-up: too many open files");
}

}  // namespace

// What the loop and the thread of one look-up share. The thread knows nothing of the loop, because it may end
// after the loop.
struct resolver::look_up
{
    look_up(std::string name, support::time_point now) : host(std::move(name)), asked_at(now) {}
    look_up(const look_up&) = delete;
    look_up& operator=(const look_up&) = delete;
    ~look_up()
    {
        if (answered >= 0)
        {
            ::close(answered);
        }
    }

    void run(const look_up_function& function)
    {
        promise.set_value(function(host));
        ::eventfd_write(answered, 1);
    }

    bool done() const { return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

    const std::string host;
    const support::time_point asked_at;
    std::promise<support::result<addresses>> promise;
    const std::shared_future<support::result<addresses>> answer = promise.get_future().share();
    // Stays readable once there is an answer, for any number of waiters. Negative: there was no file for it.
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

resolver::resolver(asio::any_io_executor executor, support::clock& clock, look_up_function look_up)
    : executor_(std::move(executor)), clock_(clock), threads_(std::make_shared<shared_threads>())
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
    record_renewal(host);
    if (const auto* fresh = usable(host, fresh_for))
    {
        co_return fresh->found;
    }
    auto job = running_or_new(host);
    const auto* stale = usable(host, stale_for);
    if (stale == nullptr)
    {
        if (!job)
        {
            co_return std::unexpected(job.error());
        }
        co_return co_await answer_of(std::move(*job));
    }
    auto found = stale->found;
    if (!job)
    {
        co_return found;
    }
    remembered_[host].renewal = *job;
    auto renewed =
        co_await support::with_deadline(clock_, clock_.now() + wait_for_renewal, answer_of(std::move(*job)));
    // A failed look-up leaves what is remembered as it is, unless there is no host of the name any more.
    if (renewed && (*renewed || usable(host, stale_for) == nullptr))
    {
        co_return std::move(*renewed);
    }
    co_return found;
}

support::task<support::result<addresses>> resolver::answer_of(std::shared_ptr<look_up> job)
{
    const int copy = ::fcntl(job->answered, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
    {
        co_return too_many_files();
    }
    asio::posix::stream_descriptor answered(executor_, copy);
    co_await answered.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    record(*job);
    const auto& answer = job->answer.get();
    if (answer && answer->empty())
    {
        co_return no_such_host();
    }
    co_return answer;
}

void resolver::record(const look_up& ended)
{
    const auto& answer = ended.answer.get();
    const auto known = remembered_.find(ended.host);
    if (!answer || (known != remembered_.end() && known->second.asked_at >= ended.asked_at))
    {
        return;
    }
    if (answer->empty())
    {
        remembered_.erase(ended.host);
        return;
    }
    if (known_.size() < most_known_names)
    {
        known_.insert(ended.host);
    }
    if (remembered_.size() >= most_remembered_names)
    {
        std::erase_if(remembered_, [now = clock_.now()](const auto& entry) {
            return now - entry.second.asked_at >= stale_for;
        });
    }
    if (remembered_.size() < most_remembered_names || remembered_.contains(ended.host))
    {
        remembered_[ended.host] = {*answer, ended.asked_at, nullptr};
    }
}

// The waiters of a look-up may have left before it ended.
void resolver::record_renewal(const std::string& host)
{
    const auto known = remembered_.find(host);
    if (known == remembered_.end() || !known->second.renewal || !known->second.renewal->done())
    {
        return;
    }
    const auto ended = std::exchange(known->second.renewal, nullptr);
    record(*ended);
}

const resolver::remembered* resolver::usable(const std::string& host, support::duration age) const
{
    const auto known = remembered_.find(host);
    return known != remembered_.end() && clock_.now() - known->second.asked_at < age ? &known->second
                                                                                     : nullptr;
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
    auto job = std::make_shared<look_up>(host, clock_.now());
    if (job->answered < 0)
    {
        return too_many_files();  // nobody would see its end, so it is not begun
    }
    try
    {
        start(job);
    }
    catch (const std::system_error& e)
    {
        return support::fail(support::errc::unreachable, std::string("look-up: ") + e.what());
    }
    running_[host] = job;
    return job;
}

void resolver::start(std::shared_ptr<look_up> job)
{
    const std::scoped_lock lock(threads_->mutex);
    if (known_.contains(job->host))
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

support::result<addresses> resolver::system_look_up(std::string host)
{
    asio::io_context unused;
    boost::system::error_code ec;
    const auto endpoints =
        asio::ip::tcp::resolver(unused).resolve(host, "", asio::ip::tcp::resolver::address_configured, ec);
    if (ec == asio::error::host_not_found)
    {
        return addresses();
    }
    if (ec)
    {
        return support::fail(support::errc::unreachable, "look-up: " + ec.message());
    }
    addresses found;
    for (const auto& entry : endpoints)
    {
        found.push_back(entry.endpoint().address());
    }
    return found;
}

}  // namespace net
