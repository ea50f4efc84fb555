#pragma once

#include "component/controller_world.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace test {

// The controller with its own credential for its own namespace alone, and a Secret with a credential in
// another.
class credentials : public controller_world
{
protected:
    credentials()
    {
        admitted = {.all = false, .namespaces = {"certificate-binding"}};
        a = certificate("a.example.com");
        other = sim.add_application_credential(sim.add_user("someone", project), project);
    }

    void give(const cloudsim::control::credential& given)
    {
        kube.set_secret("cloud", {{"clouds.yaml", controller_process::clouds_yaml(given)}});
        step();
    }

    void attach() { attach_with(credential); }
    void attach_with(const cloudsim::control::credential& given)
    {
        give(given);
        start();
        kube.create({.name = "web", .certificate = a.id, .listener = listener, .secret = "cloud"});
        ASSERT_TRUE(until([&] { return kube.state("web") == "active"; })) << kube.object("web").dump(1);
    }

    std::size_t logins() { return sim.log({.service = "identity", .method = "POST"}).size(); }
    bool says(const std::string& reason)
    {
        return until([&] { return kube.exists("web") && kube.ready_reason("web") == reason; });
    }

    cloudsim::control::certificate a;
    cloudsim::control::credential other;
};

}  // namespace test
