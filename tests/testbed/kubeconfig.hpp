#pragma once

#include <filesystem>
#include <string>

// Kubeconfigs of one cluster with one user and one context.
namespace testbed {

struct cluster_address
{
    int port = 0;                     // https://127.0.0.1:PORT
    std::filesystem::path authority;  // file with the certificate of the authority
};

// A user with a client certificate.
void write_kubeconfig(
    const std::filesystem::path& file,
    const cluster_address& cluster,
    const std::filesystem::path& certificate,
    const std::filesystem::path& key
);

// A user with a bearer token.
void write_kubeconfig(
    const std::filesystem::path& file, const cluster_address& cluster, const std::string& token
);

}  // namespace testbed
