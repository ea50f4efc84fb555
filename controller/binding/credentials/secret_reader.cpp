#include "binding/credentials/secret_reader.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace binding {
namespace {

// What goes to the other thread and comes back; the loop does not touch it meanwhile.
struct job
{
    support::secret object;
    cloud::credential_owner owner;
    cloud::credential_reader::parser parse;
    support::result<shown_secret> read = shown_secret();

    void run()
    {
        auto content = decode_secret(object.reveal());
        if (!content)
        {
            read = std::unexpected(content.error());
            return;
        }
        const std::string source =
            "Secret " + owner.secret + (content->endpoint.empty() ? ": clouds.yaml" : "");
        auto entries = parse(
            {content->clouds_yaml.reveal(),
             content->ca_pem.reveal(),
             "",
             source,
             content->endpoint.reveal(),
             content->api_key.reveal(),
             content->token.reveal(),
             owner}
        );
        read = shown_secret{{}, std::move(*content), std::move(entries)};
    }
};

}  // namespace

secret_reader::secret_reader(parts parts) : parts_(std::move(parts)) {}

void secret_reader::read(const secret_name& name, std::string version, kube::object_json object)
{
    if (state* const known = waiting(name))
    {
        known->version = std::move(version);
        known->object = support::secret(std::string(object));
        return;
    }
    if (in_work_ == name && version_in_work_ == version)
    {
        return;
    }
    waiting_[name.name_space].push_back({name, std::move(version), support::secret(std::string(object))});
    if (!std::exchange(runs_, true))
    {
        parts_.tasks.spawn(run());
    }
}

void secret_reader::drop(const secret_name& name)
{
    if (in_work_ == name)
    {
        in_work_.reset();
    }
    const auto of_namespace = waiting_.find(name.name_space);
    if (of_namespace != waiting_.end())
    {
        std::erase_if(of_namespace->second, [&](const state& shown) { return shown.name == name; });
        if (of_namespace->second.empty())
        {
            waiting_.erase(of_namespace);
        }
    }
}

bool secret_reader::is_reading(const secret_name& name)
{
    return in_work_ == name || waiting(name) != nullptr;
}

secret_reader::state* secret_reader::waiting(const secret_name& name)
{
    const auto of_namespace = waiting_.find(name.name_space);
    if (of_namespace == waiting_.end())
    {
        return nullptr;
    }
    const auto found = std::ranges::find(of_namespace->second, name, &state::name);
    return found == of_namespace->second.end() ? nullptr : &*found;
}

std::optional<secret_reader::state> secret_reader::take()
{
    if (waiting_.empty())
    {
        return std::nullopt;
    }
    auto next = waiting_.upper_bound(served_);
    next = next == waiting_.end() ? waiting_.begin() : next;
    served_ = next->first;
    state taken = std::move(next->second.front());
    next->second.pop_front();
    if (next->second.empty())
    {
        waiting_.erase(next);
    }
    return taken;
}

support::task<> secret_reader::run()
{
    // Also after an exception, which is a bug or a cancellation, the next read() begins anew.
    struct ending
    {
        secret_reader& reader;
        ~ending()
        {
            reader.runs_ = false;
            reader.in_work_.reset();
        }
    };
    const ending end{*this};
    while (auto next = take())
    {
        in_work_ = next->name;
        version_in_work_ = next->version;
        const cloud::credential_owner owner{next->name.name_space.str(), next->name.str()};
        const auto shared = std::make_shared<job>(std::move(next->object), owner, parts_.parse);
        co_await parts_.offload.run([shared] { shared->run(); });
        if (std::exchange(in_work_, std::nullopt) != next->name)
        {
            continue;  // dropped meanwhile
        }
        if (shared->read)
        {
            shared->read->version = std::move(next->version);
        }
        parts_.done(next->name, std::move(shared->read));
    }
}

}  // namespace binding
