#include "kube/rest_watch.hpp"

#include "kube/watch_decoder.hpp"

#include <optional>
#include <utility>

namespace kube {
namespace {

class rest_watch final : public watch_stream
{
public:
    rest_watch(std::unique_ptr<net::http_stream> stream, support::time_point end_by)
        : stream_(std::move(stream)), end_by_(end_by)
    {}

    support::task<support::result<std::optional<watch_event>>> next() override
    {
        for (;;)
        {
            auto event = decoder_.next();
            if (!event || *event)
            {
                co_return event;
            }
            const auto bytes = co_await stream_->read(end_by_);
            if (!bytes)
            {
                co_return std::unexpected(bytes.error());
            }
            if (bytes->empty())
            {
                if (!decoder_.at_boundary())
                {
                    co_return support::fail(
                        support::errc::interrupted, "the watch stream was cut within an event"
                    );
                }
                co_return std::optional<watch_event>();
            }
            decoder_.feed(*bytes);
        }
    }

private:
    std::unique_ptr<net::http_stream> stream_;
    support::time_point end_by_;
    watch_decoder decoder_;
};

}  // namespace

std::unique_ptr<watch_stream> create_rest_watch(
    std::unique_ptr<net::http_stream> stream, support::time_point end_by
)
{
    return std::make_unique<rest_watch>(std::move(stream), end_by);
}

}  // namespace kube
