#include "binding/credentials/credentials.hpp"

#include "kube/client.hpp"

#include <utility>

namespace binding {
namespace {

constexpr std::size_t most_clouds = 64;  // of one Secret that are kept as they were read, faults included

std::string label_of(const secret_name& name)
{
    return "Secret " + name.str();
}

}  // namespace

credentials::credentials(parts parts) : parts_(std::move(parts))
{
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
        scope(*after, *is);
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
    const auto [found, is_new] = secrets_.try_emplace(name);
    found->second.users.insert(user);
    if (is_new)
    {
        found->second.why = {reason::progressing, label_of(name) + " is being read", true};
        parts_.follow(name);
    }
}

void credentials::leave(const secret_name& name, const support::uuid& user)
{
    const auto found = secrets_.find(name);
    if (found != secrets_.end() && found->second.users.erase(user) > 0 && found->second.users.empty())
    {
        secrets_.erase(found);
        parts_.unfollow(name);
    }
}

void credentials::scope(const certificate_binding& object, const secret_name& from)
{
    secret& held = secrets_.at(from);
    placement& made = placed_[object.uid];
    made.now.reset();
    made.why = held.why;
    if (held.content)
    {
        const auto& read_now = read(held, from, object.spec.cloud.str());
        made.now = read_now.value_or(nullptr);
        made.why = {reason::credentials_invalid, read_now ? "" : read_now.error().message};
    }
    if (made.now)
    {
        made.last = made.now;
        std::erase_if(by_id_, [](const auto& each) { return each.second.expired(); });
        by_id_[support::interned(made.now->id)] = made.now;
    }
    else if (object.deleting)
    {
        made.now = made.last;
    }
}

const support::result<credentials::shared>& credentials::read(
    secret& from, const secret_name& name, const std::string& cloud
)
{
    const auto known = from.read.find(cloud);
    if (known != from.read.end())
    {
        return known->second;
    }
    if (from.read.size() >= most_clouds)
    {
        from.read.clear();
    }
    const cloud::credential_text text{
        from.content->clouds_yaml.reveal(),
        from.content->ca_pem.reveal(),
        cloud,
        label_of(name) + ": clouds.yaml"
    };
    return from.read.emplace(cloud, parts_.reader.read(text)).first->second;
}

void credentials::secret_shown(const secret_name& name, support::result<secret_content> content)
{
    const auto found = secrets_.find(name);
    if (found == secrets_.end())
    {
        return;
    }
    if (!content)
    {
        lost(name, {reason::credentials_invalid, label_of(name) + ": " + content.error().message});
        return;
    }
    secret& held = found->second;
    held.refused = held.unsure = false;
    if (held.content == *content)
    {
        return;
    }
    held.content = std::move(*content);
    held.read.clear();
    parts_.changed(std::set(held.users));
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
    const auto found = secrets_.find(name);
    if (found == secrets_.end())
    {
        return;
    }
    // What was read before stays true until something else is seen. An API server that has just started may
    // not know us yet (401), or our rights (403): that counts when the next read says it again.
    constexpr int not_known = 401;
    const bool refused = kube::is_refused(error) && error.http_status != not_known;
    secret& held = found->second;
    held.unsure = held.content && kube::is_refused(error);
    if (refused && (!held.content || std::exchange(held.refused, true)))
    {
        lost(
            name,
            {reason::credentials_missing,
             label_of(name) + " may not be read: " + error.message +
                 "; grant the controller's service account the verbs get and watch on it"}
        );
    }
    else if (!held.content)
    {
        lost(name, {reason::cloud_unavailable, label_of(name) + " cannot be read: " + error.message});
    }
}

void credentials::lost(const secret_name& name, missing_credential why)
{
    const auto found = secrets_.find(name);
    if (found == secrets_.end() || (!found->second.content && found->second.why == why))
    {
        return;
    }
    found->second.content.reset();
    found->second.refused = found->second.unsure = false;
    found->second.read.clear();
    found->second.why = std::move(why);
    parts_.changed(std::set(found->second.users));
}

std::set<support::uuid> credentials::users_of(const secret_name& name) const
{
    const auto found = secrets_.find(name);
    return found == secrets_.end() ? std::set<support::uuid>() : found->second.users;
}

bool credentials::is_unsure(const secret_name& name) const
{
    const auto found = secrets_.find(name);
    return found != secrets_.end() && found->second.unsure;
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
    target made = listener_of(object);
    if (const auto credential = credential_of(object))
    {
        made.identity = support::interned(credential->identity);
        made.credential = support::interned(credential->id);
    }
    return made;
}

std::shared_ptr<cloud::credential> credentials::of(const target& target) const
{
    const auto found = by_id_.find(target.credential);
    return found == by_id_.end() ? nullptr : found->second.lock();
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
