#pragma once

#include "binding/certificate_binding.hpp"
#include "binding/reconciler.hpp"
#include "runtime/store.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace binding {

// All bindings that we see, found by uid and by target.
class bindings final : public binding_store
{
public:
    using observer = std::function<void(const certificate_binding* before, const certificate_binding* after)>;

    // `ready` is called once, when all that is to be seen has been listed.
    bindings(observer changed, std::function<void()> ready);

    runtime::object_sink& scope(std::string name_space) { return store_.scope(std::move(name_space)); }
    bool ready() const { return store_.ready(); }
    std::size_t size() const { return store_.size(); }
    void each(const std::function<void(const certificate_binding&)>& visit) const { store_.each(visit); }

    std::vector<const certificate_binding*> bindings_of(const target& target) const override;
    std::vector<target> targets() const override;
    const certificate_binding* find(const support::uuid& uid) const override { return store_.find(uid); }
    void applied(kube::object_json object) override { store_.applied(object); }

private:
    void index(const certificate_binding* before, const certificate_binding* after);

    observer changed_;
    std::map<target, std::vector<support::uuid>> by_target_;
    runtime::store<certificate_binding> store_;
};

}  // namespace binding
