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

// Merges the files into one configuration as kubectl does: of two entries of the same name the first counts.
// `context` empty: the current context.
support::result<config> read_kubeconfig(
    const std::vector<kubeconfig_text>& files, const std::string& context
);

}  // namespace kube
