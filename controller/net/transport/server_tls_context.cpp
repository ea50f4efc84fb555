#include "net/transport/server_tls_context.hpp"

#include "net/certificates/openssl.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>
#include <utility>

namespace net {
namespace {

std::unexpected<support::error> invalid(std::string message)
{
    return support::fail(support::errc::invalid, std::move(message));
}

// RFC 7301: a client that offers other protocols alone is refused.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned int length, void*)
{
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* selected = nullptr;
    const int agreed = SSL_select_next_proto(&selected, size, ours, sizeof(ours) - 1, offered, length);
    *chosen = selected;
    return agreed == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_options_of(SSL_CTX* context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // For TLS 1.2: forward secrecy and authenticated encryption alone (RFC 9325 section 4.2).
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_mode(
        context,
        SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
    );
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

}  // namespace

void server_tls_context::release::operator()(ssl_ctx_st* released) const
{
    SSL_CTX_free(released);
}

support::result<std::shared_ptr<server_tls_context>> create_server_tls_context(
    std::string_view chain_pem, const support::secret& key_pem
)
{
    const auto chain = read_certificates(chain_pem);
    if (!chain)
    {
        return support::fail("certificate", chain.error());
    }
    const auto key = read_private_key(key_pem.reveal());
    if (!key)
    {
        return support::fail("key", key.error());
    }
    auto created = std::make_shared<server_tls_context>();
    created->context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* context = created->context.get();
    set_options_of(context);
    ERR_clear_error();
    if (SSL_CTX_use_certificate(context, chain->front().get()) != 1)
    {
        return invalid("certificate: " + last_openssl_error());
    }
    for (std::size_t i = 1; i < chain->size(); ++i)
    {
        SSL_CTX_add1_chain_cert(context, (*chain)[i].get());
    }
    if (SSL_CTX_use_PrivateKey(context, key->get()) != 1)
    {
        return invalid("key: it does not belong to the first certificate: " + last_openssl_error());
    }
    return created;
}

}  // namespace net
