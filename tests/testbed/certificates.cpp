#include "testbed/certificates.hpp"

#include "fakes/certificates/certificates.hpp"
#include "testbed/files.hpp"

#include <chrono>

namespace testbed {

void make_certificates(const std::filesystem::path& folder)
{
    using std::filesystem::perms;
    const auto owner_only = perms::owner_read | perms::owner_write;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto certify = [&](const std::string& name, test::certificate_request request) {
        request.not_before = now;
        request.not_after = now + std::chrono::days(365);
        const auto certificate = test::make_certificate(request);
        write_file(folder / (name + ".crt"), certificate.pem);
        const auto key = folder / (name + ".key");
        write_file(key, certificate.key_pem);
        std::filesystem::permissions(key, owner_only);
        return certificate;
    };
    const auto ca = certify("ca", {.subject = "testbed", .ca = true});
    certify(
        "apiserver",
        {.subject = "kube-apiserver",
         .names = "IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc",
         .usage = "serverAuth",
         .issuer = &ca}
    );
    const auto certify_user = [&](const std::string& name, const std::string& user, const std::string& group
                              ) {
        certify(name, {.subject = user, .organization = group, .usage = "clientAuth", .issuer = &ca});
    };
    certify_user("admin", "admin", "system:masters");
    certify_user("controller-manager", "system:kube-controller-manager", "");
    const auto signer = certify("service-account", {.subject = "service-account"});
    write_file(folder / "service-account.pub", test::public_key_pem(signer));
}

}  // namespace testbed
