#include "app/own_credential.hpp"

#include "support/log.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace app {
namespace {

constexpr support::duration between_looks = std::chrono::minutes(1);

bool is_regular(const std::string& path)
{
    std::error_code unknown;
    return std::filesystem::is_regular_file(path, unknown);
}

}  // namespace

own_credential::own_credential(parts parts, std::string path, std::shared_ptr<cloud::credential> now)
    : parts_(std::move(parts)), path_(std::move(path)), now_(std::move(now))
{}

support::task<> own_credential::run()
{
    if (!is_regular(path_))
    {
        co_return;
    }
    for (;;)
    {
        co_await parts_.clock.sleep_for(between_looks);
        look();
    }
}

void own_credential::look()
{
    auto current = read();
    if (!current)
    {
        if (told_ != std::exchange(told_, current.error().message))
        {
            support::log(
                support::log_level::warn,
                "the controller's own cloud cannot be read again, so the credential of before stays in use",
                {{"error", current.error().message}}
            );
        }
        return;
    }
    told_.clear();
    if (*current == now_)
    {
        return;
    }
    now_ = std::move(*current);
    support::log(
        support::log_level::info, "the controller's own cloud has changed; its new credential is in use"
    );
    parts_.use(now_);
}

support::result<std::shared_ptr<cloud::credential>> own_credential::read()
{
    auto found = parts_.find();
    if (!found)
    {
        return std::unexpected(found.error());
    }
    return parts_.share(std::move(found->entry));
}

}  // namespace app
