#include "testbed/kubeconfig.hpp"

#include "testbed/files.hpp"

namespace testbed {
namespace {

void write(const std::filesystem::path& file, const cluster_address& cluster, const std::string& user)
{
    write_file(
        file,
        "apiVersion: v1\n"
        "kind: Config\n"
        "clusters:\n"
        "- name: testbed\n"
        "  cluster:\n"
        "    server: https://127.0.0.1:" +
            std::to_string(cluster.port) +
            "\n"
            "    certificate-authority: \"" +
            cluster.authority.string() +
            "\"\n"
            "users:\n"
            "- name: testbed\n"
            "  user:\n" +
            user +
            "contexts:\n"
            "- name: testbed\n"
            "  context: {cluster: testbed, user: testbed}\n"
            "current-context: testbed\n"
    );
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write
    );
}

}  // namespace

void write_kubeconfig(
    const std::filesystem::path& file,
    const cluster_address& cluster,
    const std::filesystem::path& certificate,
    const std::filesystem::path& key
)
{
    write(
        file,
        cluster,
        "    client-certificate: \"" + certificate.string() + "\"\n    client-key: \"" + key.string() + "\"\n"
    );
}

void write_kubeconfig(
    const std::filesystem::path& file, const cluster_address& cluster, const std::string& token
)
{
    write(file, cluster, "    token: \"" + token + "\"\n");
}

}  // namespace testbed
