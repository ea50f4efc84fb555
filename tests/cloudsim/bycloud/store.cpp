#include "cloudsim/bycloud/store.hpp"

#include <algorithm>

namespace cloudsim::bycloud {

namespace {

template <class Objects>
auto* find_in(Objects& objects, const std::string& id)
{
    const auto known = std::ranges::find(objects, to_lower(id), &Objects::value_type::id);
    return known == objects.end() ? nullptr : &*known;
}

template <class Object>
bool remove_from(std::vector<Object>& objects, const std::string& id)
{
    // A copy, because `id` may be a part of the object.
    const auto wanted = to_lower(id);
    return std::erase_if(objects, [&](const Object& object) { return object.id == wanted; }) > 0;
}

template <class Object>
Object& add_to(std::vector<Object>& objects, Object wanted, id_source& ids)
{
    wanted.id = wanted.id.empty() ? ids.uuid() : to_lower(wanted.id);
    return objects.emplace_back(std::move(wanted));
}

// The wildcard that stands for this name: the name with its first label replaced.
std::string wildcard_of(const std::string& name)
{
    const auto dot = name.find('.');
    return dot == std::string::npos ? "" : "*" + name.substr(dot);
}

}  // namespace

certificate& store::add(certificate wanted, const std::string& cause)
{
    wanted.created_at = env_.now.wall;
    auto& added = add_to(certificates_, std::move(wanted), env_.ids);
    changed(added, cause);
    return added;
}

binding& store::add(binding wanted, const std::string& cause)
{
    wanted.created_at = env_.now.wall;
    auto& added = add_to(bindings_, std::move(wanted), env_.ids);
    changed(added, cause);
    return added;
}

listener& store::add(listener wanted)
{
    return add_to(listeners_, std::move(wanted), env_.ids);
}

certificate* store::find_certificate(const std::string& id)
{
    return find_in(certificates_, id);
}

const certificate* store::find(const std::string& certificate_id) const
{
    return find_in(certificates_, certificate_id);
}

binding* store::find_binding(const std::string& id)
{
    return find_in(bindings_, id);
}

const listener* store::find_listener(const std::string& id) const
{
    return find_in(listeners_, id);
}

bool store::has_load_balancer(const std::string& id) const
{
    return std::ranges::any_of(listeners_, [&](const listener& each) {
        return each.load_balancer_id == to_lower(id);
    });
}

std::vector<const binding*> store::bindings_of(const std::string& certificate_id) const
{
    const auto wanted = to_lower(certificate_id);
    std::vector<const binding*> result;
    for (const auto& bound : bindings_)
    {
        if (bound.certificate_id == wanted)
        {
            result.push_back(&bound);
        }
    }
    return result;
}

std::vector<const binding*> store::bindings_on(const std::string& listener_id) const
{
    const auto wanted = to_lower(listener_id);
    std::vector<const binding*> result;
    for (const auto& bound : bindings_)
    {
        if (wanted.empty() || bound.resource_id == wanted)
        {
            result.push_back(&bound);
        }
    }
    return result;
}

bool store::remove_certificate(const std::string& id)
{
    return remove_from(certificates_, id);
}

bool store::remove_listener(const std::string& id)
{
    return remove_from(listeners_, id);
}

bool store::remove_binding(const std::string& id, const std::string& cause)
{
    auto* removed = find_binding(id);
    if (removed == nullptr)
    {
        return false;
    }
    removed->status = "removed";
    changed(*removed, cause);
    return remove_from(bindings_, id);
}

void store::changed(certificate& object, const std::string& cause)
{
    object.updated_at = env_.now.wall;
    env_.record(cause, {{"kind", "bycloud_certificate"}, {"id", object.id}, {"status", object.status}});
}

void store::changed(binding& object, const std::string& cause)
{
    object.updated_at = env_.now.wall;
    env_.record(
        cause,
        {{"kind", "bycloud_binding"},
         {"id", object.id},
         {"certificate_id", object.certificate_id},
         {"resource_id", object.resource_id},
         {"sni", object.sni},
         {"status", object.status}}
    );
}

const binding& store::deploy(binding wanted)
{
    if (env_.config.bycloud_binding == duration::zero() && !env_.config.bycloud_bindings_held)
    {
        set_outcome(wanted);
        return add(std::move(wanted), "post");
    }
    wanted.status = "pending";
    const auto& added = add(std::move(wanted), "post");
    env_.later.add(env_.now.monotonic + env_.config.bycloud_binding, [this, id = added.id] { finish(id); });
    return added;
}

void store::finish(const std::string& binding_id)
{
    auto* bound = find_binding(binding_id);
    if (bound == nullptr || bound->status != "pending")
    {
        return;
    }
    if (env_.config.bycloud_bindings_held)
    {
        held_.push_back(binding_id);
        return;
    }
    set_outcome(*bound);
    changed(*bound, "worker");
}

void store::set_outcome(binding& finished) const
{
    const auto& failure = env_.config.bycloud_binding_error;
    finished.status = failure.empty() ? "active" : "error";
    finished.error_message = failure.empty() ? std::nullopt : std::optional(failure);
}

void store::resume()
{
    for (const auto& binding_id : std::exchange(held_, {}))
    {
        finish(binding_id);
    }
}

std::optional<served> store::served_for(const std::string& listener_id, const std::string& server_name) const
{
    const binding* by_default = nullptr;
    std::vector<const binding*> list;
    for (const auto* bound : bindings_on(listener_id))
    {
        if (bound->status == "active" && find(bound->certificate_id) != nullptr)
        {
            bound->sni ? list.push_back(bound) : void(by_default = bound);
        }
    }
    if (by_default != nullptr)
    {
        list.insert(list.begin(), by_default);
    }
    const auto name = to_lower(server_name);
    for (const auto& wanted : {name, wildcard_of(name)})
    {
        const auto match = std::ranges::find_if(list, [&](const binding* bound) {
            return std::ranges::any_of(find(bound->certificate_id)->domains, [&](const std::string& domain) {
                return !wanted.empty() && to_lower(domain) == wanted;
            });
        });
        if (match != list.end())
        {
            return served{(*match)->certificate_id, (*match)->sni ? "sni" : "default"};
        }
    }
    return by_default == nullptr ? std::nullopt
                                 : std::optional(served{by_default->certificate_id, "default"});
}

}  // namespace cloudsim::bycloud
