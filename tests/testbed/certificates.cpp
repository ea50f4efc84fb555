#include "testbed/certificates.hpp"

#include "testbed/files.hpp"
#include "testbed/process.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace testbed {
namespace {

void openssl(std::vector<std::string> arguments)
{
    const auto result = run({.program = "openssl", .arguments = std::move(arguments)});
    if (result.code != 0)
    {
        throw std::runtime_error("openssl failed: " + result.err);
    }
}

void make_key(const std::filesystem::path& file)
{
    openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file.string()});
}

}  // namespace

void make_certificates(const std::filesystem::path& folder)
{
    const auto file = [&](const std::string& name) { return (folder / name).string(); };
    write_file(
        file("openssl.cnf"),
        "[req]\n"
        "distinguished_name = none\n"
        "[none]\n"
        "[ca]\n"
        "basicConstraints = critical, CA:TRUE\n"
        "keyUsage = critical, keyCertSign\n"
        "[client]\n"
        "extendedKeyUsage = clientAuth\n"
        "[server]\n"
        "extendedKeyUsage = serverAuth\n"
        "subjectAltName = IP:127.0.0.1, DNS:localhost, DNS:kubernetes.default.svc\n"
    );
    const auto certify =
        [&](const std::string& name, const std::string& subject, const std::string& extensions) {
            make_key(file(name + ".key"));
            std::vector<std::string> arguments{
                "req",
                "-x509",
                "-new",
                "-config",
                file("openssl.cnf"),
                "-subj",
                subject,
                "-extensions",
                extensions,
                "-days",
                "365",
                "-key",
                file(name + ".key"),
                "-out",
                file(name + ".crt")
            };
            if (name != "ca")
            {
                arguments.insert(arguments.end(), {"-CA", file("ca.crt"), "-CAkey", file("ca.key")});
            }
            openssl(std::move(arguments));
        };
    certify("ca", "/CN=testbed", "ca");
    certify("apiserver", "/CN=kube-apiserver", "server");
    certify("admin", "/O=system:masters/CN=admin", "client");
    certify("controller-manager", "/CN=system:kube-controller-manager", "client");

    make_key(file("service-account.key"));
    openssl({"pkey", "-in", file("service-account.key"), "-pubout", "-out", file("service-account.pub")});
}

}  // namespace testbed
