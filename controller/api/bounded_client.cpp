#include "api/bounded_client.hpp"

#include "api/http_status.hpp"

#include <optional>
#include <utility>

namespace api {
namespace {

using support::result;
using support::task;

std::unexpected<support::error> too_many()
{
    support::error error;
    error.code = support::errc::status;
    error.message = "too many calls are under way";
    error.http_status = http::too_many_requests;
    return std::unexpected(std::move(error));
}

class bounded_client final : public kube::client
{
public:
    bounded_client(
        std::unique_ptr<kube::client> client, calls_under_way& calls, std::function<void()> accepted
    )
        : client_(std::move(client)), calls_(calls), accepted_(std::move(accepted))
    {}

    task<result<std::unique_ptr<kube::list_page>>> list(kube::list_request request) override
    {
        if (request.continue_token.empty())
        {
            list_.reset();
            if (auto hold = co_await take(calls_.lists))
            {
                list_.emplace(std::move(*hold));
            }
        }
        if (!list_)
        {
            co_return too_many();
        }
        auto page = judged(co_await client_->list(std::move(request)));
        if (!page || (*page)->continue_token().empty())
        {
            list_.reset();
        }
        co_return page;
    }
    task<result<std::unique_ptr<kube::watch_stream>>> watch(kube::watch_request request) override
    {
        return client_->watch(std::move(request));
    }
    task<result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request) override
    {
        return client_->patch(std::move(request));
    }
    task<result<std::unique_ptr<kube::object_answer>>> create(kube::create_request request) override
    {
        const auto hold = co_await take(calls_.turn);
        co_return hold ? judged(co_await client_->create(std::move(request))) : too_many();
    }
    task<result<std::unique_ptr<kube::object_answer>>> get(
        kube::resource resource, std::string name_space, std::string name
    ) override
    {
        const auto hold = co_await take(calls_.turn);
        co_return hold
            ? judged(co_await client_->get(std::move(resource), std::move(name_space), std::move(name)))
            : too_many();
    }
    task<result<std::unique_ptr<kube::object_answer>>> remove(kube::remove_request request) override
    {
        return client_->remove(std::move(request));
    }

private:
    // Tells whether the server knows the account of the token: it answers 401 to others.
    template <class T>
    result<T> judged(result<T> answer)
    {
        const auto* error = answer ? nullptr : &answer.error();
        const bool is_of_known = error == nullptr || (error->code == support::errc::status &&
                                                      error->http_status == http::forbidden);
        if (is_of_known)
        {
            accepted_();
        }
        return answer;
    }

    // Empty if too many wait.
    task<std::optional<support::turn::hold>> take(support::turn& turn)
    {
        if (calls_.waiting >= calls_.most_waiting)
        {
            co_return std::nullopt;
        }
        ++calls_.waiting;
        const std::shared_ptr<void> until_through(nullptr, [&calls = calls_](void*) { --calls.waiting; });
        co_return co_await turn.take();
    }

    std::unique_ptr<kube::client> client_;
    calls_under_way& calls_;
    std::function<void()> accepted_;
    std::optional<support::turn::hold> list_;  // of the list that is under way
};

}  // namespace

std::unique_ptr<kube::client> bounded(
    std::unique_ptr<kube::client> client, calls_under_way& calls, std::function<void()> accepted
)
{
    return std::make_unique<bounded_client>(std::move(client), calls, std::move(accepted));
}

}  // namespace api
