#include "runtime/catch_up_calls.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <optional>

namespace runtime {

support::task<> catch_up_calls::wait_for(std::uint64_t call)
{
    answers_ = std::make_unique<support::alarm>(co_await boost::asio::this_coro::executor, clock_);
    while (is_open(call))
    {
        co_await answers_->wait(std::nullopt);
    }
}

void catch_up_calls::answer(std::uint64_t call)
{
    answered_ = std::max(answered_, call);
    if (answers_)
    {
        answers_->ring();
    }
}

}  // namespace runtime
