#pragma once

#include <chrono>
#include <string>
#include <string_view>

// The one maker of certificates for the tests, the test servers and the simulator of the cloud, with times
// given to the second. All keys are P-256. It shares no code with the controller, because the simulator
// shares none.
namespace test {

struct certificate
{
    std::string pem;
    std::string key_pem;
};

struct certificate_request
{
    std::string subject = "test";   // common name; empty: none
    std::string organization = {};  // in Kubernetes the group of a user
    std::string names = {};         // subject alternative names: "DNS:localhost,IP:127.0.0.1"
    std::string usage = {};         // extended key usage: "serverAuth", "clientAuth"
    std::chrono::sys_seconds not_before = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
    std::chrono::sys_seconds not_after = std::chrono::sys_days(std::chrono::year(2027) / 1 / 1);
    bool ca = false;
    const certificate* issuer = nullptr;  // null: self-signed
};

certificate make_certificate(const certificate_request& request);

// The certificate in other forms.
std::string certificate_der(const certificate& from);
std::string encrypted_key_pem(const certificate& from, const std::string& pass_phrase);
std::string public_key_pem(const certificate& from);

// A revocation list of a CA, without entries. The request gives the time that the list is valid.
std::string revocation_list_pem(const certificate& ca, const certificate_request& validity);

struct pkcs12_request
{
    const certificate* with = nullptr;
    bool with_key = true;
    const certificate* ca = nullptr;
    const char* pass_phrase = nullptr;  // null or "": none, as Octavia wants it
    bool old_ciphers = false;           // RC2 and triple DES, as before OpenSSL 3 and in many tools still
    bool plain_certificates = false;    // only the private key is encrypted
    bool plain = false;                 // nothing is encrypted
    int iterations = 0;                 // of the derivation of the keys; 0: 2048
    int mac_iterations = 0;             // 0: 2048; -1: no MAC
};

std::string pkcs12(const pkcs12_request& request);

// A bundle without a MAC. The private key is encrypted with a key that scrypt derives.
std::string pkcs12_with_scrypt(const certificate& with);
// A bundle of a key alone, of a kind that no TLS server uses.
std::string pkcs12_with_x25519();

}  // namespace test
