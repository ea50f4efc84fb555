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
    follower(
        parts& parts, secret_reader& reader, secret_name name, std::shared_ptr<runtime::object_budget> budget
    )
        : parts_(parts),
          reader_(reader),
          name_(std::move(name)),
          budget_(std::move(budget)),
          watcher_(
              {{"", "v1", "secrets"}, name_.name_space.str(), name_.name.str()},
              parts_.kube,
              parts_.clock,
              parts_.random,
              parts_.resync_period,
              *budget_,
              *this
          )
    {}

    static support::task<> run(std::shared_ptr<follower> self) { co_await self->watcher_.run(); }

    void read_now() { watcher_.read_now(); }

    void shown(kube::object_json object) override
    {
        const auto identity = kube::identify(object);
        std::string version = identity.uid + "/" + identity.resource_version;
        if (!parts_.credentials.secret_shown_again(name_, version))
        {
            reader_.read(name_, std::move(version), object);
        }
    }
    void absent() override
    {
        reader_.drop(name_);
        parts_.credentials.secret_absent(name_);
    }
    void unreadable(const support::error& error) override
    {
        // What was shown before counts until another answer comes, and is not told yet.
        if (!reader_.is_reading(name_))
        {
            parts_.credentials.secret_unreadable(name_, error);
        }
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
    secret_reader& reader_;
    secret_name name_;
    std::shared_ptr<runtime::object_budget> budget_;
    runtime::object_watcher watcher_;
};

secret_watchers::secret_watchers(parts parts)
    : parts_(std::move(parts)),
      budget_(std::make_shared<runtime::object_budget>()),
      reader_(
          {parts_.offload,
           parts_.reader.create_parser(),
           parts_.tasks,
           [&credentials = parts_.credentials](const secret_name& name, support::result<shown_secret> shown) {
               credentials.secret_shown(name, std::move(shown));
           }}
      )
{}

void secret_watchers::follow(const secret_name& name)
{
    auto by = std::make_shared<follower>(parts_, reader_, name, budget_);
    const std::weak_ptr<follower> known = by;
    followed_[name] = {parts_.tasks.spawn(follower::run(std::move(by))), known};
}

void secret_watchers::read_now(const secret_name& name)
{
    const auto it = followed_.find(name);
    if (const auto by = it == followed_.end() ? nullptr : it->second.by.lock())
    {
        by->read_now();
    }
}

void secret_watchers::unfollow(const secret_name& name)
{
    if (const auto job = followed_.find(name); job != followed_.end())
    {
        job->second.job.cancel();
        followed_.erase(job);
        reader_.drop(name);
    }
}

}  // namespace binding
