#pragma once

#include "kube/config.hpp"

#include <string>
#include <vector>

namespace kube {

struct kubeconfig_text
{
    std::string path;
    std::string content;
};

// The configuration that the files mean together; of two that define the same, the first counts, as kubectl
// merges them. `context` empty: the current one.
support::result<config> read_kubeconfig(
    const std::vector<kubeconfig_text>& files, const std::string& context
);

}  // namespace kube
