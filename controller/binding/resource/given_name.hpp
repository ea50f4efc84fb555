#pragma once

#include "support/clock.hpp"
#include "support/uuid.hpp"

#include <memory>
#include <string>
#include <utility>

namespace binding {

// What a cloud that attaches single bindings calls one of them.
struct cloud_name
{
    support::uuid id;
    std::string crn;
    support::wall_time created_at{};

    bool operator==(const cloud_name&) const = default;
};

// A cloud_name or none, in 16 bytes, because most objects of most clusters have none.
class given_name
{
public:
    given_name() = default;
    explicit given_name(cloud_name name) : name_(std::make_shared<const cloud_name>(std::move(name))) {}

    bool empty() const { return name_ == nullptr; }
    const cloud_name& operator*() const { return *name_; }
    const cloud_name* operator->() const { return name_.get(); }

    friend bool operator==(const given_name& a, const given_name& b)
    {
        return a.name_ == b.name_ || (a.name_ && b.name_ && *a.name_ == *b.name_);
    }

private:
    std::shared_ptr<const cloud_name> name_;
};

}  // namespace binding
