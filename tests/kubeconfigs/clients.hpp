#pragma once

#include "kubeconfigs/corpus.hpp"
#include "kubeconfigs/recording_server.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace kubeconfigs {

struct sent
{
    std::string request;               // what the server saw, in one line; empty: no request arrived
    std::string error;                 // why none did
    std::vector<std::string> notices;  // of our configuration
};

// Both run in `folder`, which is the home folder too.
sent ask_with_kubectl(
    const corpus_case& how,
    const std::filesystem::path& folder,
    recording_server& server,
    const std::string& kubectl
);
sent ask_with_ours(const corpus_case& how, const std::filesystem::path& folder, recording_server& server);

}  // namespace kubeconfigs
