#include "binding/credentials/secret_watchers.hpp"

#include "runtime/object_watcher.hpp"

#include <algorithm>
#include <utility>

namespace binding {
namespace {

// Whether the binding waits for a credential, or has a wrong one. Detaching counts, because a deletion that
// waits for a credential has no reason of its own.
bool waits_for_credential(const certificate_binding& binding)
{
    const reason why = binding.status[condition_type::ready].reason;
    return why == reason::credentials_missing || why == reason::credentials_invalid ||
           why == reason::detaching;
}

}  // namespace

class secret_watchers::follower final : public runtime::object_view
{
public:
    follower(parts& parts, secret_name name)
        : parts_(parts),
          name_(std::move(name)),
          watcher_(
              {{"", "v1", "secrets"}, name_.name_space.str(), name_.name.str()},
              parts_.kube,
              parts_.clock,
              parts_.random,
              parts_.resync_period,
              *this
          )
    {}

    static support::task<> run(std::unique_ptr<follower> self) { co_await self->watcher_.run(); }

    void shown(kube::object_json object) override
    {
        parts_.credentials.secret_shown(name_, decode_secret(object));
    }
    void absent() override { parts_.credentials.secret_absent(name_); }
    void unreadable(const support::error& error) override
    {
        parts_.credentials.secret_unreadable(name_, error);
    }

    // Whether a binding fails, or may fail, because of the Secret.
    bool awaited() const override
    {
        return parts_.credentials.is_unsure(name_) ||
               std::ranges::any_of(parts_.credentials.users_of(name_), [this](const support::uuid& uid) {
                   const certificate_binding* binding = parts_.find(uid);
                   return binding != nullptr && waits_for_credential(*binding);
               });
    }

private:
    parts& parts_;
    secret_name name_;
    runtime::object_watcher watcher_;
};

void secret_watchers::follow(const secret_name& name)
{
    followed_[name] = parts_.tasks.spawn(follower::run(std::make_unique<follower>(parts_, name)));
}

void secret_watchers::unfollow(const secret_name& name)
{
    if (const auto job = followed_.find(name); job != followed_.end())
    {
        job->second.cancel();
        followed_.erase(job);
    }
}

}  // namespace binding
