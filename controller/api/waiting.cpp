#include "api/waiting.hpp"

namespace api {

waiting::place::place(waiting& owner) : owner_(owner), bell_(owner.executor_, owner.clock_)
{
    ++owner_.taken_;
}

waiting::place::~place()
{
    --owner_.taken_;
    const auto [begin, end] = owner_.places_.equal_range(uid_);
    for (auto it = begin; it != end; ++it)
    {
        if (it->second == this)
        {
            owner_.places_.erase(it);
            return;
        }
    }
}

void waiting::place::follow(const support::uuid& uid)
{
    uid_ = uid;
    owner_.places_.emplace(uid, this);
}

std::unique_ptr<waiting::place> waiting::take()
{
    return full() ? nullptr : std::make_unique<place>(*this);
}

void waiting::end()
{
    ended_ = true;
    for (const auto& [uid, place] : places_)
    {
        place->bell_.ring();
    }
}

void waiting::changed(const binding::object_changed& change)
{
    const auto* object = change.after != nullptr ? change.after : change.before;
    if (change.is_credential_only() || object == nullptr)
    {
        return;
    }
    const auto [begin, end] = places_.equal_range(object->uid);
    for (auto it = begin; it != end; ++it)
    {
        it->second->gone_ = it->second->gone_ || change.after == nullptr;
        it->second->bell_.ring();
    }
}

}  // namespace api
