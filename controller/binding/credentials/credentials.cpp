#include "binding/credentials/credentials.hpp"

#include "kube/client.hpp"

#include <string>
#include <utility>

namespace binding {
namespace {

constexpr std::size_t most_secrets_of_namespace = 100;

bool is_refused_by_cloud(const certificate_binding* object)
{
    return object != nullptr && object->status[condition_type::ready].reason == reason::credentials_invalid;
}

std::string label_of(const secret_name& name)
{
    return "Secret " + name.str();
}

}  // namespace

credentials::credentials(parts parts) : parts_(std::move(parts))
{
    by_id_[support::interned(parts_.own->id)] = parts_.own;
}

void credentials::set_own(std::shared_ptr<cloud::credential> own)
{
    parts_.own = std::move(own);
    by_id_[support::interned(parts_.own->id)] = parts_.own;
}

std::optional<secret_name> credentials::secret_of(const certificate_binding* object)
{
    if (object == nullptr || object->spec.secret.empty())
    {
        return std::nullopt;
    }
    return secret_name{object->name_space, object->spec.secret};
}

void credentials::update(const certificate_binding* before, const certificate_binding* after)
{
    const auto was = secret_of(before);
    const auto is = secret_of(after);
    if (is && was != is)
    {
        use(*is, after->uid);
    }
    if (is)
    {
        place(*after, *is);
        if (is_refused_by_cloud(after) && !is_refused_by_cloud(before))
        {
            parts_.refused(*is);
        }
    }
    else if (after != nullptr && placed_.contains(after->uid))
    {
        placed_.at(after->uid).now.reset();
    }
    else if (after == nullptr)
    {
        placed_.erase(before->uid);
    }
    if (was && was != is)
    {
        leave(*was, before->uid);
    }
}

void credentials::use(const secret_name& name, const support::uuid& user)
{
    const auto [it, is_new] = secrets_.try_emplace(name);
    it->second.users.insert(user);
    if (is_new)
    {
        follow(name, it->second);
    }
}

// A Secret beyond the limit of its namespace is followed when another one is not used any more.
void credentials::follow(const secret_name& name, secret& held)
{
    secrets_of_namespace& all = by_namespace_[name.name_space];
    if (all.followed.size() >= most_secrets_of_namespace)
    {
        all.beyond.insert(name.name);
        held.why = {
            reason::credentials_missing,
            label_of(name) + " is not read, because the bindings of one namespace may name " +
                std::to_string(most_secrets_of_namespace) +
                " Secrets; let several bindings name the same Secret"
        };
        return;
    }
    all.beyond.erase(name.name);
    all.followed.insert(name.name);
    held.why = {reason::progressing, label_of(name) + " is being read", true};
    parts_.follow(name);
}

void credentials::unfollow(const secret_name& name)
{
    const auto of = by_namespace_.find(name.name_space);
    secrets_of_namespace& all = of->second;
    if (all.followed.erase(name.name) > 0)
    {
        parts_.unfollow(name);
    }
    all.beyond.erase(name.name);
    if (all.followed.empty() && all.beyond.empty())
    {
        by_namespace_.erase(of);
    }
    else if (!all.beyond.empty() && all.followed.size() < most_secrets_of_namespace)
    {
        const secret_name next{name.name_space, *all.beyond.begin()};
        follow(next, secrets_.at(next));  // its users hear of the first answer
    }
}

void credentials::leave(const secret_name& name, const support::uuid& user)
{
    const auto it = secrets_.find(name);
    if (it != secrets_.end() && it->second.users.erase(user) > 0 && it->second.users.empty())
    {
        secrets_.erase(it);
        unfollow(name);
    }
}

void credentials::place(const certificate_binding& object, const secret_name& from)
{
    secret& held = secrets_.at(from);
    placement& placement = placed_[object.uid];
    placement.now.reset();
    placement.why = held.why;
    if (held.shown)
    {
        const auto read_now = held.shown->entries->credential_of(object.spec.cloud.str());
        placement.now = read_now.value_or(nullptr);
        placement.why = {reason::credentials_invalid, read_now ? "" : read_now.error().message};
    }
    if (placement.now)
    {
        placement.last = placement.now;
        by_id_[support::interned(placement.now->id)] = placement.now;
        if (by_id_.size() >= clean_at_)
        {
            std::erase_if(by_id_, [](const auto& entry) { return entry.second.expired(); });
            clean_at_ = 2 * by_id_.size() + 1;
        }
    }
    else if (object.deleting)
    {
        placement.now = placement.last;
    }
}

void credentials::secret_shown(const secret_name& name, support::result<shown_secret> shown)
{
    const auto it = secrets_.find(name);
    if (it == secrets_.end())
    {
        return;
    }
    if (!shown)
    {
        lost(name, {reason::credentials_invalid, label_of(name) + ": " + shown.error().message});
        return;
    }
    secret& held = it->second;
    held.refused = held.unsure = false;
    if (held.shown && held.shown->content == shown->content)
    {
        held.shown->version = std::move(shown->version);
        return;
    }
    held.shown = std::move(*shown);
    parts_.changed(std::set(held.users));
}

bool credentials::secret_shown_again(const secret_name& name, std::string_view version)
{
    const auto it = secrets_.find(name);
    const bool in_use = it != secrets_.end() && it->second.shown && it->second.shown->version == version;
    if (in_use)
    {
        it->second.refused = it->second.unsure = false;
    }
    return in_use;
}

void credentials::secret_absent(const secret_name& name)
{
    lost(
        name,
        {reason::credentials_missing, label_of(name) + " does not exist; create it, with the key clouds.yaml"}
    );
}

void credentials::secret_unreadable(const secret_name& name, const support::error& error)
{
    const auto it = secrets_.find(name);
    if (it == secrets_.end())
    {
        return;
    }
    // The content that was read before counts until another answer comes. An API server that has just started
    // may not know the controller yet (401), or not its rights (403), so a refusal counts only when the next
    // read is refused too.
    constexpr int not_known = 401;
    const bool refused = kube::is_refused(error) && error.http_status != not_known;
    secret& held = it->second;
    held.unsure = held.shown && kube::is_refused(error);
    if (refused && (!held.shown || std::exchange(held.refused, true)))
    {
        lost(
            name,
            {reason::credentials_missing,
             label_of(name) + " may not be read: " + error.message +
                 "; grant the controller's service account the verbs get and watch on it"}
        );
    }
    else if (!held.shown)
    {
        lost(name, {reason::cloud_unavailable, label_of(name) + " cannot be read: " + error.message});
    }
}

void credentials::lost(const secret_name& name, missing_credential why)
{
    const auto it = secrets_.find(name);
    if (it == secrets_.end() || (!it->second.shown && it->second.why == why))
    {
        return;
    }
    it->second.shown.reset();
    it->second.refused = it->second.unsure = false;
    it->second.why = std::move(why);
    parts_.changed(std::set(it->second.users));
}

std::set<support::uuid> credentials::users_of(const secret_name& name) const
{
    const auto it = secrets_.find(name);
    return it == secrets_.end() ? std::set<support::uuid>() : it->second.users;
}

bool credentials::is_unsure(const secret_name& name) const
{
    const auto it = secrets_.find(name);
    return it != secrets_.end() && it->second.unsure;
}

bool credentials::borrowed(const certificate_binding& object) const
{
    const ledger_scope& written = object.status.ledger.scope;
    return object.deleting && object.spec.secret.empty() &&
           !parts_.admitted.admits(object.name_space.view()) && !placed_.contains(object.uid) &&
           written.by_controller && written.identity.view() == parts_.own->identity;
}

credentials::shared credentials::credential_of(const certificate_binding& object) const
{
    const auto placed = placed_.find(object.uid);
    if (!object.spec.secret.empty())
    {
        return placed == placed_.end() ? nullptr : placed->second.now;
    }
    if (parts_.admitted.admits(object.name_space.view()) || borrowed(object))
    {
        return parts_.own;
    }
    return object.deleting && placed != placed_.end() ? placed->second.last : nullptr;
}

target credentials::target_of(const certificate_binding& object) const
{
    target target = listener_of(object);
    if (const auto credential = credential_of(object))
    {
        target.identity = support::interned(credential->identity);
        target.credential = support::interned(credential->id);
    }
    return target;
}

std::shared_ptr<cloud::credential> credentials::of(const target& target) const
{
    const auto it = by_id_.find(target.credential);
    return it == by_id_.end() ? nullptr : it->second.lock();
}

bool credentials::is_controllers(const target& target) const
{
    return target.credential.view() == parts_.own->id;
}

missing_credential credentials::why_none(const certificate_binding& object) const
{
    const auto placed = placed_.find(object.uid);
    if (!object.spec.secret.empty() && placed != placed_.end())
    {
        return placed->second.why;
    }
    return {
        reason::credentials_missing,
        "namespace " + object.name_space.str() +
            " may not use the controller's own credential; name a Secret of it that holds a clouds.yaml in "
            "spec.cloudCredentialsRef, or have the namespace admitted with --allow-controller-credentials"
    };
}

}  // namespace binding
