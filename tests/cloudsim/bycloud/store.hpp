#pragma once

#include "cloudsim/bycloud/objects.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

// The certificates, bindings and listeners of ByCloud, in the order of their creation, and the worker that
// makes bindings active.
namespace cloudsim::bycloud {

// The certificate that a TLS client gets, and the kind of its binding.
struct served
{
    std::string certificate_id;
    std::string slot;  // default (sni: false), sni
};

class store
{
public:
    explicit store(environment& env) : env_(env) {}

    // An object without an id gets a new one. A reference is good until the next object of its kind.
    certificate& add(certificate wanted, const std::string& cause);
    binding& add(binding wanted, const std::string& cause);
    listener& add(listener wanted);

    // Null: there is no such object.
    certificate* find_certificate(const std::string& id);
    binding* find_binding(const std::string& id);
    const listener* find_listener(const std::string& id) const;
    bool has_load_balancer(const std::string& id) const;

    const std::vector<certificate>& certificates() const { return certificates_; }
    std::vector<const binding*> bindings_of(const std::string& certificate_id) const;
    std::vector<const binding*> bindings_on(const std::string& listener_id) const;  // empty: on all

    // Bindings stay when their certificate or listener is removed. Whether the object was there.
    bool remove_certificate(const std::string& id);
    bool remove_binding(const std::string& id, const std::string& cause);
    bool remove_listener(const std::string& id);

    // To be called after each change of an object: notes the time and the change in the history.
    void changed(certificate& object, const std::string& cause);
    void changed(binding& object, const std::string& cause);

    // Adds a binding by a client's request. The settings say when it is active, or whether it is an error.
    const binding& deploy(binding wanted);
    // Finishes the bindings that the setting bycloud_bindings_held has kept pending.
    void resume();

    // Of several bindings with sni: false the newest holds the default, as a later write of Octavia's one
    // default replaces the earlier. Names: the exact one before a wildcard, the first of equals.
    std::optional<served> served_for(const std::string& listener_id, const std::string& server_name) const;

private:
    void finish(const std::string& binding_id);
    void set_outcome(binding& finished) const;
    const certificate* find(const std::string& certificate_id) const;

    environment& env_;
    std::vector<certificate> certificates_;
    std::vector<binding> bindings_;
    std::vector<listener> listeners_;
    std::vector<std::string> held_;  // bindings
};

}  // namespace cloudsim::bycloud
