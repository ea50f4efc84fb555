#pragma once

#include <filesystem>

namespace testbed {

// Makes keys and certificates like those of a production cluster, with one authority: in `folder` ca,
// apiserver (for 127.0.0.1), admin (of the group system:masters) and controller-manager, each as NAME.crt and
// NAME.key, and the pair that signs the tokens of ServiceAccounts as service-account.key and
// service-account.pub.
void make_certificates(const std::filesystem::path& folder);

}  // namespace testbed
